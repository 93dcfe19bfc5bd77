"""Ticks that go into the tape in one transaction, with all that must change together with them."""

from __future__ import annotations

from collections.abc import Mapping

import aiosqlite
import numpy as np
from numpy.typing import NDArray

from core.store.known import unsealed
from core.store.tick_rows import INSERT_ZONE, TickRows
from core.store.writer import Job
from core.types import Records

#: Seqs set aside on disk ahead of the ticks that use them: none of these is given twice, even if its tick was lost in a crash.
SEQS_AHEAD = 1 << 22

_INSERT_SERIES = "INSERT INTO series(series, symbol, stream) VALUES(?, ?, ?) ON CONFLICT DO NOTHING"
_ADD_TICKS = "INSERT INTO meta(key, value) VALUES('ticks', ?) ON CONFLICT(key) DO UPDATE SET value = value + excluded.value"
_RESERVE = "INSERT INTO meta(key, value) VALUES('seq_reserved', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"
_RESERVE_MORE = "UPDATE meta SET value = ? WHERE key = 'seq_reserved' AND value < ?"


class TickBatch:
    """Collects ticks until it is written for the first time.

    Attributes:
        rows: ticks in it.
        first_seq: the lowest seq in it, 0 when none has one.
        last_seq: the highest.
        job: its place in the writer's queue.
        closed: it takes no more.
        parts: its ticks, as they came.
    """

    job: Job

    def __init__(self, sealed: Mapping[int, int]) -> None:
        """`sealed`: the highest id in a chunk of each series that has any."""
        self.rows = 0
        self.first_seq = 0
        self.last_seq = 0
        self.closed = False
        self.parts: list[Records] = []
        self._sealed = sealed
        self._series: list[NDArray[np.int64]] = []
        self._names: list[tuple[int, str, str]] = []

    def add(self, ticks: Records, series: NDArray[np.int64], names: list[tuple[int, str, str]]) -> None:
        """Take ticks, the tape's number of each one's series, and (number, symbol, stream) of series first seen here."""
        self.parts.append(ticks)
        self._series.append(series)
        self._names += names
        self.rows += len(ticks)
        numbered = ticks["seq"][ticks["seq"] > 0]
        if len(numbered):
            low, high = int(numbered.min()), int(numbered.max())
            self.first_seq = min(self.first_seq or low, low)
            self.last_seq = max(self.last_seq, high)

    async def write(self, db: aiosqlite.Connection) -> int:
        """How many of its ticks were new to the tape. The first copy of a tick stays as it is."""
        self.closed = True
        rows = TickRows(*await unsealed(db, self.parts, self._series, self._sealed))
        inserted = 0
        if self._names:
            await db.executemany(_INSERT_SERIES, self._names)
        for statement, values in rows.statements():
            async with db.executemany(statement, values) as cursor:
                inserted += cursor.rowcount
        if rows.count:
            await db.executemany(INSERT_ZONE, rows.zones())
        await db.execute(_ADD_TICKS, (inserted,))
        await db.execute(_RESERVE_MORE, (self.last_seq + SEQS_AHEAD, self.last_seq + SEQS_AHEAD // 2))
        return inserted


async def reserve(db: aiosqlite.Connection, seq: int) -> None:
    """Say on disk that seqs up to here may have been given."""
    await db.execute(_RESERVE, (seq,))
