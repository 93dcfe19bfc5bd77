"""What a reader asks before it reads a long stretch of tape: which series there are, and windows of about so many ticks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.tick_rows import TIME_BUCKET


def tape_series(path: Path) -> list[tuple[str, str]]:
    """(symbol, stream) of every series, sorted.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        return [(str(symbol), str(stream)) for symbol, stream in db.execute("SELECT symbol, stream FROM series ORDER BY symbol, stream")]


def tape_was_released(path: Path) -> bool:
    """Whether an engine released any of the ticks of a tape; not where all of them were imported.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = "SELECT EXISTS(SELECT 1 FROM chunks WHERE last_seq > 0) OR EXISTS(SELECT 1 FROM tick_rows WHERE seq > 0)"
    with open_to_read(path, TAPE) as db:
        return bool(db.execute(query).fetchone()[0])


class Zone(NamedTuple):
    """Ticks of a series with `begin_ns <= ts < end_ns`, and the lowest and the highest of their ids."""

    begin_ns: int
    end_ns: int
    first_id: int
    last_id: int


def tape_zones(path: Path, symbol: str, stream: str) -> list[Zone]:
    """The stretches of five minutes in which a series has ticks, in order.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = """SELECT bucket, lo_id, hi_id FROM zones JOIN series USING(series)
        WHERE axis = 'time' AND symbol = ? AND stream = ? ORDER BY bucket"""
    with open_to_read(path, TAPE) as db:
        rows = db.execute(query, (symbol, stream)).fetchall()
    return [Zone(bucket * TIME_BUCKET, (bucket + 1) * TIME_BUCKET, low, high) for bucket, low, high in rows]


def tape_windows(path: Path, symbol: str, stream: str, rows: int) -> list[tuple[int, int]]:
    """(from, to) ns of windows that together hold the whole series in order, `to` exclusive, about `rows` ids in each.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = """SELECT bucket, hi_id - lo_id + 1 FROM zones JOIN series USING(series)
        WHERE axis = 'time' AND symbol = ? AND stream = ? ORDER BY bucket"""
    with open_to_read(path, TAPE) as db:
        buckets = db.execute(query, (symbol, stream)).fetchall()
    windows: list[tuple[int, int]] = []
    held = 0
    for bucket, ids in buckets:
        start, stop = bucket * TIME_BUCKET, (bucket + 1) * TIME_BUCKET
        if windows and held + ids <= rows:
            windows[-1] = (windows[-1][0], stop)
        else:
            windows.append((start, stop))
            held = 0
        held += ids
    return windows


def tape_rows(path: Path, symbol: str, stream: str, from_ns: int | None = None, to_ns: int | None = None) -> int:
    """About how many ticks a series has between two times: stretches of five minutes count as a whole, and ids that are missing count too.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    query = """SELECT coalesce(sum(hi_id - lo_id + 1), 0) FROM zones JOIN series USING(series)
        WHERE axis = 'time' AND symbol = ? AND stream = ? AND bucket >= ? AND bucket < ?"""
    first = 0 if from_ns is None else from_ns // TIME_BUCKET
    end = (1 << 62) if to_ns is None else -(-to_ns // TIME_BUCKET)
    with open_to_read(path, TAPE) as db:
        return int(db.execute(query, (symbol, stream, first, end)).fetchone()[0])
