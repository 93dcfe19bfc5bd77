"""The relative strength index: which part of the closes' smoothed moves went up, 0 to 100; 50 where nothing moved.

Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeded as TA-Lib's RSI.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.oscillators import RSI, rsi
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="moves that are averaged, about")] = 14
    interval: Interval = "1m"


LINES = (Line("rsi", "0-100"),)
STATE = np.dtype([("bar", BAR_STATE), ("index", RSI)])


def warmup(p: Params) -> int:
    """`period` moves between closes."""
    return p.period + 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if close_bar(s.bar, tick, p.interval):
        out[0] = rsi(s.index, p.period, s.bar.close)
