"""What is odd in prices and times that come row by row: a print far off both its neighbours, a price that stands, a long silence.

Nothing here refuses a source: what is odd is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.research.source_verdict import Hole
from core.types import Records

#: Values that a median is made of, at most; the others would hardly move it.
SAMPLED = 1 << 14

#: A price is off where it is further from both neighbours than so many median moves, and than this share of itself.
MEDIANS, SHARE = 50, 0.01

#: The two moves of a print that is off cancel each other to within this share of them.
BACK = 0.3

Floats = NDArray[np.float64]


class Prices:
    """Looks at the prices of a source, batch by batch.

    Attributes:
        outliers: prices far off the one before and the one after, which agree.
        flat: rows of the longest stretch at one price.
    """

    def __init__(self) -> None:
        self.outliers = self.flat = 0
        self._before: Floats = np.empty(0)
        self._run = 1  # rows up to the newest that have its price
        self._moves = Middle()

    def take(self, rows: Records) -> None:
        """Records with a `price` above 0."""
        price = np.concatenate((self._before, rows["price"]))
        moves = price[1:] - price[:-1]
        seen = max(len(self._before) - 1, 0)  # moves that the batch before had too
        self._stand(moves[seen:] != 0, len(rows))
        size = np.abs(moves / price[:-1])
        self._moves.take(size[seen:])
        if len(size) > 1 and bool(size.max() > SHARE):
            band = max(SHARE, MEDIANS * self._moves.value)
            far = np.flatnonzero(size[:-1] > band)  # the newest has no neighbour yet
            self.outliers += int((np.abs(price[far + 2] - price[far]) < BACK * np.abs(moves[far])).sum())
        self._before = price[-2:].copy()

    def _stand(self, changed: NDArray[np.bool_], rows: int) -> None:
        """`changed`: whether the price of a row differs from the one before; the very first row of all has none before."""
        at = np.flatnonzero(changed)
        if len(at):
            lengths = np.diff(at)
            self.flat = max(self.flat, self._run + int(at[0]), int(lengths.max()) if len(lengths) else 0)
            self._run = len(changed) - int(at[-1])
        else:
            self._run += len(changed)
        self.flat = max(self.flat, self._run)


class Steps:
    """Looks at the times of a source that has no ids to tell what is missing.

    Attributes:
        longest: the longest step; None where there is no step.
    """

    def __init__(self) -> None:
        self.longest: Hole | None = None
        self._last: int | None = None
        self._lengths = Middle()

    def take(self, rows: Records) -> None:
        """Records by `ts`."""
        times = np.ascontiguousarray(rows["ts"]) if self._last is None else np.append(self._last, rows["ts"])
        self._last = int(times[-1])
        steps = times[1:] - times[:-1]
        if not len(steps):
            return
        at = int(np.argmax(steps))
        if self.longest is None or int(steps[at]) > self.longest.to_ns - self.longest.from_ns:
            self.longest = Hole(0, int(times[at]), int(times[at + 1]))
        self._lengths.take(steps)

    @property
    def usual_ns(self) -> int:
        """The median step that is not 0; 0 where there is none."""
        return int(self._lengths.value)


class Middle:
    """The median of the values above 0 among many that come batch by batch, from every so-manyth of them: the same however they are cut
    into batches, in memory of a fixed size."""

    def __init__(self) -> None:
        self._kept: list[NDArray[np.float64 | np.int64]] = []
        self._held = self._count = 0  # values kept, and seen
        self._step = 1  # of so many values one is kept

    def take(self, values: NDArray[np.float64 | np.int64]) -> None:
        """More values."""
        some = values[-self._count % self._step :: self._step].copy()
        self._count += len(values)
        self._kept.append(some)
        self._held += len(some)
        while self._held > SAMPLED:
            self._kept = [np.concatenate(self._kept)[::2].copy()]
            self._held, self._step = len(self._kept[0]), 2 * self._step

    @property
    def value(self) -> float:
        """The middle one of them; 0 of none."""
        values = np.concatenate(self._kept) if self._kept else np.empty(0)
        values = values[values > 0]
        return float(np.partition(values, len(values) // 2)[len(values) // 2]) if len(values) else 0.0
