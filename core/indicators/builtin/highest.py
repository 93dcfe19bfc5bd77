"""The highest price of the last `period` bars.

As TA-Lib's MAX over highs.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.ranges import ROLLING_MAX, rolling_max
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="bars in the window")] = 20
    interval: Interval = "1m"


LINES = (Line("highest", "price", "main"),)
STATE = np.dtype([("bar", BAR_STATE), ("window", ROLLING_MAX)])


def work(p: Params) -> int:
    """The window."""
    return p.period


def warmup(p: Params) -> int:
    """The window."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if close_bar(s.bar, tick, p.interval):
        out[0] = rolling_max(s.window, mem, 0, p.period, s.bar.high)
