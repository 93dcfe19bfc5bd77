"""The values of an indicator at bar closes: which of those after each tick are a bar's own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.types import Records


class Closed(NamedTuple):
    """Bars that closed, in order.

    Attributes:
        start, end: ns, of shape (bars,).
        lines: what the indicator gave for them, shape (bars, lines).
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    lines: NDArray[np.float64]


class Closes:
    """Cuts a stream of ticks of one symbol, and the lines after each of them, at the closes of bars of one interval.

    A bar is closed by the first tick of a later interval, as `core.kernels.bars` closes it. What lives on bars has its value for that
    bar after this tick, what lives on ticks before it. A bar of bars is closed by the source bar that reaches its end; where that one is
    missing, by the next. The bar that the ticks end in is not closed.

    Args:
        interval: ns, above 0.
        on_bars: the indicator lives on bars.
    """

    def __init__(self, interval: int, on_bars: bool) -> None:
        self._interval, self._on_bars = interval, on_bars
        self._newest = -1
        self._number = -1
        self._done = True
        self._last: NDArray[np.float64] | None = None

    def take(self, ticks: Records, lines: NDArray[np.float64]) -> Closed:
        """The bars that these ticks closed."""
        if not len(ticks):
            return Closed(np.empty(0, np.int64), np.empty(0, np.int64), lines[:0])
        of_bars = "start" in (ticks.dtype.names or ())
        times = ticks["start" if of_bars else "ts"].astype(np.int64)
        newest = np.maximum(np.maximum.accumulate(times), self._newest)
        number = newest // self._interval
        before = np.concatenate([[self._number], number[:-1]])
        earlier = np.concatenate([lines[:1] if self._last is None else self._last, lines[:-1]])
        found = self._of_bars(ticks, number, before) if of_bars else None
        reached = np.zeros(len(ticks), bool) if found is None else found
        done = np.concatenate([[self._done], reached[:-1]])
        late = (number != before) & ~done
        self._newest, self._number = int(newest[-1]), int(number[-1])
        self._done, self._last = bool(reached[-1]), lines[-1:].copy()
        # of one tick that closes two bars, the earlier bar comes first
        places = np.concatenate([np.flatnonzero(late) * 2, np.flatnonzero(reached) * 2 + 1])
        order = np.sort(places)
        at, own = order // 2, order % 2 == 1
        which = np.where(own, number[at], before[at])
        kept = np.where((own | self._on_bars)[:, None], lines[at], earlier[at])
        start, end = which * self._interval, (which + 1) * self._interval
        if of_bars and len(at) and self._interval <= int((ticks["ts"] - ticks["start"]).max()):  # each source bar is a bar by itself
            start, end = ticks["start"][at], ticks["ts"][at]
        return Closed(start, end, kept)

    def _of_bars(self, ticks: Records, number: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which source bars reach the end of their bar: less than their own length is left."""
        length = ticks["ts"] - ticks["start"]
        return np.asarray((self._interval <= length) | ((number + 1) * self._interval - ticks["ts"] < length))
