"""How fast the price moves: its change over the last `window_s` seconds, in percent a second.

velocity = 100 (price / price then - 1) / window_s, with the price then as in `price_momentum`. `acceleration` is the velocity minus the
one `window_s` seconds before, over window_s.
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

    window_s: Seconds = 10.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("velocity", "%/s"), Line("acceleration", "%/s²"))
STATE = np.dtype([("clock", CLOCK)])


def work(p: Params) -> int:
    """A ring of one window, and one of two."""
    return 3 * buckets(p.window_s, p.resolution_s) + 2


def warmup(p: Params) -> int:
    """Both windows, and the bucket before them."""
    return math.ceil(2 * p.window_s + p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    back = buckets(p.window_s, p.resolution_s)
    turned = turn(s.clock, tick.ts, p.resolution_s)
    then = window_lag(mem, 0, s.clock, turned, back, tick.price)
    earlier = window_lag(mem, back + 1, s.clock, turned, 2 * back, tick.price)
    velocity = percent(tick.price, then) / p.window_s
    out[0] = velocity
    out[1] = (velocity - percent(then, earlier) / p.window_s) / p.window_s
