"""A queue of writes to one file: first in, first out, committed in batches of one transaction.

A locked file or a full disk keeps jobs waiting and shows in `trouble`. A job that can never succeed fails alone.
A damaged file fails all jobs, now and later.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosqlite
import structlog

from core.ending import end
from core.errors import StoreError
from core.store.connection import Run, WriteConnection
from core.store.failures import damaged, store_error

log = structlog.get_logger("store")


@dataclass(slots=True)
class Job:
    """One piece of work inside a transaction; it may run several times, of which at most one is kept.

    Attributes:
        rows: how much it counts for in the size of a batch.
        done: its result, once it is committed; whoever waits for it may cancel it, which changes nothing.
        settled: it is committed, or failed for good.
    """

    run: Run
    rows: int
    done: asyncio.Future[Any] = field(repr=False)
    settled: bool = False


class Writer:
    """Takes jobs for one file and writes them from a task of its own.

    Args:
        linger: seconds a job that is not urgent waits for company.
        batch_rows: rows that make a batch full.

    Attributes:
        path: the file.
        failure: the first error of a job that failed for good.
        closing: no more jobs are taken.
    """

    def __init__(self, connection: WriteConnection, *, linger: float = 0.0, batch_rows: int = 20_000) -> None:
        self.path = connection.path
        self.failure: StoreError | None = None
        self._connection = connection
        self._linger = linger
        self._batch_rows = batch_rows
        self._jobs: deque[Job] = deque()
        self._rows = 0
        self._broken = False
        self.closing = False
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._run(), name=f"writer of {self.path.name}")

    @property
    def trouble(self) -> str | None:
        """What keeps jobs from being written, in words that follow "is"; None when nothing does."""
        return self._connection.trouble

    @property
    def backlog(self) -> int:
        """Rows not yet committed."""
        return self._rows

    def put(self, run: Run, rows: int = 1, *, urgent: bool = True) -> Job:
        """Queue a job; its place in the order is settled by this call.

        Raises:
            StoreError: the file is damaged, or closing.
        """
        if self.closing:
            raise StoreError(f"{self.path} is closed")
        if self._broken and self.failure:
            raise self.failure
        job = Job(run, rows, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._count(rows, urgent)
        return job

    def grow(self, job: Job, rows: int) -> None:
        """A job that has not run yet got more to do."""
        job.rows += rows
        self._count(rows, False)

    def check(self) -> None:
        """Make sure that all went well so far and more can come.

        Raises:
            StoreError: a job failed for good, or the file is closing.
        """
        if self.failure:
            raise self.failure
        if self.closing:
            raise StoreError(f"{self.path} is closed")

    async def flush(self) -> None:
        """Return when everything queued before this call is committed.

        Raises:
            StoreError: a job failed, now or before.
        """
        await self.put(_nothing, 0).done
        if self.failure:
            raise self.failure

    async def close(self, patience: float = 10.0) -> None:
        """Write what is queued, then let go of the file.

        Raises:
            StoreError: jobs were left unwritten after `patience` seconds, or failed before.
        """
        if self.closing:
            return
        self.closing = True
        self._wake.set()
        await asyncio.wait({self._task}, timeout=patience)
        await end(self._task)
        if self._timer:
            self._timer.cancel()
        if self._jobs:
            why = self.trouble or "too slow"
            self._fail_all(StoreError(f"{self.path} is {why}: {self._rows} rows were not written before closing"))
        await self._connection.close()
        if self.failure:
            raise self.failure

    def _count(self, rows: int, urgent: bool) -> None:
        self._rows += rows
        if urgent or not self._linger or self._rows >= self._batch_rows:
            self._wake.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._linger, self._wake.set)

    async def _run(self) -> None:
        """Write until closing and done."""
        try:
            while self._jobs or not self.closing:
                if not self.closing:
                    await self._wake.wait()
                self._wake.clear()
                if self._timer:
                    self._timer.cancel()
                    self._timer = None
                # What comes from here on lingers for company of its own.
                last = self._jobs[-1] if self._jobs else None
                while last and not last.settled:
                    await self._write(self._take())
        except Exception as error:  # the task's outer edge: nothing may wait for a writer that is gone
            log.exception("the writer stopped", file=str(self.path))
            self._broken = True
            self._fail_all(_worded(error, self.path))

    def _take(self) -> list[Job]:
        """The next batch; its jobs stay queued until they are settled."""
        taken: list[Job] = []
        rows = 0
        for job in self._jobs:
            if taken and rows + job.rows > self._batch_rows:
                break
            taken.append(job)
            rows += job.rows
        return taken

    async def _write(self, batch: list[Job]) -> None:
        """Settle every job of a batch, whatever it takes."""
        try:
            results = await self._connection.transact([job.run for job in batch])
        except Exception as error:  # a job's own failure: it fails, the others go on
            if isinstance(error, sqlite3.Error) and damaged(error):
                self._broken = True
                self._fail_all(_worded(error, self.path))
            elif len(batch) > 1:
                for job in batch:
                    if not job.settled:
                        await self._write([job])
            else:
                failure = error if isinstance(error, StoreError) else _worded(error, self.path)
                log.error("a write failed", file=str(self.path), reason=str(failure))
                self._fail(batch[0], failure)
            return
        for job, result in zip(batch, results, strict=True):
            self._drop(job)
            if not job.done.done():
                job.done.set_result(result)

    def _drop(self, job: Job) -> None:
        self._jobs.remove(job)
        self._rows -= job.rows
        job.settled = True

    def _fail(self, job: Job, error: StoreError) -> None:
        self._drop(job)
        self.failure = self.failure or error
        if not job.done.done():
            job.done.set_exception(error)
            job.done.exception()  # it is logged: whoever never asks for it is not to be reminded

    def _fail_all(self, error: StoreError) -> None:
        self.failure = self.failure or error
        log.error("writes failed", file=str(self.path), jobs=len(self._jobs), reason=str(error))
        for job in list(self._jobs):
            self._fail(job, error)


def _worded(error: Exception, path: Path) -> StoreError:
    """Any error as ours, chained to what it was."""
    worded = store_error(error, path) if isinstance(error, sqlite3.Error) else StoreError(f"{path}: {error!r}")
    worded.__cause__ = error
    return worded


async def _nothing(_db: aiosqlite.Connection) -> None:
    return None
