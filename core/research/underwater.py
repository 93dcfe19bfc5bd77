"""How long equity lay below its peak: every stretch of it, the longest, and that of the deepest fall, from marked equity as it goes by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.research.stretches import Stretches
from core.types import Records


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
    """

    def __init__(self, capital: float) -> None:
        self._peak = capital
        self._since: int | None = None  # it lies below the peak since then
        self._total = self._longest = 0
        self._depth = 0.0
        self._deepest: tuple[int, int | None] | None = None  # from, to (None: not yet)

    def take(self, ts: NDArray[np.int64], equity: NDArray[np.float64]) -> None:
        """The next marks, at least one."""
        if self._since is not None and equity.max() < self._peak:
            self._deepen(self._peak - float(equity.min()), self._since, None)
            return
        peaks = np.maximum(np.maximum.accumulate(equity), self._peak)
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
        self._peak = float(peaks[-1])
        self._since = int(starts[-1]) if below[-1] else None

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


def marks(batch: Records, held: Stretches) -> NDArray[np.float64]:
    """Equity after each row of a batch, as the account marks it: at prints, or at the closes of bars."""
    price = batch["price"]
    if not len(held.rows):
        return np.asarray(held.settled[0] + held.position[0] * (price - held.entry[0]))
    lengths = np.diff(held.starts, append=len(batch))
    settled, position, entry = (np.repeat(values, lengths) for values in (held.settled, held.position, held.entry))
    return settled + position * (price - entry)
