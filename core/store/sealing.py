"""Sealing: old rows become chunks, one transaction each with the end of the rows they were, while the tape is written and read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, ParamSpec, TypeVar

import aiosqlite

from core.store.chunk import CHUNK_TICKS, CODEC, pack
from core.store.connection import rows_of
from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.tape import Tape
from core.store.tick_rows import TIME_BUCKET
from core.store.tiers import Chunk, Series, all_series, chunk_after, merged, one_moment, opened, rows_of_ids
from core.types import Records

P = ParamSpec("P")
Result = TypeVar("Result")

#: The first and last id of the rows that come next, and how many they are.
_ENDS = "SELECT min(id), max(id), count(*) FROM (SELECT id FROM tick_rows WHERE series = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?)"

_OLD = "SELECT max(hi_id) FROM zones WHERE axis = 'time' AND series = ? AND bucket < ?"
#: So many ticks more lie in chunks.
COUNT_SEALED = "INSERT INTO meta(key, value) VALUES('sealed', ?) ON CONFLICT(key) DO UPDATE SET value = value + excluded.value"

_INSERT = "INSERT INTO chunks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Sealed(NamedTuple):
    """What was sealed: ticks that were rows, and chunks made of them with their bytes."""

    ticks: int = 0
    chunks: int = 0
    size: int = 0


class Piece(NamedTuple):
    """Rows of one series on their way into chunks.

    Attributes:
        last_id: the last of their ids.
        rows: how many they are.
        replaced: the chunk they go into, where they came after it had been sealed.
        chunks: rows of `chunks` they become.
    """

    series: Series
    first_id: int
    last_id: int
    rows: int
    replaced: Chunk | None
    chunks: list[tuple[object, ...]]


async def seal(tape: Tape, before_ns: int, *, whole: bool = False, told: Callable[[Sealed], None] = lambda _done: None) -> Sealed:
    """Seal the rows whose stretch of five minutes ended before this venue time.

    Rows are read and packed on a thread of their own; each chunk is a short transaction of the tape's writer. May be cancelled, and killed,
    at any moment: a tick is a row or in a chunk, once.

    Args:
        whole: also what makes no full chunk yet.
        told: called after each transaction with what is done so far.

    Raises:
        StoreError: the file cannot be read or written.
    """
    done = Sealed()
    with open_to_read(tape.path, TAPE) as db:
        for series in await _apart(all_series, db):
            ((last,),) = await _apart(_fetch, db, _OLD, (series.number, before_ns // TIME_BUCKET))
            low = 0
            while last is not None and (piece := await _apart(next_piece, db, series, low, last, whole)):
                if await tape.change(partial(_replace, piece=piece, sealed=tape.sealed), piece.rows):
                    done = Sealed(done.ticks + piece.rows, done.chunks + len(piece.chunks), done.size + _size(piece))
                    told(done)
                low = piece.last_id + 1
    return done


async def _apart(work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """What this returns, done on another thread; whoever cancels this waits for it: it reads from a file that is closed next."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def next_piece(db: sqlite3.Connection, series: Series, low: int, last: int, whole: bool) -> Piece | None:
    """The first rows of these ids that make a chunk, or belong into one; None when there are none."""
    with one_moment(db):
        ends = db.execute(_ENDS, (series.number, low, last, CHUNK_TICKS)).fetchone()
        if not ends[2]:
            return None
        chunk = chunk_after(db, series, ends[0], ends[1])
        if chunk is None and ends[2] < CHUNK_TICKS and not whole:
            return None
        rows = rows_of_ids(db, series, low, last, CHUNK_TICKS)
    if chunk is None:
        return _piece(series, rows, None, rows)
    rows = rows.compress(rows["id"] <= chunk.last_id)
    return _piece(series, rows, chunk, merged(rows, opened(series, chunk)))


def _piece(series: Series, rows: Records, replaced: Chunk | None, ticks: Records) -> Piece:
    parts = [ticks[i : i + CHUNK_TICKS] for i in range(0, len(ticks), CHUNK_TICKS)]
    return Piece(series, int(rows["id"][0]), int(rows["id"][-1]), len(rows), replaced, [chunk_row(series, part) for part in parts])


def chunk_row(series: Series, ticks: Records) -> tuple[object, ...]:
    """The row of `chunks` of these ticks, which ascend by id."""
    return (*chunk_facts(series, ticks), CODEC, pack(ticks))


def chunk_facts(series: Series, ticks: Records) -> tuple[object, ...]:
    """What the row of a chunk says of its ticks, which ascend by id: series, and the spans of ids, times and seqs."""
    numbered = ticks["seq"].compress(ticks["seq"] > 0)
    seqs = (int(numbered.min()), int(numbered.max())) if len(numbered) else (0, 0)
    times = (int(ticks["ts"].min()), int(ticks["ts"].max()))
    ids = (int(ticks["id"][0]), int(ticks["id"][-1]))
    return (series.symbol, series.stream, *ids, *times, *seqs, len(ticks))


async def _replace(db: aiosqlite.Connection, piece: Piece, sealed: dict[int, int]) -> bool:
    """Put the chunks where the rows were; whether the rows are what they were when they were read."""
    series, symbol, stream = piece.series
    span = (series, piece.first_id, piece.last_id)
    ((here,),) = await rows_of(db, "SELECT count(*) FROM tick_rows WHERE series = ? AND id BETWEEN ? AND ?", span)
    if here != piece.rows:
        return False  # more came: the next time
    await db.execute("DELETE FROM tick_rows WHERE series = ? AND id BETWEEN ? AND ?", span)
    if piece.replaced:
        await db.execute("DELETE FROM chunks WHERE symbol = ? AND stream = ? AND first_id = ?", (symbol, stream, piece.replaced.first_id))
    await db.executemany(_INSERT, piece.chunks)
    await db.execute(COUNT_SEALED, (piece.rows,))
    sealed[series] = max(sealed.get(series, -1), *(int(str(chunk[3])) for chunk in piece.chunks))
    return True


def _size(piece: Piece) -> int:
    return sum(len(chunk[-1]) for chunk in piece.chunks if isinstance(chunk[-1], bytes))


def _fetch(db: sqlite3.Connection, query: str, values: tuple[int, ...]) -> list[tuple[int | None, ...]]:
    return db.execute(query, values).fetchall()
