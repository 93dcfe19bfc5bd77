"""One strategy process as the engine sees it: spawned, told, heard, ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from core.child import Child
from core.workers import frames
from core.workers.cell import Cell, Progress, new_cell
from core.workers.lane import Lane

Hear = Callable[["Worker", int, int, bytearray], None]
Tell = Callable[["Worker"], None]


class Worker(Child, Lane):
    """A worker process, the socket to it, and the lane of ticks that leads there.

    Args:
        number: of its place in the pool, from 1.
        hear: called for every frame it sends.
        lost: called when the connection ended and nobody asked it to.
        late: called when it fell behind.

    Attributes:
        slots: strategies by slot.
    """

    def __init__(self, number: int, hear: Hear, lost: Tell, late: Tell) -> None:
        Child.__init__(self)
        Lane.__init__(self, lambda: late(self))
        self.number = number
        self.ready = asyncio.Event()
        self.slots: dict[int, str] = {}
        self._hear, self._lost = hear, lost
        self._splitter = frames.Splitter()
        self._cell: Cell | None = None
        self._stopping = False

    async def start(self) -> None:
        """Spawn the process and connect to it, on the main thread.

        Raises:
            OSError: there can be no such process.
        """
        shared = new_cell()
        self._cell = Cell(shared)
        try:
            await self.spawn("core.workers", shared)
        finally:
            os.close(shared)

    def data_received(self, data: bytes) -> None:
        for kind, seq, payload in self._splitter.split(data):
            if kind == frames.READY:
                self.ready.set()
            elif kind == frames.SEEN:
                self.done(seq)
            self._hear(self, kind, seq, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.ready.set()
        self.tell_room()
        if not self._stopping:
            self._lost(self)

    @property
    def strategies(self) -> set[str]:
        """Ids of the strategies that live on it."""
        return set(self.slots.values())

    @property
    def progress(self) -> Progress:
        """How far it is, and in whose code; also of one that died."""
        return self._cell.read() if self._cell else Progress(0, 0)

    def take_on(self, strategy: str) -> int:
        """A slot for one more strategy."""
        slot = max(self.slots, default=0) + 1
        self.slots[slot] = strategy
        return slot

    def let_go(self, strategy: str) -> None:
        """It has left."""
        self.slots = {slot: id_ for slot, id_ in self.slots.items() if id_ != strategy}

    async def stop(self) -> None:
        """Ask it to end; make it, if it does not."""
        self._stopping = True
        await self.end_with(frames.frame(frames.QUIT))

    def release(self) -> None:
        """Let go of what tied us to a process that has ended."""
        super().release()
        if self._cell is not None:
            self._cell.close()
            self._cell = None
