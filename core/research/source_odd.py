"""What is odd in prices and times that come row by row: a print far off both its neighbours, a price that stands, a long silence.

Nothing here refuses a source: what is odd is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.research.source_verdict import Hole
from core.types import Records

#: Values of a batch that a median is made of; the others would not move it.
SAMPLED = 4096

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
        self._moves: list[Floats] = []

    def take(self, rows: Records) -> None:
        """Records with a `price` above 0."""
        price = np.concatenate((self._before, rows["price"]))
        moves = np.diff(price)
        changed = moves != 0
        fresh = changed[max(len(self._before) - 1, 0) :]
        self._stand(fresh, len(rows))
        relative = moves / price[:-1]
        size = np.abs(relative)
        self._moves.append(sample(size[changed]))
        band = max(SHARE, MEDIANS * median(self._moves))
        far = np.flatnonzero(size[:-1] > band)  # the newest has no neighbour yet
        self.outliers += int((np.abs(price[far + 2] - price[far]) < BACK * np.abs(moves[far])).sum()) if len(far) else 0
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
        self._sampled: list[NDArray[np.int64]] = []

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
        self._sampled.append(sample(steps[steps > 0]))

    @property
    def usual_ns(self) -> int:
        """The median step that is not 0; 0 where there is none."""
        return int(median(self._sampled))


def sample(values: NDArray[Any]) -> NDArray[Any]:
    """At most `SAMPLED` values, evenly out of all."""
    return values[:: -(-len(values) // SAMPLED) or 1].copy()


def median(parts: Sequence[NDArray[Any]]) -> float:
    """The middle one of all values; 0 of none."""
    values = np.concatenate(parts) if parts else np.empty(0)
    return float(np.partition(values, len(values) // 2)[len(values) // 2]) if len(values) else 0.0
