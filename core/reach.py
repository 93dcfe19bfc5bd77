"""How much history a strategy is shown before it may trade: one rule for a live start, a backtest, a fold of a study and a check.

Exponential averages gain by more history than the `warmup` that is declared, and bars in which nothing traded are no bars: a strategy is
given `REACH` times as much, where there is so much. An audit does not come here: it begins with the state that was recorded after warming.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.types import Records

#: How many times the declared warm-up is given.
REACH = 5

#: Prints that are given at most, where not more than so many are declared: they are held in memory and sent to a worker.
MOST_PRINTS = 100_000


def reach_given(warmup: int, interval: int) -> int:
    """How many bars of `interval` ns, or prints where that is 0, are given where every bar traded."""
    return REACH * warmup if interval else max(warmup, min(REACH * warmup, MOST_PRINTS))


def reach_from(until_ns: int, warmup: int, interval: int) -> int:
    """Where history begins (ns UTC) for a strategy on bars of `interval` ns that trades from `until_ns` on."""
    return max((until_ns // interval - REACH * warmup - 1) * interval, 0)


def is_reached(when: NDArray[np.int64], until_ns: int, warmup: int, interval: int) -> NDArray[np.bool_]:
    """Of one symbol's rows before `until_ns`, in order, which ones a strategy is warmed up on: shape (n,).

    Args:
        when: (n,) ns UTC: times of prints, or when bars opened.
        interval: ns of the strategy's bars, 0 where it lives on prints.
    """
    if warmup and interval:
        return np.asarray(when >= reach_from(until_ns, warmup, interval))
    return np.arange(len(when)) >= len(when) - reach_given(warmup, interval)


def reached(before: Records, until_ns: int, warmup: int, interval: int) -> Records:
    """The rows of `is_reached`: TICK or BAR records."""
    when = before["start" if "start" in (before.dtype.names or ()) else "ts"]
    return before.compress(is_reached(when, until_ns, warmup, interval))
