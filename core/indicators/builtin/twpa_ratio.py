"""How the time-weighted average price of a short window stands to that of a long one: TWPA(short_s) / TWPA(long_s), both ending now.

Above 1 the price has risen of late. Each average is that of `twpa`.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.windows import CLOCK, TIME_WEIGHTED, buckets, time_weighted, turn


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    short_s: Seconds = 60.0
    long_s: Seconds = 600.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        if self.short_s >= self.long_s:
            raise ValueError(f"short_s ({self.short_s:g}) must be less than long_s ({self.long_s:g})")
        check_window("short_s", self.short_s, self.resolution_s)
        check_window("long_s", self.long_s, self.resolution_s)


LINES = (Line("ratio", "ratio"),)
STATE = np.dtype([("clock", CLOCK), ("short", TIME_WEIGHTED), ("long", TIME_WEIGHTED)])


def work(p: Params) -> int:
    """Two rings."""
    return buckets(p.short_s, p.resolution_s) + buckets(p.long_s, p.resolution_s)


def warmup(p: Params) -> int:
    """The long window, and the bucket that the first print is in."""
    return math.ceil(p.long_s + p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    size = buckets(p.short_s, p.resolution_s)
    turned = turn(s.clock, tick.ts, p.resolution_s)
    short = time_weighted(s.short, mem, 0, s.clock, turned, size, p.resolution_s, tick.price)
    long = time_weighted(s.long, mem, size, s.clock, turned, buckets(p.long_s, p.resolution_s), p.resolution_s, tick.price)
    out[0] = short / long
