"""The tape's writer: every tick once, gaps with their cause, and how far all of it is committed."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite

from core.errors import StoreError
from core.store.connection import Run, WriteConnection, rows_of
from core.store.gap_table import Change, change_gaps, list_gaps
from core.store.gaps import Gap, GapState, fill, record
from core.store.migrations import TAPE
from core.store.series import SEALED_TO, SeriesTable, last_ids
from core.store.tick_batch import SEQS_AHEAD, TickBatch, reserve
from core.store.tick_rows import why_unfit
from core.store.writer import Writer
from core.store.written_file import WrittenFile
from core.types import Records, Symbols, copied

LINGER = 0.1
BATCH_ROWS = 20_000


class Tape(WrittenFile):
    """Writes ticks and gaps from a queue of its own; made by `open`, used by one event loop.

    Attributes:
        backlog: ticks not yet committed.
        total: ticks on the tape.
        duplicates: ticks that were on it already when they came, since opening.
        synced_seq: every tick appended with a seq up to here is committed.
        sealed: the highest id in a chunk of each series that has any, by its number.
        on_commit: called with the TICK arrays of each batch once they are committed.
    """

    def __init__(self, connection: WriteConnection, symbols: Symbols, max_backlog: int) -> None:
        super().__init__(connection, Writer(connection, linger=LINGER, batch_rows=BATCH_ROWS))
        self.backlog = self.total = self.duplicates = self.synced_seq = 0
        self._max_backlog = min(max_backlog, SEQS_AHEAD // 4)
        self._series = SeriesTable(symbols, ())
        self._symbols = symbols
        self._batches: deque[TickBatch] = deque()
        self._open_batch: TickBatch | None = None
        self._last_seq = 0  # the highest that may have been given
        self._newest = 0  # the highest committed
        self.sealed: dict[int, int] = {}
        self._progress = asyncio.Event()
        self.on_commit: Callable[[list[Records]], None] = lambda _parts: None

    @classmethod
    async def open(cls, path: Path, symbols: Symbols, *, max_backlog: int = 1_000_000) -> Tape:
        """Open the file to write, made or brought to our version where needed.

        Args:
            symbols: the process's table, which gives the ticks' symbol indexes their names.
            max_backlog: ticks that may wait to be committed.

        Raises:
            StoreError: it is damaged, newer than us, locked for longer than 5 s, or cannot be written.
        """
        connection = await WriteConnection.open(path, TAPE, synchronous="NORMAL")
        tape = cls(connection, symbols, max_backlog)
        try:
            await connection.soon(tape._writer.put(tape._take_up).done)
        except StoreError:
            with contextlib.suppress(StoreError):
                await tape._writer.close(0)
            raise
        return tape

    async def close(self, patience: float = 10.0) -> None:
        """Commit what is queued, then let go of the file.

        Raises:
            StoreError: not everything could be written within `patience` seconds.
        """
        if not self._writer.closing and self._writer.failure is None:
            # After a clean end no seq is in doubt: numbering goes on where it stopped.
            self._writer.put(partial(reserve, seq=self._last_seq), 0)
        try:
            await super().close(patience)
        finally:
            self._wake_waiters()

    @property
    def full(self) -> bool:
        """Whether so much waits that no more ticks should be released."""
        return self.backlog > self._max_backlog // 2

    def append(self, ticks: Records, stream: str) -> None:
        """Queue TICK records for commit within about 0.1 s; late ones (`seq` 0) too. They are copied.

        Look at `full` (or await `wait_room`) before ticks are given their seq: what was released must be on the tape.

        Raises:
            StoreError: too much waits already, the file failed, or a value is one no tape may hold. Nothing was taken.
            IndexError: a tick's symbol is not in the process's table.
        """
        if not len(ticks):
            return
        self._writer.check()
        if self.backlog + len(ticks) > self._max_backlog:
            raise StoreError(f"{self.path} is {self.trouble or 'too slow'}: {self.backlog:,} ticks wait for it already")
        unfit = why_unfit(ticks)
        if unfit:
            raise StoreError(unfit)
        series, names = self._series.of(ticks, stream)
        batch = self._open_batch
        if batch is None or batch.closed or batch.rows + len(ticks) > BATCH_ROWS:
            batch = self._open_batch = TickBatch(self.sealed)
            self._batches.append(batch)
            batch.job = self._writer.put(batch.write, 0, urgent=False)
            batch.job.done.add_done_callback(partial(self._committed, batch))
        batch.add(copied(ticks), series, names)
        self.backlog += len(ticks)
        self._last_seq = max(self._last_seq, batch.last_seq)
        self._writer.grow(batch.job, len(ticks))

    async def flush(self) -> None:
        """Return when everything appended and recorded before this call is committed.

        Raises:
            StoreError: something could not be written, now or before.
        """
        await self._writer.flush()

    async def wait_synced(self, seq: int) -> None:
        """Return when `synced_seq` has reached this seq.

        Raises:
            StoreError: the file failed.
        """
        await self._wait(lambda: self.synced_seq >= seq)

    async def wait_room(self) -> None:
        """Return when the tape is not `full`.

        Raises:
            StoreError: the file failed.
        """
        await self._wait(lambda: not self.full)

    def last_seq(self) -> int:
        """The highest seq that may ever have been given: the next one is one more."""
        return self._last_seq

    async def last_ids(self, stream: str) -> dict[str, int]:
        """The highest id on the tape of each symbol that has any in this stream."""
        found: dict[str, int] = await self._writer.put(partial(last_ids, stream=stream), 0).done
        return found

    def record_gap(
        self, symbol: str, stream: str, from_id: int, to_id: int, *, from_ns: int | None, to_ns: int | None, state: GapState, cause: str
    ) -> asyncio.Future[None]:
        """Say the state of these ids, in order with the ticks; the result is there once it is committed.

        Saying it again changes nothing: ids keep the first cause they were open under, and those that are lost stay
        lost. `filled` closes what was open.

        Args:
            symbol: `venue:SYMBOL`.
            from_ns, to_ns: venue time of the last print before and the first after, None or 0 unknown.
        """
        gap = Gap(symbol, stream, from_id, to_id, from_ns or None, to_ns or None, state, cause)
        if state == "filled":
            return self.fill_gap(symbol, stream, from_id, to_id)
        return self._change(gap, lambda rows: record(rows, gap))

    def fill_gap(self, symbol: str, stream: str, from_id: int, to_id: int) -> asyncio.Future[None]:
        """These ids came: open gaps shrink or close by them. Append their ticks first."""
        gap = Gap(symbol, stream, from_id, to_id, None, None, "filled", "")
        return self._change(gap, lambda rows: fill(rows, from_id, to_id))

    async def gaps(self, state: GapState | None = None) -> list[Gap]:
        """All gaps, or those in one state, by symbol, stream and id."""
        found: list[Gap] = await self._writer.put(partial(list_gaps, state=state), 0).done
        return found

    def change(self, run: Run, rows: int) -> asyncio.Future[Any]:
        """Queue a change of what is written already, behind all that was appended; it counts as so many rows."""
        self._open_batch = None
        return self._writer.put(run, rows).done

    def _change(self, gap: Gap, change: Change) -> asyncio.Future[None]:
        if gap.to_id < gap.from_id:
            raise ValueError(f"no ids lie in {gap.from_id}..{gap.to_id}")
        # Ticks appended from here on go behind it: a gap must not be closed before its ticks are committed.
        self._open_batch = None
        run = partial(change_gaps, symbol=gap.symbol, stream=gap.stream, from_id=gap.from_id, to_id=gap.to_id, change=change)
        done: asyncio.Future[None] = self._writer.put(run, 0, urgent=False).done
        done.add_done_callback(self._wake_waiters)
        return done

    def _committed(self, batch: TickBatch, done: asyncio.Future[int]) -> None:
        self._batches.remove(batch)
        del batch.job  # which holds the batch in turn: with its ticks it would stay until the collector finds both
        self.backlog -= batch.rows
        if done.exception() is None:
            self.on_commit(batch.parts)
            self.total += done.result()
            self.duplicates += batch.rows - done.result()
        # After a failure nothing counts as synced any more, not even what came behind it and was written.
        if self._writer.failure is None:
            self._newest = max(self._newest, batch.last_seq)
            waiting = min((other.first_seq for other in self._batches if other.first_seq), default=self._newest + 1)
            self.synced_seq = max(self.synced_seq, min(self._newest, waiting - 1))
        self._wake_waiters()

    def _wake_waiters(self, _done: object = None) -> None:
        self._progress.set()
        self._progress = asyncio.Event()

    async def _wait(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._writer.check()
            await self._progress.wait()

    async def _take_up(self, db: aiosqlite.Connection) -> None:
        """Go on from what the file holds."""
        meta = dict(await rows_of(db, "SELECT key, value FROM meta WHERE key IN ('ticks', 'seq_reserved')"))
        self._series = SeriesTable(self._symbols, await rows_of(db, "SELECT series, symbol, stream FROM series"))
        self.sealed.update(await rows_of(db, SEALED_TO))
        self.total = meta.get("ticks", 0)
        self._last_seq = self._newest = self.synced_seq = meta.get("seq_reserved", 0)
        await reserve(db, self._last_seq + SEQS_AHEAD)
