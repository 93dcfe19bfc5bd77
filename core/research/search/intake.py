"""How far a study's process has read the rows of all its symbols, said now and then: nothing is tried before they are there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from core.research.search.service import StudyProgress
from core.research.source import Source, share

#: Seconds between two words.
PERIOD_S = 0.25


class Intake:
    """Told by whatever thread reads; sources are read one after the other."""

    def __init__(self, say: Callable[[StudyProgress], None]) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._sources: list[Source] = []
        self._rows: list[int] = []
        self._at = 0
        self._last = float("-inf")
        self._whole = self._over = False

    def begin(self, sources: Sequence[Source]) -> None:
        """These will be read, in this order."""
        self._sources, self._rows = list(sources), [0] * len(sources)
        for source in self._sources:
            source.told = partial(self, source)

    def __call__(self, source: Source, rows: int) -> None:
        """So many rows of a source are read; 0: nobody knows how many, and it may be farther."""
        with self._lock:
            self._at = next(k for k, one in enumerate(self._sources) if one is source)
            self._rows[self._at] = max(self._rows[self._at], rows)
            part, now = self._share(), time.monotonic()
            whole = part is not None and part >= 1.0 and not self._whole  # what comes next is another thing: it is said at once
            if not self._over and (whole or now - self._last >= PERIOD_S):
                self._last, self._whole = now, self._whole or whole
                self._say(StudyProgress("", 0, 0, 0, 0, 0.0, None, [], rows=sum(self._rows), share=part))

    def close(self) -> None:
        """Say nothing more, whoever still reads."""
        with self._lock:
            self._over = True

    def _share(self) -> float | None:
        """Of all of them: each counts by its rows where all know those, else by its bytes, else alike."""
        part = share(self._sources[self._at], self._rows[self._at])
        if part is None and len(self._sources) == 1:
            return None
        rows, size = [one.total_rows or 0 for one in self._sources], [one.total_bytes or 0 for one in self._sources]
        weights = rows if all(rows) else size if all(size) else [1] * len(self._sources)
        return (sum(weights[: self._at]) + weights[self._at] * (part or 0.0)) / sum(weights)
