"""What a tape holds of each symbol, and what it lacks: counted from the ticks themselves, in both tiers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.store.gaps import Gap
from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.tiers import Series, all_series, in_ids
from core.types import Records

#: Ids beyond every venue's.
_EVER = (1 << 63) - 1

#: Holes that are remembered, a series.
_HOLES = 100


@dataclass(slots=True)
class SeriesStats:
    """One symbol and stream of a tape; all 0 where it has no tick.

    Attributes:
        ticks: how many.
        sealed: of those, how many lie in chunks.
        late: of those, how many were never delivered to strategies.
        first_id, last_id: the lowest and highest id.
        first_ns, last_ns: the earliest and latest venue time.
        listed: ids between first and last that are not here but in an open or lost gap.
        missing: ids between first and last that are neither here nor in a gap. Means nothing where ids are not dense.
        duplicates: ticks that share their id with another.
        out_of_order: ticks whose venue time is before that of the id before them.
        holes: (first, last) of the first ranges of ids that are not here, and not all of them in a gap.
    """

    symbol: str
    stream: str
    ticks: int = 0
    sealed: int = 0
    late: int = 0
    first_id: int = 0
    last_id: int = 0
    first_ns: int = 0
    last_ns: int = 0
    listed: int = 0
    missing: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    holes: tuple[tuple[int, int], ...] = ()


def tape_stats(path: Path, told: Callable[[int], None] = lambda _ticks: None) -> list[SeriesStats]:
    """Every series, by symbol and stream, read whole, some thousand ticks at a moment.

    Args:
        told: called with the ticks read so far.

    Raises:
        StoreError: the file is missing or cannot be read, or a chunk is damaged.
    """
    with open_to_read(path, TAPE) as db:
        done = 0
        found = []
        for series in all_series(db):
            count = _Count(series, _gaps_of(db, series))
            for ticks in in_ids(db, series, -_EVER, _EVER):
                count.take(ticks)
                done += len(ticks)
                told(done)
            query = "SELECT coalesce(sum(count), 0) FROM chunks WHERE symbol = ? AND stream = ?"
            ((count.stats.sealed,),) = db.execute(query, (series.symbol, series.stream))
            found.append(count.stats)
        return found


def read_gaps(path: Path) -> list[Gap]:
    """All gaps, by symbol, stream and id.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        return [Gap(*row) for row in db.execute("SELECT * FROM gaps ORDER BY symbol, stream, from_id")]


def _gaps_of(db: sqlite3.Connection, series: Series) -> list[tuple[int, int]]:
    query = "SELECT from_id, to_id FROM gaps WHERE symbol = ? AND stream = ? AND state <> 'filled' ORDER BY from_id"
    return list(db.execute(query, (series.symbol, series.stream)))


class _Count:
    """Counts one series, as its ticks come by id."""

    def __init__(self, series: Series, gaps: Sequence[tuple[int, int]]) -> None:
        self.stats = SeriesStats(series.symbol, series.stream)
        self._listed = _Listed(gaps)
        self._last: Records | None = None

    def take(self, ticks: Records) -> None:
        stats = self.stats
        if self._last is None:
            stats.first_id, stats.first_ns = int(ticks["id"][0]), int(ticks["ts"][0])
        before = ticks[:1] if self._last is None else self._last
        ids, times = (np.concatenate((before[name], ticks[name])) for name in ("id", "ts"))
        ids, times = (ids[1:], times[1:]) if self._last is None else (ids, times)
        steps = np.diff(ids)
        stats.ticks += len(ticks)
        stats.late += int((ticks["seq"] == 0).sum())
        stats.duplicates += int((steps == 0).sum())
        stats.out_of_order += int((np.diff(times) < 0).sum())
        stats.first_ns, stats.last_ns = min(stats.first_ns, int(ticks["ts"].min())), max(stats.last_ns, int(ticks["ts"].max()))
        stats.last_id = int(ticks["id"][-1])
        at = np.flatnonzero(steps > 1)
        self._lack(ids[at] + 1, ids[at + 1] - 1)
        self._last = ticks[-1:].copy()

    def _lack(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> None:
        """Ids from each low to its high are not here."""
        listed = self._listed.within(low, high)
        missing = high - low + 1 - listed
        self.stats.listed += int(listed.sum())
        self.stats.missing += int(missing.sum())
        more = missing > 0
        holes = zip(low[more][:_HOLES].tolist(), high[more][:_HOLES].tolist(), strict=True)
        self.stats.holes = (*self.stats.holes, *holes)[:_HOLES]


class _Listed:
    """How many ids of a range are in gaps that are open or lost."""

    def __init__(self, gaps: Sequence[tuple[int, int]]) -> None:
        self._from, self._to = np.array([(-2, -3), *gaps], "i8").T
        self._before = np.concatenate(([0], np.cumsum(self._to - self._from + 1)))

    def within(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._up_to(high) - self._up_to(low - 1)

    def _up_to(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        last = np.maximum(np.searchsorted(self._from, ids, side="right") - 1, 0)
        inside: NDArray[np.int64] = np.minimum(ids, self._to[last]) - self._from[last] + 1
        return self._before[last] + np.maximum(inside, 0)
