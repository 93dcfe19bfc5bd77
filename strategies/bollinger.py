"""Bets that the price swings inside its band: at the lower edge it turns up, at the upper edge down.

At each bar close, with Bollinger bands `k` population standard deviations around the average of the last `period` closes (this
one included): long when the close is below the lower band, short when it is above the upper one, by more than 1e-12 of the
price; inside the band the position is held, from one edge to the other. Flat only until the first signal.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels import bands
from core.kernels.averages import above
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    period: Annotated[int, Meta(ge=2, le=10_000, description="bars in the middle band")] = 20
    k: Annotated[float, Meta(gt=0, le=20, description="standard deviations from the middle band to each edge")] = 2.0
    interval: Interval = "1m"


STATE = np.dtype([("bar", BAR_STATE), ("bands", bands.BOLLINGER), ("target", "f8")])


def work(p: Params) -> int:
    """The window of the bands."""
    return 2 * p.period


def warmup(p: Params) -> int:
    """Bars until the bands are known."""
    return p.period


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    close = s.bar.close
    middle = bands.bollinger(s.bands, mem, 0, p.period, p.k, close)
    if middle != middle:
        return
    if above(s.bands.lower, close):
        s.target = 1.0
    elif above(close, s.bands.upper):
        s.target = -1.0
    out[0] = s.target


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close and the bands."""
    return {"close": s.bar.close, "lower": s.bands.lower, "middle": s.bands.window.middle, "upper": s.bands.upper}
