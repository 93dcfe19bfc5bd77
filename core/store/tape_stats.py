"""What a tape holds of each symbol, and what it lacks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.store.gaps import Gap
from core.store.migrations import TAPE
from core.store.schema import open_to_read

#: Rows counted at one moment.
_STEP = 1 << 16

#: Times beyond every venue's.
_EVER = 1 << 62

_COUNT = f"""SELECT max(id), count(*), count(DISTINCT id), coalesce(sum(seq = 0), 0), coalesce(min(ts), {_EVER}), coalesce(max(ts), -1)
    FROM (SELECT id, seq, ts FROM tick_rows WHERE series = :series AND id BETWEEN :begin AND :last ORDER BY id LIMIT :step)"""

_GAPS = """SELECT max(from_id, ?), min(to_id, ?) FROM gaps
    WHERE symbol = ? AND stream = ? AND state <> 'filled' AND from_id <= ? AND to_id >= ?"""


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
    """Step by step, each of one moment: counting all of a long tape at one moment would keep its log from starting over."""
    first, last = (db.execute(f"SELECT {end}(id) FROM tick_rows WHERE series = ?", (series,)).fetchone()[0] for end in ("min", "max"))
    if first is None:
        return SeriesStats(symbol, stream, *[0] * 9)
    ticks = distinct = late = listed = 0
    first_ns, last_ns = _EVER, -1
    begin = first
    while begin <= last:
        db.execute("BEGIN")
        ((end, *counts),) = db.execute(_COUNT, {"series": series, "begin": begin, "last": last, "step": _STEP}).fetchall()
        end = last if end is None else end
        listed += _listed(db, series, symbol, stream, begin, end)
        db.execute("COMMIT")
        ticks, distinct, late = ticks + counts[0], distinct + counts[1], late + counts[2]
        first_ns, last_ns = min(first_ns, counts[3]), max(last_ns, counts[4])
        begin = end + 1
    missing = last - first + 1 - distinct - listed
    return SeriesStats(symbol, stream, ticks, late, first, last, first_ns, last_ns, listed, missing, ticks - distinct)


def _listed(db: sqlite3.Connection, series: int, symbol: str, stream: str, begin: int, end: int) -> int:
    """Ids from `begin` through `end` that are not here but in an open or lost gap."""
    listed = 0
    for low, high in db.execute(_GAPS, (begin, end, symbol, stream, end, begin)).fetchall():
        (here,) = db.execute("SELECT count(*) FROM tick_rows WHERE series = ? AND id BETWEEN ? AND ?", (series, low, high)).fetchone()
        listed += high - low + 1 - here
    return listed
