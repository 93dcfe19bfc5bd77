"""Whether the price gathers speed in one direction: velocities over three windows, each inside the next, and how they step up.

v = 100 (price / price then - 1) / seconds, in percent a second. Where all three have one sign, cascade = that sign times the smaller of
|v short| / |v middle| and |v middle| / |v long|: above 1 (below -1) each window is faster than the one around it. Else it is 0.
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

    short_s: Seconds = 5.0
    middle_s: Seconds = 15.0
    long_s: Seconds = 60.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        if not self.short_s < self.middle_s < self.long_s:
            raise ValueError(f"short_s ({self.short_s:g}) < middle_s ({self.middle_s:g}) < long_s ({self.long_s:g}) must hold")
        for name in ("short_s", "middle_s", "long_s"):
            check_window(name, getattr(self, name), self.resolution_s)


LINES = (Line("cascade", "ratio"), Line("short", "%/s"), Line("middle", "%/s"), Line("long", "%/s"))
STATE = np.dtype([("clock", CLOCK)])


def work(p: Params) -> int:
    """Three rings."""
    return buckets(p.short_s, p.resolution_s) + buckets(p.middle_s, p.resolution_s) + buckets(p.long_s, p.resolution_s) + 3


def warmup(p: Params) -> int:
    """The long window, and the bucket before it."""
    return math.ceil(p.long_s + p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    near = buckets(p.short_s, p.resolution_s)
    far = buckets(p.middle_s, p.resolution_s)
    price = tick.price
    turned = turn(s.clock, tick.ts, p.resolution_s)
    short = percent(price, window_lag(mem, 0, s.clock, turned, near, price)) / p.short_s
    middle = percent(price, window_lag(mem, near + 1, s.clock, turned, far, price)) / p.middle_s
    back = buckets(p.long_s, p.resolution_s)
    long = percent(price, window_lag(mem, near + far + 2, s.clock, turned, back, price)) / p.long_s
    out[0] = cascade(short, middle, long)
    out[1] = short
    out[2] = middle
    out[3] = long


def cascade(short: float, middle: float, long: float) -> float:
    """How three velocities step up."""
    if long != long:
        return math.nan
    if short > 0.0 and middle > 0.0 and long > 0.0:
        return min(short / middle, middle / long)
    if short < 0.0 and middle < 0.0 and long < 0.0:
        return -min(short / middle, middle / long)
    return 0.0
