"""Bets that a strong move goes on: a price far from where it stood some bars ago keeps going the same way.

At each bar close, compared with the close `lookback` bars before: long when it is more than `threshold` percent above,
short when more than `threshold` percent below. A long is left for flat when the close is no longer above the earlier one,
a short when it is no longer below; in between the position is held. "Above" means by more than 1e-12 of the price.
"""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.averages import above
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.oscillators import LAG, lag
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    lookback: Annotated[int, Meta(ge=1, le=10_000, description="bars the move is measured over")] = 5
    threshold: Annotated[float, Meta(ge=0, le=100, description="percent the price must have moved")] = 0.1
    interval: Interval = "1m"


STATE = np.dtype([("bar", BAR_STATE), ("past", LAG), ("target", "f8")])


def work(p: Params) -> int:
    """The closes looked back on."""
    return p.lookback


def warmup(p: Params) -> int:
    """Bars until there is a close to compare with."""
    return p.lookback + 1


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close."""
    if not close_bar(s.bar, tick, p.interval):
        return
    close = s.bar.close
    past = lag(s.past, mem, 0, p.lookback, close)
    if past != past:
        return
    move = past * (p.threshold / 100.0)
    if above(close, past + move):
        s.target = 1.0
    elif above(past - move, close):
        s.target = -1.0
    elif (s.target > 0.0 and not above(close, past)) or (s.target < 0.0 and not above(past, close)):
        s.target = 0.0
    out[0] = s.target


def indicators(s: Any, mem: Any, p: Params, old: Any) -> dict[str, float]:
    """The close, the earlier one, whose place it has taken by now, and the move between them in percent."""
    past = old[s.past.next - 1]
    return {"close": s.bar.close, "past": past, "move_pct": 100.0 * (s.bar.close / past - 1.0)}
