"""How much the price moved in the last `window_s` seconds, in percent: the square root of the sum of its squared returns.

Returns are logarithms of the ratio of the last prices of neighbouring buckets of `resolution_s` seconds; a bucket without a print has
none. `yearly` is the same scaled to a year of 365 days. Known at the end of each bucket. Source: T. G. Andersen and T. Bollerslev,
"Answering the skeptics", International Economic Review 39, 1998.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.returns import log_ratio
from core.kernels.windows import CLOCK, EVERY, WINDOW, buckets, turn, window_sum

YEAR_S = 365.0 * 86_400.0


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window_s: Seconds = 300.0
    resolution_s: Resolution = 5.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("volatility", "%"), Line("yearly", "% a year"))
STATE = np.dtype([("clock", CLOCK), ("squares", WINDOW), ("last", "f8"), ("before", "f8")])


def work(p: Params) -> int:
    """A ring of the window, and the bucket that is going on."""
    return buckets(p.window_s, p.resolution_s) + 1


def warmup(p: Params) -> int:
    """The window, the bucket before it and the one that is going on."""
    return math.ceil(p.window_s + 2 * p.resolution_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At the first print of each bucket."""
    size = buckets(p.window_s, p.resolution_s) + 1
    ended = s.clock.bucket
    turned = turn(s.clock, tick.ts, p.resolution_s)
    if turned > 0:
        if turned < EVERY:
            if s.before > 0.0:
                moved = log_ratio(s.last, s.before)
                mem[ended % size] = moved * moved
            s.before = s.last
        total = window_sum(s.squares, mem, 0, s.clock, turned, size, 1, 0.0)
        if s.clock.bucket - s.clock.first >= size:
            out[0] = 100.0 * np.sqrt(total)
            out[1] = out[0] * np.sqrt(YEAR_S / p.window_s)
    s.last = tick.price
