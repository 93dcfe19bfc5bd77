"""The connection that writes to a file: opened checked, then whole transactions, tried again for as long as waiting may help."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import aiosqlite
import structlog

from core.errors import StoreError
from core.store.failures import passing, store_error
from core.store.schema import BUSY_TIMEOUT, Schema, prepare

log = structlog.get_logger("store")

#: A part of a transaction; it may be run several times, of which at most one is kept.
Run: TypeAlias = Callable[[aiosqlite.Connection], Awaitable[Any]]

#: What is called with `trouble` whenever it changes.
Told: TypeAlias = Callable[[str | None], None]

#: Seconds between two tries of a transaction: doubled from the first up to the second.
RETRY = (0.05, 2.0)

#: How long opening waits for another program's lock, or for room, in seconds.
OPEN_WAIT = 5.0

#: A write-ahead log starts over by itself at 16 MB, unless somebody reads what it replaced. Beyond this many bytes we make it, as soon as
#: nobody does: each try may hold up writing for so long, and is repeated after so long, in seconds.
LOG_LIMIT = 64 << 20
LOG_WAIT = 0.05
LOG_AGAIN = 10.0

#: Pages given back after one transaction, and the kind of file that can.
SHRINK_PAGES = 256
_INCREMENTAL = 2


class WriteConnection:
    """The one connection of this process that writes to a file; SQLite runs on a thread of its own.

    Attributes:
        path: the file.
        on_trouble: called on the event loop with `trouble` whenever that changes.
        shrinking: free pages at the end of the file go back to the disk, some after each transaction, until there are none.
        pinned_mb: size of the write-ahead log while a reader that does not end keeps it from starting over; 0 otherwise.
    """

    def __init__(self, path: Path, db: aiosqlite.Connection) -> None:
        self.path = path
        self.on_trouble: Told = lambda _why: None
        self.pinned_mb = 0.0
        self.shrinking = False
        self._db = db
        self._trouble: str | None = None
        self._log = path.with_name(path.name + "-wal")
        self._try_again = 0.0

    @property
    def trouble(self) -> str | None:
        """What keeps a transaction from being written, in words that follow "is"; None when nothing does."""
        return self._trouble

    @classmethod
    async def open(cls, path: Path, schema: Schema, *, synchronous: str) -> WriteConnection:
        """Check and migrate the file, then hold it open.

        Raises:
            StoreError: it cannot be opened, or must not be, or another program holds it for longer than 5 s.
        """
        await asyncio.to_thread(prepare, path, schema, synced=synchronous == "FULL")
        try:
            db = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT)
        except sqlite3.Error as error:
            raise store_error(error, path) from error
        for pragma in (
            f"synchronous={synchronous}",
            "wal_autocheckpoint=2000",
            f"journal_size_limit={LOG_LIMIT}",
            "cache_size=-32000",
            "secure_delete=0",
        ):
            await db.execute_fetchall(f"PRAGMA {pragma}")
        connection = cls(path, db)
        try:
            await connection.soon(connection.transact([]))
        except (StoreError, sqlite3.Error) as error:
            await db.close()
            raise (store_error(error, path) if isinstance(error, sqlite3.Error) else error) from error
        return connection

    async def soon(self, work: Awaitable[object]) -> None:
        """Wait for the first words to a file, for 5 s.

        Raises:
            StoreError: it takes longer; says why.
        """
        try:
            async with asyncio.timeout(OPEN_WAIT):
                await work
        except TimeoutError:
            raise StoreError(f"{self.path} is {self.trouble or 'too slow'}") from None

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
                self._say(why)
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY[1])
                continue
            self._say(None)
            await self._start_log_over()
            if self.shrinking:
                await self._shrink()
            return results

    def _say(self, why: str | None) -> None:
        if why == self._trouble:
            return
        self._trouble = why
        if why:
            log.warning("writes wait", file=str(self.path), reason=why)
        else:
            log.info("writes go on", file=str(self.path))
        self.on_trouble(why)

    async def _start_log_over(self) -> None:
        """Empty a write-ahead log that has grown, if nobody reads what it replaced; else try again later."""
        size = os.stat(self._log).st_size if self._log.exists() else 0
        if size <= LOG_LIMIT:
            self.pinned_mb = 0.0
            return
        if time.monotonic() < self._try_again:
            self.pinned_mb = size / 1e6
            return
        await self._db.execute_fetchall(f"PRAGMA busy_timeout={int(LOG_WAIT * 1000)}")
        try:
            ((busy, *_),) = await rows_of(self._db, "PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:  # told when the next transaction meets it
            busy = True
        await self._db.execute_fetchall(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT * 1000)}")
        if busy and not self.pinned_mb:
            log.warning("a reader that does not end keeps the log from starting over", file=str(self.path), log_mb=round(size / 1e6))
        self.pinned_mb = size / 1e6 if busy else 0.0
        self._try_again = time.monotonic() + LOG_AGAIN

    async def _shrink(self) -> None:
        """Give some free pages back, in a file that can (older ones use them again only). A script is the one way to run all of it."""
        self.shrinking = False
        with contextlib.suppress(sqlite3.Error):  # told when the next transaction meets it; what is left goes the next time
            ((mode,),) = await rows_of(self._db, "PRAGMA auto_vacuum")
            ((free,),) = await rows_of(self._db, "PRAGMA freelist_count")
            if mode == _INCREMENTAL and free > 0:
                await self._db.executescript(f"PRAGMA incremental_vacuum({SHRINK_PAGES})")
                self.shrinking = True

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
