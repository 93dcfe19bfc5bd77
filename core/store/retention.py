"""Retention: the oldest ticks go, chunk by chunk and some thousand rows at a time, and the pages they took come back to the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import aiosqlite

from core.store.connection import rows_of
from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.sealing import COUNT_SEALED
from core.store.tape import Tape
from core.store.tick_rows import TIME_BUCKET
from core.store.tiers import Series, all_series

#: Rows deleted in one transaction.
_ROWS = 8192


class Trimmed(NamedTuple):
    """What went: ticks, and bytes that come back to the disk: the file is shorter by them once its log is written into it."""

    ticks: int = 0
    size: int = 0


async def trim(tape: Tape, before_ns: int, told: Callable[[int], None] = lambda _ticks: None) -> Trimmed:
    """Delete what the tape holds of stretches of five minutes that ended before this venue time.

    A chunk goes once all of it is old. Gaps of ids before what is left go too; nothing of what is left changes. May be cancelled or killed
    at any moment: the next one goes on.

    Args:
        told: called with the ticks deleted so far.

    Raises:
        StoreError: the file cannot be read or written.
    """
    before, ticks = await tape.change(_bytes, 0), 0
    for series, keep in await asyncio.to_thread(_kept, tape, before_ns // TIME_BUCKET):
        while gone := await tape.change(partial(_delete, series=series, keep=keep), _ROWS):
            ticks += gone
            tape.total -= gone
            told(ticks)
        await tape.change(partial(_forget, series=series), 1)
    await tape.shrink()
    return Trimmed(ticks, max(before - await tape.change(_bytes, 0), 0))


def cut_for_size(path: Path, most: int) -> int | None:
    """The venue time before which must go what is too much for so many bytes, ns; None when it fits.

    Raises:
        StoreError: the file cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        page, free, pages = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_size", "freelist_count", "page_count"))
        used = page * (pages - free)
        if used <= most:
            return None
        buckets = db.execute(
            "SELECT bucket, sum(hi_id - lo_id + 1) FROM zones WHERE axis = 'time' GROUP BY bucket ORDER BY bucket"
        ).fetchall()
    surplus = (used - most) / used * sum(ids for _, ids in buckets)
    for bucket, ids in buckets[:-1]:
        surplus -= ids
        if surplus <= 0:
            return int(bucket + 1) * TIME_BUCKET
    return int(buckets[-1][0]) * TIME_BUCKET if buckets else None


def older_than(path: Path, before_ns: int) -> int:
    """About how many ticks `trim` would delete.

    Raises:
        StoreError: the file cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        query = "SELECT coalesce(sum(hi_id - lo_id + 1), 0) FROM zones WHERE axis = 'time' AND bucket < ?"
        return int(db.execute(query, (before_ns // TIME_BUCKET,)).fetchone()[0])


def _kept(tape: Tape, bucket: int) -> list[tuple[Series, int | None]]:
    """(series, the lowest id that stays; None: none of it does) of all that have stretches before this one."""
    with open_to_read(tape.path, TAPE) as db:
        return [(series, _lowest(db, series, bucket)) for series in all_series(db) if _has_older(db, series, bucket)]


def _has_older(db: sqlite3.Connection, series: Series, bucket: int) -> bool:
    query = "SELECT 1 FROM zones WHERE axis = 'time' AND series = ? AND bucket < ? LIMIT 1"
    return db.execute(query, (series.number, bucket)).fetchone() is not None


def _lowest(db: sqlite3.Connection, series: Series, bucket: int) -> int | None:
    ((low,),) = db.execute("SELECT min(lo_id) FROM zones WHERE axis = 'time' AND series = ? AND bucket >= ?", (series.number, bucket))
    return None if low is None else int(low)


async def _bytes(db: aiosqlite.Connection) -> int:
    """What the file is to be long, also while its log still holds what shortens it."""
    ((pages,),) = await rows_of(db, "PRAGMA page_count")
    ((page,),) = await rows_of(db, "PRAGMA page_size")
    return int(pages * page)


async def _delete(db: aiosqlite.Connection, series: Series, keep: int | None) -> int:
    """Delete some ticks below an id; how many there were, 0 when none are left."""
    keep = (1 << 62) if keep is None else keep
    names = (series.symbol, series.stream)
    found = await rows_of(
        db, "SELECT first_id, count FROM chunks WHERE symbol = ? AND stream = ? AND last_id < ? ORDER BY first_id LIMIT 1", (*names, keep)
    )
    if found:
        ((first, count),) = found
        await db.execute("DELETE FROM chunks WHERE symbol = ? AND stream = ? AND first_id = ?", (*names, first))
        await db.execute(COUNT_SEALED, (-count,))
    else:
        ((last, count),) = await rows_of(
            db,
            "SELECT max(id), count(*) FROM (SELECT id FROM tick_rows WHERE series = ? AND id < ? ORDER BY id LIMIT ?)",
            (series.number, keep, _ROWS),
        )
        if count:
            await db.execute("DELETE FROM tick_rows WHERE series = ? AND id <= ?", (series.number, last))
    if count:
        await db.execute("UPDATE meta SET value = value - ? WHERE key = 'ticks'", (count,))
    return int(count)


async def _forget(db: aiosqlite.Connection, series: Series) -> None:
    """Delete gaps and index entries of ids before the first that is left."""
    names = (series.symbol, series.stream)
    ((row,),) = await rows_of(db, "SELECT min(id) FROM tick_rows WHERE series = ?", (series.number,))
    ((chunk,),) = await rows_of(db, "SELECT min(first_id) FROM chunks WHERE symbol = ? AND stream = ?", names)
    first = min((id_ for id_ in (row, chunk) if id_ is not None), default=1 << 62)
    await db.execute("DELETE FROM zones WHERE series = ? AND hi_id < ?", (series.number, first))
    await db.execute("DELETE FROM gaps WHERE symbol = ? AND stream = ? AND to_id < ? AND state <> 'open'", (*names, first))
