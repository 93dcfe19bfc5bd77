"""The stochastic oscillator: where the close lies between the lowest low and the highest high of `period` bars, 0 to 100.

`k` is that, averaged over `smooth` bars; `d` is the average of `signal` values of `k`. As TA-Lib's STOCH, but 50 where nothing moved.
Source: G. C. Lane, Lane's Stochastics, Technical Analysis of Stocks & Commodities, 1984.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.averages import SMA, sma
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.ranges import ROLLING_MAX, ROLLING_MIN, rolling_max, rolling_min
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="bars of the range")] = 14
    smooth: Annotated[int, Meta(ge=1, le=1_000, description="bars that k is averaged over")] = 3
    signal: Annotated[int, Meta(ge=1, le=1_000, description="values of k in d")] = 3
    interval: Interval = "1m"


LINES = (Line("k", "0-100"), Line("d", "0-100"))
STATE = np.dtype([("bar", BAR_STATE), ("high", ROLLING_MAX), ("low", ROLLING_MIN), ("k", SMA), ("d", SMA)])


def work(p: Params) -> int:
    """The four windows."""
    return 2 * p.period + p.smooth + p.signal


def warmup(p: Params) -> int:
    """Bars until d is known."""
    return p.period + p.smooth + p.signal - 2


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    high = rolling_max(s.high, mem, 0, p.period, s.bar.high)
    low = rolling_min(s.low, mem, p.period, p.period, s.bar.low)
    if high != high:
        return
    raw = 100.0 * (s.bar.close - low) / (high - low) if high > low else 50.0
    k = sma(s.k, mem, 2 * p.period, p.smooth, raw)
    if k != k:
        return
    out[0] = k
    out[1] = sma(s.d, mem, 2 * p.period + p.smooth, p.signal, k)
