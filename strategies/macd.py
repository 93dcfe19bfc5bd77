"""Bets that a trend gathering pace goes on: the distance between a fast and a slow average, growing against its own average.

At each bar close: the MACD line is the `fast` minus the `slow` exponential average of the closes, the signal line the `signal`
exponential average of that. Long while the line is above its signal, short while below, equal (to 1e-12 of the price) keeps
the last opinion. Never flat by itself.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels import oscillators
from core.kernels.averages import above
from core.kernels.bars import BAR_STATE, close_bar
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


STATE = np.dtype([("bar", BAR_STATE), ("macd", oscillators.MACD)])


def work(p: Params) -> int:
    """Exponential averages need no window."""
    return 0


def warmup(p: Params) -> int:
    """Bars until the signal is known."""
    return p.slow + p.signal - 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    histogram = oscillators.macd(s.macd, p.fast, p.slow, p.signal, s.bar.close)
    # Compared at the size of the averages, not of their difference: a flat price leaves only rounding between the lines.
    slow = s.macd.slow.value
    if above(slow + histogram, slow):
        out[0] = 1.0
    elif above(slow, slow + histogram):
        out[0] = -1.0


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close, both lines and their distance."""
    return {"close": s.bar.close, "line": s.macd.line, "signal": s.macd.signal, "histogram": s.macd.line - s.macd.signal}
