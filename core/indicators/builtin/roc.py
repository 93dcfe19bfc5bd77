"""How far the close is above the one `period` bars ago, as a share of that one.

As TA-Lib's ROCP: 0.01 is one percent.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.oscillators import LAG, rate_of_change
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="bars it looks back")] = 10
    interval: Interval = "1m"


LINES = (Line("roc", "ratio"),)
STATE = np.dtype([("bar", BAR_STATE), ("window", LAG)])


def work(p: Params) -> int:
    """The window."""
    return p.period


def warmup(p: Params) -> int:
    """The bar it is compared with."""
    return p.period + 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if close_bar(s.bar, tick, p.interval):
        out[0] = rate_of_change(s.window, mem, 0, p.period, s.bar.close)
