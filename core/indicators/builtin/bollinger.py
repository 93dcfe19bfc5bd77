"""Bollinger bands: the average of the last `period` closes, and `k` of their standard deviations above and below it.

`z` is how many standard deviations the close is away from the average. Deviation of the population (divided by `period`), as
TA-Lib's BBANDS. Source: J. Bollinger, Bollinger on Bollinger Bands, 2001.
"""

import math
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bands import BOLLINGER, bollinger
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=2, le=10_000, description="bars in the average")] = 20
    k: Annotated[float, Meta(gt=0, le=20, description="standard deviations from the average to each band")] = 2.0
    interval: Interval = "1m"


LINES = (Line("middle", "price", "main"), Line("upper", "price", "main"), Line("lower", "price", "main"), Line("z", "z"))
STATE = np.dtype([("bar", BAR_STATE), ("bands", BOLLINGER)])


def work(p: Params) -> int:
    """The window of the bands."""
    return 2 * p.period


def warmup(p: Params) -> int:
    """The window."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    middle = bollinger(s.bands, mem, 0, p.period, p.k, s.bar.close)
    if middle != middle:
        return
    out[0] = middle
    out[1] = s.bands.upper
    out[2] = s.bands.lower
    deviation = (s.bands.upper - middle) / p.k
    out[3] = (s.bar.close - middle) / deviation if deviation > 0.0 else math.nan
