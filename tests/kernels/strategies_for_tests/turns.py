"""Bets on the last close against the one before: long after a rise, short after a fall, flat after a rise of more than `much`."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    much: Annotated[float, Meta(gt=0, description="a rise of more than this is over")] = 2.0
    interval: Interval = "tick"


STATE = np.dtype([("bar", BAR_STATE), ("before", "f8")])


def warmup(p: Params) -> int:
    """Bars until there is one before."""
    return 2


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """An opinion at each bar close that moved."""
    if not close_bar(s.bar, tick, p.interval):
        return
    rise = s.bar.close - s.before
    s.before = s.bar.close
    if s.bar.count < 2:
        return
    if rise > p.much:
        out[0] = 0.0
    elif rise > 0.0:
        out[0] = 1.0
    elif rise < 0.0:
        out[0] = -1.0
