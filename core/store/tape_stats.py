"""What a tape holds of each symbol, and what it lacks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.store.gaps import Gap
from core.store.migrations import TAPE
from core.store.schema import open_to_read


@dataclass(frozen=True, slots=True)
class SeriesStats:
    """One symbol and stream of a tape; all 0 where it has no tick.

    Attributes:
        ticks: how many.
        late: of those, how many were never delivered to strategies.
        first_id, last_id: the lowest and highest id.
        first_ns, last_ns: the earliest and latest venue time.
        listed: ids between first and last that are not here but in an open or lost gap.
        missing: ids between first and last that are neither here nor in a gap. Means nothing where ids are not dense.
        duplicates: ticks that share their id with another.
    """

    symbol: str
    stream: str
    ticks: int
    late: int
    first_id: int
    last_id: int
    first_ns: int
    last_ns: int
    listed: int
    missing: int
    duplicates: int


def tape_stats(path: Path) -> list[SeriesStats]:
    """Every series, by symbol and stream.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        db.execute("BEGIN")  # one moment for all that is counted
        names = db.execute("SELECT series, symbol, stream FROM series ORDER BY symbol, stream").fetchall()
        return [_stats(db, *row) for row in names]


def read_gaps(path: Path) -> list[Gap]:
    """All gaps, by symbol, stream and id.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        return [Gap(*row) for row in db.execute("SELECT * FROM gaps ORDER BY symbol, stream, from_id")]


def _stats(db: sqlite3.Connection, series: int, symbol: str, stream: str) -> SeriesStats:
    ticks, distinct, late, first, last, first_ns, last_ns = db.execute(
        """SELECT count(*), count(DISTINCT id), coalesce(sum(seq = 0), 0), coalesce(min(id), 0), coalesce(max(id), -1),
            coalesce(min(ts), 0), coalesce(max(ts), 0) FROM tick_rows WHERE series = ?""",
        (series,),
    ).fetchone()
    listed = 0
    for gap in db.execute("SELECT * FROM gaps WHERE symbol = ? AND stream = ? AND state <> 'filled'", (symbol, stream)):
        span = max(gap[2], first), min(gap[3], last)
        if span[0] <= span[1]:
            (here,) = db.execute("SELECT count(*) FROM tick_rows WHERE series = ? AND id BETWEEN ? AND ?", (series, *span)).fetchone()
            listed += span[1] - span[0] + 1 - here
    missing = last - first + 1 - distinct - listed
    return SeriesStats(symbol, stream, ticks, late, first, max(last, 0), first_ns, last_ns, listed, missing, ticks - distinct)
