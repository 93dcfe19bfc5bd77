"""On-balance volume: the volume of each bar added where its close is above the one before, subtracted where it is below.

It counts from the first bar that is read, so its level means nothing, only how it goes. Begins with the first bar's volume, as
TA-Lib's OBV does. Source: J. E. Granville, Granville's New Key to Stock Market Profits, 1963.
"""

from typing import Any

import numpy as np
from msgspec import Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    interval: Interval = "1m"


LINES = (Line("obv", "base"),)
STATE = np.dtype([("bar", BAR_STATE), ("last", "f8"), ("total", "f8"), ("begun", "i8")])


def warmup(p: Params) -> int:
    """The first bar."""
    return 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    close = s.bar.close
    if s.begun == 0 or close > s.last:
        s.total += s.bar.volume
    elif close < s.last:
        s.total -= s.bar.volume
    s.begun = 1
    s.last = close
    out[0] = s.total
