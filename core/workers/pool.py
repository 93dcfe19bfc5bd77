"""The strategy processes as the engine sees them: started when first needed, fed batches, heard, ended.

Not `concurrent.futures`: one crash there fails every job, and a submit per tick costs more than the loop itself.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import structlog

from core.errors import CockpitError
from core.types import Records
from core.workers import frames

log = structlog.get_logger("workers")

Hear = Callable[["Worker", int, int, bytearray], None]
STOP_TIMEOUT_S = 5.0
START_TIMEOUT_S = 60.0


class Worker(asyncio.Protocol):
    """One worker process and the socket to it."""

    def __init__(self, number: int, hear: Hear, lost: Callable[[Worker], None]) -> None:
        self.number = number
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = asyncio.Event()
        self.strategies: set[str] = set()
        self.wanted: set[int] = set()
        self.sent_seq = 0
        self.seen_seq = 0
        self._mask = np.zeros(0, np.bool_)
        self._hear = hear
        self._lost = lost
        self._splitter = frames.Splitter()
        self._transport: asyncio.Transport | None = None
        self._lifeline = -1
        self._stopping = False
        self._room = asyncio.Event()
        self._room.set()

    async def start(self) -> None:
        """Spawn the process and connect to it. Call it on the main thread: the kernel ties the child to that one."""
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        words = [str(theirs.fileno()), str(lifeline), str(os.getpid())]
        command = [sys.executable, "-P", "-m", "core.workers", *words]
        self.process = subprocess.Popen(  # noqa: ASYNC220 - forks once, in a millisecond; asyncio's own adds a watcher
            command, pass_fds=(theirs.fileno(), lifeline), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        os.close(lifeline)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        for kind, seq, payload in self._splitter.split(data):
            if kind == frames.READY:
                self.ready.set()
            elif kind == frames.SEEN:
                self.seen_seq = seq
            self._hear(self, kind, seq, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.ready.set()
        self._room.set()
        if not self._stopping:
            self._lost(self)

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def wait_room(self) -> None:
        """Return when it has taken nearly all it was sent, or is gone."""
        await self._room.wait()

    @property
    def pid(self) -> int:
        """The process id, 0 before it runs."""
        return self.process.pid if self.process else 0

    @property
    def backlog_bytes(self) -> int:
        """Bytes written and not yet taken by the kernel."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def send(self, data: bytes) -> None:
        """Queue frames; nothing when the process is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def want(self, symbols: set[int]) -> None:
        """Which symbols' ticks this worker gets from now on."""
        self.wanted = symbols
        self._mask = np.zeros(max(symbols, default=-1) + 1, np.bool_)
        self._mask[list(symbols)] = True

    def send_ticks(self, ticks: Records) -> None:
        """Queue the ticks of wanted symbols, in order."""
        symbols = ticks["symbol"]
        wanted = self._mask[np.minimum(symbols, len(self._mask) - 1)] & (symbols < len(self._mask)) if len(self._mask) else None
        if wanted is None or not wanted.any():
            return
        mine = ticks if wanted.all() else ticks[wanted]
        self.sent_seq = int(mine["seq"][-1])
        self.send(frames.frame(frames.TICKS, mine.tobytes(), self.sent_seq))

    async def stop(self) -> None:
        """Ask it to end; make it, if it does not."""
        self._stopping = True
        self.send(frames.frame(frames.QUIT))
        if self.process is not None:
            try:
                await asyncio.to_thread(self.process.wait, STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                log.warning("worker did not end", pid=self.pid)
                self.process.kill()
                await asyncio.to_thread(self.process.wait)
        if self._transport is not None:
            self._transport.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


class Pool:
    """N workers; a strategy lives on the one with the fewest.

    Args:
        size: processes at most; 0 is one a core.
        hear: called with (worker, kind, seq, payload) for every frame a worker sends.
        lost: called when a worker's connection ends.
    """

    def __init__(self, size: int, hear: Hear, lost: Callable[[Worker], None]) -> None:
        self.size = size or os.cpu_count() or 1
        self.workers: list[Worker] = []
        self._hear = hear
        self._lost = lost
        self._starting = asyncio.Lock()
        self._started = 0
        self._reaping: set[asyncio.Task[None]] = set()

    async def place(self) -> Worker:
        """The worker for one more strategy, started if need be and ready.

        Raises:
            CockpitError: a new one ended, or did not come up in time.
        """
        async with self._starting:
            idle = [w for w in self.workers if not w.strategies]
            if not idle and len(self.workers) < self.size:
                self._started += 1
                worker = Worker(self._started, self._hear, self._miss)
                self.workers.append(worker)
                try:
                    await worker.start()
                    await asyncio.wait_for(worker.ready.wait(), START_TIMEOUT_S)
                except (OSError, TimeoutError) as error:
                    log.error("worker did not start", number=worker.number, reason=repr(error))
                    self._miss(worker)
                if worker not in self.workers:
                    raise CockpitError(f"worker process {worker.pid} did not start: see the log")
                log.info("worker started", pid=worker.pid, number=worker.number)
            return min(self.workers, key=lambda w: len(w.strategies))

    def _miss(self, worker: Worker) -> None:
        """A worker is gone, or as good as: let go of it and of its process."""
        if worker in self.workers:
            self.workers.remove(worker)
            reaping = asyncio.get_running_loop().create_task(worker.stop())
            self._reaping.add(reaping)
            reaping.add_done_callback(self._reaping.discard)
            self._lost(worker)

    async def wait_room(self) -> None:
        """Return when every worker has taken nearly all it was sent."""
        for worker in list(self.workers):
            await worker.wait_room()

    def send_ticks(self, ticks: Records) -> None:
        """Hand a batch to every worker that wants any of it."""
        for worker in self.workers:
            worker.send_ticks(ticks)

    def broadcast(self, data: bytes) -> None:
        """Send the same frames to all."""
        for worker in self.workers:
            worker.send(data)

    def holding(self, strategy: str) -> Worker | None:
        """The worker a strategy lives on."""
        return next((w for w in self.workers if strategy in w.strategies), None)

    async def stop(self) -> None:
        """End all workers."""
        await asyncio.gather(*(w.stop() for w in self.workers), *self._reaping)
        self.workers.clear()

    def figures(self) -> list[dict[str, Any]]:
        """Pid, strategies and queue of each worker."""
        return [
            {"pid": w.pid, "strategies": sorted(w.strategies), "queue_bytes": w.backlog_bytes, "behind": w.sent_seq - w.seen_seq}
            for w in self.workers
        ]
