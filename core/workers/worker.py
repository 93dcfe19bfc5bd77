"""One strategy process as the engine sees it: spawned, told, heard, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import cast

import structlog

from core.workers import frames
from core.workers.cell import Cell, Progress, new_cell
from core.workers.lane import Lane

log = structlog.get_logger("workers")

STOP_TIMEOUT_S = 5.0

Hear = Callable[["Worker", int, int, bytearray], None]
Tell = Callable[["Worker"], None]


class Worker(Lane, asyncio.Protocol):
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
        super().__init__(lambda: late(self))
        self.number = number
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = asyncio.Event()
        self.slots: dict[int, str] = {}
        self._hear, self._lost = hear, lost
        self._splitter = frames.Splitter()
        self._transport: asyncio.Transport | None = None
        self._lifeline = -1
        self._cell: Cell | None = None
        self._stopping = False

    async def start(self) -> None:
        """Spawn the process and connect to it. Call it on the main thread: the kernel ties the child to that one.

        It stays in our session, so that between it and the lab's processes their priority counts (`core.research.standing_back.step_back`).
        """
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        shared = new_cell()
        self._cell = Cell(shared)
        words = [str(theirs.fileno()), str(lifeline), str(shared), str(os.getpid())]
        command = [sys.executable, "-P", "-m", "core.workers", *words]
        kept = (theirs.fileno(), lifeline, shared)
        try:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - forks once, in a millisecond; asyncio's own adds a watcher
                command, pass_fds=kept, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, process_group=0
            )
        finally:
            theirs.close()
            os.close(lifeline)
            os.close(shared)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        for kind, seq, payload in self._splitter.split(data):
            if kind == frames.READY:
                self.ready.set()
            elif kind == frames.SEEN:
                self.done(seq)
            self._hear(self, kind, seq, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.ready.set()
        self.tell_room()
        if not self._stopping:
            self._lost(self)

    @property
    def alive(self) -> bool:
        """It can be sent something."""
        return self._transport is not None

    @property
    def pid(self) -> int:
        """The process id, 0 before it runs."""
        return self.process.pid if self.process else 0

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

    def send(self, data: bytes) -> None:
        """Send frames before the ticks that wait; nothing when the process is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def kill(self) -> None:
        """End it at once; it counts as lost."""
        if self.process is not None:
            self.process.kill()

    async def ended(self) -> str:
        """Why the process ended, in words; it is made to end if it has not within a moment."""
        return await how_it_ended(self.process)

    async def stop(self) -> None:
        """Ask it to end; make it, if it does not."""
        self._stopping = True
        self.send(frames.frame(frames.QUIT))
        if self.process is not None:
            await self.ended()
        self.release()

    def release(self) -> None:
        """Let go of what tied us to a process that has ended."""
        if self._transport is not None:
            self._transport.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        if self._cell is not None:
            self._cell.close()
            self._cell = None


async def how_it_ended(process: subprocess.Popen[bytes] | None) -> str:
    """Why a process ended, in words; it is made to end if it has not within a moment."""
    if process is None:
        return "it did not start"
    try:
        code = await asyncio.to_thread(process.wait, STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        code = await asyncio.to_thread(process.wait)
    if code < 0:
        names = {member.value: member.name for member in signal.Signals}
        return f"killed by {names.get(-code, f'signal {-code}')}"
    return f"exited with {code}"
