"""Bets that a one-sided run is overdone: after mostly losses the price recovers, after mostly gains it gives way.

At each bar close, with Wilder's relative strength index over `period` changes of the close: long when it is below `low`,
short when it is above `high`. A long is left for flat when the index is back at 50 or more, a short at 50 or less; in between
the position is held. A price that has not moved at all has an index of 50.
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

    period: Annotated[int, Meta(ge=1, le=10_000, description="changes in the index")] = 14
    low: Annotated[float, Meta(ge=0, le=50, description="index below which the fall is overdone")] = 30.0
    high: Annotated[float, Meta(ge=50, le=100, description="index above which the rise is overdone")] = 70.0
    interval: Interval = "1m"


STATE = np.dtype([("bar", BAR_STATE), ("index", oscillators.RSI), ("target", "f8")])


def work(p: Params) -> int:
    """The index needs no window."""
    return 0


def warmup(p: Params) -> int:
    """Bars until the index is known."""
    return p.period + 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    index = oscillators.rsi(s.index, p.period, s.bar.close)
    if index != index:
        return
    if above(p.low, index):
        s.target = 1.0
    elif above(index, p.high):
        s.target = -1.0
    elif (s.target > 0.0 and not above(50.0, index)) or (s.target < 0.0 and not above(index, 50.0)):
        s.target = 0.0
    out[0] = s.target


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close and the index."""
    moved = s.index.gain + s.index.loss
    return {"close": s.bar.close, "rsi": 100.0 * (s.index.gain / moved) if moved > 0.0 else 50.0}
