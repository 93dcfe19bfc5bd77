"""The connection that writes to a file: opened checked, then whole transactions, tried again for as long as waiting may help."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import aiosqlite
import structlog

from core.store.failures import passing, store_error
from core.store.schema import BUSY_TIMEOUT, Schema, prepare

log = structlog.get_logger("store")

#: A part of a transaction; it may be run several times, of which at most one is kept.
Run: TypeAlias = Callable[[aiosqlite.Connection], Awaitable[Any]]

#: Seconds between two tries of a transaction: doubled from the first up to the second.
RETRY = (0.05, 2.0)


class WriteConnection:
    """The one connection of this process that writes to a file; SQLite runs on a thread of its own.

    Attributes:
        path: the file.
        trouble: what keeps a transaction from being written, in words that follow "is"; None when nothing does.
    """

    def __init__(self, path: Path, db: aiosqlite.Connection) -> None:
        self.path = path
        self.trouble: str | None = None
        self._db = db

    @classmethod
    async def open(cls, path: Path, schema: Schema, *, synchronous: str) -> WriteConnection:
        """Check and migrate the file, then hold it open.

        Raises:
            StoreError: it cannot be opened, or must not be.
        """
        await asyncio.to_thread(prepare, path, schema)
        try:
            db = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT)
        except sqlite3.Error as error:
            raise store_error(error, path) from error
        for pragma in (
            f"synchronous={synchronous}",
            "wal_autocheckpoint=2000",
            "journal_size_limit=67108864",
            "cache_size=-32000",
            "secure_delete=0",
        ):
            await db.execute_fetchall(f"PRAGMA {pragma}")
        return cls(path, db)

    async def close(self) -> None:
        """Let go of the file."""
        await self._db.close()

    async def transact(self, runs: Sequence[Run]) -> list[Any]:
        """What each part returned, once all of them are committed together. Waits for locks and disk space without end.

        Raises:
            sqlite3.Error: it will never succeed. Errors of the parts pass through.
        """
        pause = RETRY[0]
        while True:
            try:
                results = await self._once(runs)
            except sqlite3.Error as error:
                why = passing(error)
                if why is None:
                    raise
                if self.trouble != why:
                    log.warning("writes wait", file=str(self.path), reason=why)
                self.trouble = why
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY[1])
                continue
            if self.trouble:
                log.info("writes go on", file=str(self.path))
            self.trouble = None
            return results

    async def _once(self, runs: Sequence[Run]) -> list[Any]:
        try:
            await self._db.execute_fetchall("BEGIN IMMEDIATE")
            results = [await run(self._db) for run in runs]
            await self._db.execute_fetchall("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # where SQLite rolled back by itself
                await self._db.execute_fetchall("ROLLBACK")
            raise
        return results


async def rows_of(db: aiosqlite.Connection, query: str, values: Sequence[Any] = ()) -> list[Any]:
    """All rows of a query, as tuples."""
    return list(await db.execute_fetchall(query, values))
