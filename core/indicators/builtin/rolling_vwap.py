"""The volume-weighted average price of the last `window_s` seconds: what was paid for all that was traded, over how much it was.

Not known where nothing was traded in them. Exact to `resolution_s`: the window begins on a whole bucket.
"""

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.indicators.window_params import Resolution, Seconds, check_window
from core.kernels.windows import CLOCK, WINDOW, buckets, reaches_back, turn, window_sum


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    window_s: Seconds = 300.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("window_s", self.window_s, self.resolution_s)


LINES = (Line("vwap", "price", "main"),)
STATE = np.dtype([("clock", CLOCK), ("notional", WINDOW), ("volume", WINDOW)])


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
    notional = window_sum(s.notional, mem, 0, s.clock, turned, size, 0, tick.price * tick.qty)
    volume = window_sum(s.volume, mem, size, s.clock, turned, size, 0, tick.qty)
    out[0] = notional / volume if volume > 0.0 and reaches_back(s.clock, size) else math.nan
