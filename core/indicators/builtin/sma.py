"""The simple average of the last `period` closes."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.averages import SMA, sma
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="bars in the average")] = 20
    interval: Interval = "1m"


LINES = (Line("sma", "price", "main"),)
STATE = np.dtype([("bar", BAR_STATE), ("average", SMA)])


def work(p: Params) -> int:
    """The window."""
    return p.period


def warmup(p: Params) -> int:
    """The window."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if close_bar(s.bar, tick, p.interval):
        out[0] = sma(s.average, mem, 0, p.period, s.bar.close)
