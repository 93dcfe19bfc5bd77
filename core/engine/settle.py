"""Commits what was derived from ticks, never before the ticks themselves: the order of writes across the two databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger("settle")

Write = Callable[[], Awaitable[None]]


class Settler:
    """A queue of writes to the ledger, each released once the tape is synced through its `seq`.

    Args:
        wait_synced: returns when every tick through a `seq` is on the tape.
    """

    def __init__(self, wait_synced: Callable[[int], Awaitable[None]]) -> None:
        self._wait_synced = wait_synced
        self._queue: asyncio.Queue[tuple[int, Write]] = asyncio.Queue()
        self.settled_seq = 0

    def put(self, seq: int, write: Write) -> None:
        """Queue a write that is derived from ticks through `seq`."""
        self._queue.put_nowait((seq, write))

    @property
    def backlog(self) -> int:
        """Writes that wait."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Settle for ever; a write the ledger refuses ends this, and with it the engine."""
        while True:
            seq, write = await self._queue.get()
            try:
                await self._wait_synced(seq)
                await write()
                self.settled_seq = max(self.settled_seq, seq)
            finally:
                self._queue.task_done()

    async def drain(self) -> None:
        """Return when nothing waits."""
        await self._queue.join()
