"""How much the price has changed in the last `window_s` seconds, in percent: 100 (price / price then - 1).

The price then is that of the last print before them, however long before. Exact to `resolution_s`.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.returns import percent
from core.kernels.windows import CLOCK, buckets, turn, window_lag


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window_s: Seconds = 60.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("momentum", "%"),)
STATE = np.dtype([("clock", CLOCK)])


def work(p: Params) -> int:
    """One ring."""
    return buckets(p.window_s, p.resolution_s) + 1


def warmup(p: Params) -> int:
    """The window, and the bucket before it."""
    return math.ceil(p.window_s + p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    turned = turn(s.clock, tick.ts, p.resolution_s)
    out[0] = percent(tick.price, window_lag(mem, 0, s.clock, turned, buckets(p.window_s, p.resolution_s), tick.price))
