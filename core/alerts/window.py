"""How far a price moved within a window of time: against the lowest and the highest print of the last while."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: The window is kept in so many stretches, of which the oldest leaves as a whole: it is up to 1/60 longer than asked.
STRETCHES = 60


class Window:
    """The extremes of the prints of one symbol within `window_ns`.

    Prints of the past may be added at any time and in any order; they count where they belong.
    """

    def __init__(self, window_ns: int) -> None:
        self.window_ns = window_ns
        self._step = max(window_ns // STRETCHES, 1)
        self._extremes: dict[int, tuple[float, float]] = {}
        self._at = -1
        self._low, self._high = np.inf, -np.inf  # of the finished stretches

    def __len__(self) -> int:
        return len(self._extremes)

    def add(self, times: NDArray[np.int64], prices: NDArray[np.float64]) -> None:
        """Take prints of the past: they are looked back on, and nothing is said of them."""
        for stretch, part in _stretches(times // self._step, prices):
            self._merge(stretch, part.min().item(), part.max().item())
        self._at = -1

    def reach(self, first: int, last: int, low: float, high: float) -> tuple[float, float] | None:
        """The lowest and the highest print before new ones, which came between the times `first` and `last` and have these extremes;
        they are taken. None where they come in several stretches, and nothing was taken."""
        stretch = last // self._step
        if first // self._step != stretch:
            return None
        self._turn(stretch)
        known = self._extremes.get(stretch)
        if known is None:
            self._extremes[stretch] = (low, high)
            return self._low, self._high
        self._extremes[stretch] = (min(low, known[0]), max(high, known[1]))
        return min(self._low, known[0]), max(self._high, known[1])

    def moves(self, times: NDArray[np.int64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far each of these new prints is from the extremes before it, in percent, in two columns: up (at least 0) from the
        lowest, and down (at most 0) from the highest; shape (n, 2)."""
        parts = []
        for stretch, part in _stretches(times // self._step, prices):
            self._turn(stretch)
            low, high = self._extremes.get(stretch, (np.inf, -np.inf))
            parts.append(moved(part, min(low, self._low), max(high, self._high)))
            self._merge(stretch, part.min().item(), part.max().item())
        return np.concatenate(parts)

    def _turn(self, stretch: int) -> None:
        """Forget what is older than the window as of this stretch."""
        if stretch == self._at:
            return
        self._at = stretch
        first = stretch - STRETCHES
        for old in [at for at in self._extremes if at < first]:
            del self._extremes[old]
        others = [pair for at, pair in self._extremes.items() if at < stretch]
        self._low = min((low for low, _ in others), default=np.inf)
        self._high = max((high for _, high in others), default=-np.inf)

    def _merge(self, stretch: int, low: float, high: float) -> None:
        known = self._extremes.get(stretch)
        self._extremes[stretch] = (low, high) if known is None else (min(low, known[0]), max(high, known[1]))


def moved(prices: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """How far each print is from the extremes of those before it, which began with `low` and `high`; as `Window.moves` gives it."""
    lows = np.minimum(np.minimum.accumulate(prices), low)
    highs = np.maximum(np.maximum.accumulate(prices), high)
    return np.column_stack(((prices / lows - 1.0) * 100.0, (prices / highs - 1.0) * 100.0))


def _stretches(at: NDArray[np.int64], prices: NDArray[np.float64]) -> list[tuple[int, NDArray[np.float64]]]:
    """Runs of prints that lie in one stretch, in the order given."""
    if at[0] == at[-1] and (len(at) < 3 or bool((at == at[0]).all())):
        return [(int(at[0]), prices)]
    edges = [0, *(np.flatnonzero(np.diff(at)) + 1).tolist(), len(at)]
    return [(int(at[a]), prices[a:b]) for a, b in pairwise(edges)]
