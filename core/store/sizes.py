"""How much a tape holds, in what room: from its index and its tables, without reading every tick."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.store.migrations import TAPE
from core.store.row_units import TS_NS
from core.store.schema import open_to_read
from core.store.tiers import Series, all_series


@dataclass(frozen=True, slots=True)
class SeriesSize:
    """One symbol and stream.

    Attributes:
        rows, sealed: ticks in either tier.
        chunks, chunk_bytes: what the sealed ones lie in.
        first_ns, last_ns: venue time of the earliest and latest tick, None where there is none.
        gap_ids: ids that are listed as open or lost.
    """

    symbol: str
    stream: str
    rows: int
    sealed: int
    chunks: int
    chunk_bytes: int
    first_ns: int | None
    last_ns: int | None
    gap_ids: int


@dataclass(frozen=True, slots=True)
class TapeSize:
    """The file: its size and that of its log, what of it is free for new ticks, and its series. Bytes."""

    file_bytes: int
    log_bytes: int
    free_bytes: int
    series: list[SeriesSize]

    @property
    def row_bytes(self) -> int:
        """Room of the rows, their index and everything else but chunks."""
        return max(self.file_bytes - self.free_bytes - sum(one.chunk_bytes for one in self.series), 0)


def tape_size(path: Path) -> TapeSize:
    """Look at the file.

    Raises:
        StoreError: it is missing or cannot be read.
    """
    log = path.with_name(path.name + "-wal")
    with open_to_read(path, TAPE) as db:
        page, free, pages = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_size", "freelist_count", "page_count"))
        series = [_size(db, one) for one in all_series(db)]
    return TapeSize(page * pages, log.stat().st_size if log.exists() else 0, page * free, series)


def _size(db: sqlite3.Connection, series: Series) -> SeriesSize:
    names = (series.symbol, series.stream)
    query = f"SELECT count(*), min({TS_NS}), max({TS_NS}) FROM tick_rows t WHERE series = ?"
    rows, *row_span = db.execute(query, (series.number,)).fetchone()
    query = """SELECT count(*), coalesce(sum(count), 0), coalesce(sum(length(data)), 0), min(first_ns), max(last_ns)
        FROM chunks WHERE symbol = ? AND stream = ?"""
    chunks, sealed, size, *chunk_span = db.execute(query, names).fetchone()
    query = "SELECT coalesce(sum(to_id - from_id + 1), 0) FROM gaps WHERE symbol = ? AND stream = ? AND state <> 'filled'"
    ((gap_ids,),) = db.execute(query, names)
    times = [time for time in (*row_span, *chunk_span) if time is not None]
    return SeriesSize(*names, rows, sealed, chunks, size, min(times, default=None), max(times, default=None), gap_ids)
