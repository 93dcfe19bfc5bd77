"""How many times as much is traded a second of late as before: ratio = (volume of the last `recent_s` / recent_s) / (volume of the
`base_s` before them / base_s).

`recent` and `base` are these two, in base currency a second. The ratio is not known where nothing was traded in the base window.
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

    recent_s: Seconds = 10.0
    base_s: Seconds = 300.0
    resolution_s: Resolution = 1.0

    def __post_init__(self) -> None:
        check_window("recent_s", self.recent_s, self.resolution_s)
        check_window("base_s", self.base_s, self.resolution_s)


LINES = (Line("ratio", "ratio"), Line("recent", "base/s"), Line("base", "base/s"))
STATE = np.dtype([("clock", CLOCK), ("recent", WINDOW), ("before", WINDOW)])


def work(p: Params) -> int:
    """A ring for each window, the second one reaching back over both."""
    return 2 * buckets(p.recent_s, p.resolution_s) + buckets(p.base_s, p.resolution_s)


def warmup(p: Params) -> int:
    """Both windows."""
    return math.ceil(p.recent_s + p.base_s)


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At every print."""
    newest = buckets(p.recent_s, p.resolution_s)
    oldest = newest + buckets(p.base_s, p.resolution_s)
    turned = turn(s.clock, tick.ts, p.resolution_s)
    recent = window_sum(s.recent, mem, 0, s.clock, turned, newest, 0, tick.qty) / p.recent_s
    base = window_sum(s.before, mem, newest, s.clock, turned, oldest, newest, tick.qty) / p.base_s
    if not reaches_back(s.clock, oldest):
        return
    out[0] = recent / base if base > 0.0 else math.nan
    out[1] = recent
    out[2] = base
