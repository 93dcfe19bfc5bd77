"""Commits what was derived from ticks, never before the ticks themselves: the order of writes across the two databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

#: Writes that may wait before strategies are sent no more ticks.
MOST = 20_000

Write = Callable[[], Awaitable[None]]


class Settler:
    """A queue of writes to the ledger, each released once the tape is synced through its `seq`.

    Those that wait together are handed to the ledger together, in order: they share one wait for the disk.

    Args:
        wait_synced: returns when every tick through a `seq` is on the tape.
    """

    def __init__(self, wait_synced: Callable[[int], Awaitable[None]]) -> None:
        self._wait_synced = wait_synced
        self._queue: asyncio.Queue[tuple[int, Write]] = asyncio.Queue()
        self._taken = 0
        self._settled = 0
        self._progress = asyncio.Event()

    def put(self, seq: int, write: Write) -> None:
        """Queue a write that is derived from ticks through `seq`."""
        self._taken += 1
        self._queue.put_nowait((seq, write))

    @property
    def backlog(self) -> int:
        """Writes that wait."""
        return self._taken - self._settled

    @property
    def full(self) -> bool:
        """So much waits for the disk that strategies should not add to it."""
        return self.backlog > MOST

    async def run(self) -> None:
        """Settle for ever; a write the ledger refuses ends this, and with it the engine."""
        while True:
            ready = [await self._queue.get()]
            while not self._queue.empty():
                ready.append(self._queue.get_nowait())
            await self._wait_synced(max(seq for seq, _ in ready))
            await asyncio.gather(*(write() for _, write in ready))
            self._settled += len(ready)
            self._progress.set()
            self._progress = asyncio.Event()

    async def drain(self) -> None:
        """Return when everything put before this call is committed, whatever comes meanwhile."""
        goal = self._taken
        while self._settled < goal:
            await self._progress.wait()
