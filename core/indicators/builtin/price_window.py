"""The highest, lowest, first, last and average price of the prints between two times back: `from_s` and `to_s` seconds ago.

The average is that of the prints, each counting once. `to_s` 0 is now. Not known where there was no print between them. Exact to
`resolution_s`: (60, 30) and (30, 0) have no print in common, and (60, 0) all of both.
"""

import math
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.windows import (
    CLOCK,
    WINDOW,
    buckets,
    reaches_back,
    turn,
    window_first,
    window_last,
    window_max,
    window_min,
    window_sum,
)  # fmt: skip


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    from_s: Seconds = 60.0
    to_s: Annotated[float, Meta(ge=0, le=604_800, description="seconds ago that it ends, less than from_s; 0: now")] = 0.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        if self.to_s >= self.from_s:
            raise ValueError(f"to_s ({self.to_s:g}) must be less than from_s ({self.from_s:g})")
        check_window("from_s", self.from_s, self.resolution_s)
        check_window("to_s", self.to_s, self.resolution_s)


LINES = (
    Line("max", "price", "main"), Line("min", "price", "main"), Line("first", "price", "main"), Line("last", "price", "main"),
    Line("average", "price", "main"),
)  # fmt: skip
STATE = np.dtype(
    [("clock", CLOCK), ("high", WINDOW), ("low", WINDOW), ("begin", WINDOW), ("close", WINDOW), ("total", WINDOW), ("count", WINDOW)]
)


def work(p: Params) -> int:
    """Six rings."""
    return 6 * buckets(p.from_s, p.resolution_s)


def warmup(p: Params) -> int:
    """The window."""
    return math.ceil(p.from_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    size = buckets(p.from_s, p.resolution_s)
    newest = buckets(p.to_s, p.resolution_s)
    price = tick.price
    turned = turn(s.clock, tick.ts, p.resolution_s)
    high = window_max(s.high, mem, 0, s.clock, turned, size, newest, price)
    low = window_min(s.low, mem, size, s.clock, turned, size, newest, price)
    first = window_first(s.begin, mem, 2 * size, s.clock, turned, size, newest, price)
    last = window_last(s.close, mem, 3 * size, s.clock, turned, size, newest, price)
    total = window_sum(s.total, mem, 4 * size, s.clock, turned, size, newest, price)
    count = window_sum(s.count, mem, 5 * size, s.clock, turned, size, newest, 1.0)
    if not reaches_back(s.clock, size):
        return
    out[0] = high
    out[1] = low
    out[2] = first
    out[3] = last
    out[4] = total / count if count > 0.0 else math.nan
