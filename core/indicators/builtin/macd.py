"""Moving average convergence/divergence: the fast minus the slow exponential average of the closes, and its own average, the signal.

`histogram` is line - signal. Seeded as TA-Lib's MACD. Source: G. Appel, The Moving Average Convergence-Divergence Trading Method, 1985.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.oscillators import MACD, macd
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    fast: Annotated[int, Meta(ge=1, le=10_000, description="bars in the fast average")] = 12
    slow: Annotated[int, Meta(ge=2, le=10_000, description="bars in the slow average, more than in the fast one")] = 26
    signal: Annotated[int, Meta(ge=1, le=10_000, description="values of the line in its signal")] = 9
    interval: Interval = "1m"

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be less than slow ({self.slow})")


LINES = (Line("line", "price"), Line("signal", "price"), Line("histogram", "price"))
STATE = np.dtype([("bar", BAR_STATE), ("macd", MACD)])


def warmup(p: Params) -> int:
    """Bars until the signal is known."""
    return p.slow + p.signal - 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    histogram = macd(s.macd, p.fast, p.slow, p.signal, s.bar.close)
    if histogram == histogram:
        out[0] = s.macd.line
        out[1] = s.macd.signal
        out[2] = histogram
