"""Bets that a stretched price comes back: one far from its recent average returns to it.

At each bar close, over the last `period` closes (this one included): long when the close is more than `z` standard deviations
below their average, short when more than `z` above. A long is left for flat when the close is no longer below the average,
a short when it is no longer above; in between the position is held. Standard deviation of the population (divided by
`period`); "below" and "above" mean by more than 1e-12 of the price.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import above
from core.kernels.bands import BOLLINGER, bollinger
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=2, le=10_000, description="bars in the average")] = 20
    z: Annotated[float, Meta(gt=0, le=20, description="standard deviations from the average that count as stretched")] = 2.0
    interval: Interval = "1m"


STATE = np.dtype([("bar", BAR_STATE), ("bands", BOLLINGER), ("target", "f8")])


def work(p: Params) -> int:
    """The window of the standard deviation."""
    return 2 * p.period


def warmup(p: Params) -> int:
    """Bars until the average is known."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    close = s.bar.close
    average = bollinger(s.bands, mem, 0, p.period, p.z, close)
    if average != average:
        return
    if above(s.bands.lower, close):
        s.target = 1.0
    elif above(close, s.bands.upper):
        s.target = -1.0
    elif (s.target > 0.0 and not above(average, close)) or (s.target < 0.0 and not above(close, average)):
        s.target = 0.0
    out[0] = s.target


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close, the average, and where it counts as stretched."""
    return {"close": s.bar.close, "lower": s.bands.lower, "average": s.bands.window.middle, "upper": s.bands.upper}
