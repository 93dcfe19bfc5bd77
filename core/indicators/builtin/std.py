"""The standard deviation of the last `period` closes, in price.

Of the population (divided by `period`), as TA-Lib's STDDEV.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bands import ROLLING_STD, rolling_std
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="bars in the window")] = 20
    interval: Interval = "1m"


LINES = (Line("std", "price"),)
STATE = np.dtype([("bar", BAR_STATE), ("window", ROLLING_STD)])


def work(p: Params) -> int:
    """The window."""
    return 2 * p.period


def warmup(p: Params) -> int:
    """The window."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if close_bar(s.bar, tick, p.interval):
        out[0] = rolling_std(s.window, mem, 0, p.period, s.bar.close)
