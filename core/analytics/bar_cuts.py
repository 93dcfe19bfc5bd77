"""Where one bar ends and the next begins: by time, by prints, or by what was traded; the same however ticks come in batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.types import DAY, BarKind, Records

#: Amounts are counted in units: 1e-8, or so coarse that a whole bar has at most so many.
_FINEST, _UNITS = 1e8, 1e15


class Cuts:
    """Cuts a stream of ticks of one symbol, in the order they are to be seen.

    Time: aligned to the epoch; a time of 0 makes each print a bar. Ticks: a bar has the ids from a multiple of the size to
    the next, so that it does not matter where one begins to read (one with ids missing has fewer prints). Volume, dollar: a
    bar ends with the print that makes it full, which is not split; at each UTC day the count begins anew. Time never goes
    back: a tick with a time before the newest counts as of that time.

    Attributes:
        latest: the newest time, ns.
    """

    def __init__(self, kind: BarKind) -> None:
        self.kind = kind
        self.latest = 0
        self._place = -1
        self._held = 0
        self._scale = min(_FINEST, _UNITS / kind.size) if kind.size else 1.0
        self._full = round(kind.size * self._scale)

    @property
    def begun(self) -> bool:
        """Whether a tick was taken, so that a bar is under way."""
        return self.latest > 0

    def take(self, ticks: Records) -> tuple[NDArray[np.int64], NDArray[np.intp], bool]:
        """(the time each of at least one tick counts as of, where in them bars begin, whether the first goes on with the bar before).

        The first of the places is always 0.
        """
        time = np.maximum(np.maximum.accumulate(ticks["ts"]), self.latest)
        self.latest = int(time[-1])
        if not self.kind.size:
            return time, np.arange(len(ticks)), False
        if self.kind.by in ("volume", "dollar"):
            first = self._amounts(ticks, time)
        else:
            place = time // int(self.kind.size) if self.kind.by == "time" else np.maximum.accumulate(ticks["id"]) // int(self.kind.size)
            place = np.maximum(place, self._place)
            first = np.flatnonzero(np.diff(place, prepend=self._place))
            self._place = int(place[-1])
        goes_on = not len(first) or bool(first[0] > 0)
        return time, np.concatenate(([0], first)) if goes_on else first, goes_on

    def start_of(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """When bars start whose first ticks are of these times."""
        return time // int(self.kind.size) * int(self.kind.size) if self.kind.by == "time" and self.kind.size else time

    def _amounts(self, ticks: Records, time: NDArray[np.int64]) -> NDArray[np.intp]:
        amounts = ticks["qty"] if self.kind.by == "volume" else ticks["price"] * ticks["qty"]
        units = np.rint(np.minimum(amounts, self.kind.size) * self._scale).astype(np.int64).tolist()
        first, place, held, full = [], self._place, self._held, self._full
        for at, (unit, day) in enumerate(zip(units, (time // DAY).tolist(), strict=True)):
            if day != place or held >= full:
                first.append(at)
                place, held = day, 0
            held += unit
        self._place, self._held = place, held
        return np.array(first, np.intp)
