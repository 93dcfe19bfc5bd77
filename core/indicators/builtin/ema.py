"""The exponential average of the closes: the newest counts 2 / (period + 1), the average before it the rest.

Begins as the simple average of the first `period` closes, as TA-Lib's EMA does.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.averages import EMA, ema
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="bars it averages over, about")] = 20
    interval: Interval = "1m"


LINES = (Line("ema", "price", "main"),)
STATE = np.dtype([("bar", BAR_STATE), ("average", EMA)])


def warmup(p: Params) -> int:
    """Bars in its first value."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if close_bar(s.bar, tick, p.interval):
        out[0] = ema(s.average, p.period, s.bar.close)
