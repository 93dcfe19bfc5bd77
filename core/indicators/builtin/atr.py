"""The average true range: how far the price moves in a bar, the gap from the close before it included; also in percent of the close.

Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeded as TA-Lib's ATR.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.indicators.definition import Line
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.ranges import ATR, atr
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=1, le=10_000, description="ranges that are averaged, about")] = 14
    interval: Interval = "1m"


LINES = (Line("atr", "price"), Line("percent", "%"))
STATE = np.dtype([("bar", BAR_STATE), ("range", ATR)])


def warmup(p: Params) -> int:
    """`period` ranges, each with the close before it."""
    return p.period + 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """At each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    value = atr(s.range, p.period, s.bar.high, s.bar.low, s.bar.close)
    out[0] = value
    out[1] = 100.0 * value / s.bar.close
