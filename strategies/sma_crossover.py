"""Bets that a trend goes on: a fast average above a slow one means the price is rising.

At each bar close, once the slow average has its bars: long while the simple average of the last `fast` closes is above
that of the last `slow`, short while it is below. Equal averages (to 1e-12) keep the last opinion. Never flat by itself.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import SMA, above, sma
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    fast: Annotated[int, Meta(ge=1, le=10_000, description="bars in the fast average")] = 5
    slow: Annotated[int, Meta(ge=2, le=10_000, description="bars in the slow average, more than in the fast one")] = 20
    interval: Interval = "1m"

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be less than slow ({self.slow})")


STATE = np.dtype([("bar", BAR_STATE), ("fast", SMA), ("slow", SMA)])


def work(p: Params) -> int:
    """The closes in both averages."""
    return p.fast + p.slow


def warmup(p: Params) -> int:
    """Bars until the slow average is known."""
    return p.slow


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    close = s.bar.close
    fast = sma(s.fast, mem, 0, p.fast, close)
    slow = sma(s.slow, mem, p.fast, p.slow, close)
    if above(fast, slow):
        out[0] = 1.0
    elif above(slow, fast):
        out[0] = -1.0


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close and both averages."""
    return {"close": s.bar.close, "fast": s.fast.total / p.fast, "slow": s.slow.total / p.slow}
