"""How long equity lay below its peak: every stretch of it, the longest, and that of the deepest fall, from marked equity as it goes by."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.research.stretches import Stretches

#: Rows that are looked at as one, where that tells enough.
BLOCK = 2048

#: A batch that goes from one to the other more often is looked at row by row at once.
MOST_TURNS = 64


class Falls(NamedTuple):
    """Times in ns. A fall lasts from the first mark below a peak to the first one back at it, or to the end of the run.

    Attributes:
        total_ns: all falls together.
        longest_ns: the longest one.
        deepest_ns: the one that went down furthest, in money; the first of equals. None: there was none.
        recovered: whether equity came back from that one.
    """

    total_ns: int
    longest_ns: int
    deepest_ns: int | None
    recovered: bool | None


class Underwater:
    """Takes marked equity batch by batch.

    Args:
        capital: the first peak.

    Attributes:
        peak: of equity so far.
    """

    def __init__(self, capital: float) -> None:
        self.peak = capital
        self._since: int | None = None  # it lies below the peak since then
        self._total = self._longest = 0
        self._depth = 0.0
        self._deepest: tuple[int, int | None] | None = None  # from, to (None: not yet)

    def take(self, ts: NDArray[np.int64], equity: NDArray[np.float64]) -> None:
        """The next marks, at least one."""
        peaks = np.maximum(np.maximum.accumulate(equity), self.peak)
        falls = peaks - equity
        below = falls > 0.0
        turns = np.flatnonzero(np.diff(below, prepend=self._since is not None))
        down = below[turns]
        begun, ended = turns[down], ts[turns[~down]]
        starts = ts[begun]
        if self._since is not None:
            begun, starts = np.concatenate([[-1], begun]), np.concatenate([[self._since], starts])
        if self._deepest is not None and self._deepest[1] is None and len(ended):
            self._deepest = (self._deepest[0], int(ended[0]))
        at = int(falls.argmax())
        which = int(np.searchsorted(begun, at, side="right")) - 1
        if which >= 0:
            self._deepen(float(falls[at]), int(starts[which]), int(ended[which]) if which < len(ended) else None)
        lengths = ended - starts[: len(ended)]
        self._total += int(lengths.sum())
        self._longest = max(self._longest, int(lengths.max(initial=0)))
        self.peak = float(peaks[-1])
        self._since = int(starts[-1]) if below[-1] else None

    def sink(self, ts: int, lowest: float) -> None:
        """The next marks, from `ts` on, all of them below the peak."""
        self._since = ts if self._since is None else self._since
        self._deepen(self.peak - lowest, self._since, None)

    def _deepen(self, depth: float, start: int, end: int | None) -> None:
        if depth > self._depth:
            self._depth, self._deepest = depth, (start, end)

    def falls(self, end_ns: int) -> Falls:
        """What it came to, the run having ended at `end_ns`."""
        still = 0 if self._since is None else end_ns - self._since
        if self._deepest is None:
            return Falls(self._total + still, max(self._longest, still), None, None)
        start, end = self._deepest
        return Falls(self._total + still, max(self._longest, still), (end_ns if end is None else end) - start, end is not None)


def follow(under: Underwater, ts: NDArray[np.int64], price: NDArray[np.float64], held: Stretches) -> None:
    """Take the marks of a batch: equity after each row, as the account marks it (at prints, or at the closes of bars).

    Most rows lie in blocks whose best equity is below the peak, and that is all there is to know of them: only the others are looked at
    row by row. (Of a block in which one position was held the extremes of price are those of equity, to the bit.)

    Args:
        ts, price: of each row; the price contiguous.
    """
    bounds = np.unique(np.concatenate([held.starts, np.arange(0, len(price), BLOCK)]))
    which = np.searchsorted(held.starts, bounds, side="right") - 1
    settled, position, entry = held.settled[which], held.position[which], held.entry[which]
    ends = [settled + position * (reduce.reduceat(price, bounds) - entry) for reduce in (np.minimum, np.maximum)]
    best, worst = np.maximum(*ends), np.minimum(*ends)
    before = np.maximum.accumulate(np.concatenate([[under.peak], best[:-1]]))
    touches = best >= before
    turns = np.flatnonzero(np.diff(touches)) + 1
    if len(turns) > MOST_TURNS:
        touches, turns = np.ones(1, np.bool_), turns[:0]
    edges = np.append(bounds, len(price))
    for first, last in pairwise([0, *turns.tolist(), len(bounds)]):
        start, stop = int(edges[first]), int(edges[last])
        if not touches[first]:
            under.sink(int(ts[start]), float(worst[first:last].min()))
            continue
        lengths = np.diff(edges[first : last + 1])
        base, held_then, paid = (np.repeat(values[first:last], lengths) for values in (settled, position, entry))
        under.take(ts[start:stop], base + held_then * (price[start:stop] - paid))
