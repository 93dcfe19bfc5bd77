"""The time-weighted average price of the last `window_s` seconds: each price counts for as long as it was the last one.

TWPA = sum of price x time it held / time. A price holds until the next print, however long that takes. Exact to `resolution_s`: the
window begins on a whole bucket and ends with the print.
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

    window_s: Seconds = 300.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("twpa", "price", "main"),)
STATE = np.dtype([("clock", CLOCK), ("average", TIME_WEIGHTED)])


def work(p: Params) -> int:
    """One ring."""
    return buckets(p.window_s, p.resolution_s)


def warmup(p: Params) -> int:
    """The window, and the bucket that the first print is in."""
    return math.ceil(p.window_s + p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    turned = turn(s.clock, tick.ts, p.resolution_s)
    size = buckets(p.window_s, p.resolution_s)
    out[0] = time_weighted(s.average, mem, 0, s.clock, turned, size, p.resolution_s, tick.price)
