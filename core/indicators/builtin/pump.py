"""How far the price has been pumped up: how much it is above the lowest print of the last `window_s` seconds, in percent.

magnitude = 100 (price / lowest - 1), never below 0; `dump` is the same downwards, 100 (1 - price / highest). Exact to `resolution_s`.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.returns import percent
from core.kernels.windows import CLOCK, WINDOW, buckets, reaches_back, turn, window_max, window_min


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window_s: Seconds = 60.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("magnitude", "%"), Line("dump", "%"))
STATE = np.dtype([("clock", CLOCK), ("low", WINDOW), ("high", WINDOW)])


def work(p: Params) -> int:
    """Two rings."""
    return 2 * buckets(p.window_s, p.resolution_s)


def warmup(p: Params) -> int:
    """The window."""
    return math.ceil(p.window_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    size = buckets(p.window_s, p.resolution_s)
    turned = turn(s.clock, tick.ts, p.resolution_s)
    low = window_min(s.low, mem, 0, s.clock, turned, size, 0, tick.price)
    high = window_max(s.high, mem, size, s.clock, turned, size, 0, tick.price)
    if reaches_back(s.clock, size):
        out[0] = percent(tick.price, low)
        out[1] = 0.0 - percent(tick.price, high)
