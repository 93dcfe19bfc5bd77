"""The analyst's process as the engine sees it: spawned, told, heard, ended."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from core.analyst import words
from core.analyst.words import Opening
from core.workers import frames
from core.workers.worker import how_it_ended

if TYPE_CHECKING:
    from core.engine.engine import Engine

Hear = Callable[[int, int, bytearray], None]


class AnalystProcess(asyncio.Protocol):
    """One life of it.

    Args:
        hear: called with (kind, seq, payload) for every frame it sends.

    Attributes:
        ready: it answers questions.
        gone: the connection to it ended.
    """

    def __init__(self, hear: Hear) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()
        self._hear = hear
        self._splitter = frames.Splitter()
        self._transport: asyncio.Transport | None = None
        self._lifeline = -1

    async def start(self) -> None:
        """Spawn the process, in our session and a group of its own, and connect to it. Call it on the main thread: the kernel ties the
        child to that one.

        Raises:
            OSError: there can be no such process.
        """
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        command = [sys.executable, "-P", "-m", "core.analyst", str(theirs.fileno()), str(lifeline), str(os.getpid())]
        kept = (theirs.fileno(), lifeline)
        try:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - forks once, in a millisecond; asyncio's own adds a watcher
                command, pass_fds=kept, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, process_group=0
            )
        finally:
            theirs.close()
            os.close(lifeline)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        for kind, seq, payload in self._splitter.split(data):
            if kind == words.READY:
                self.ready.set()
            self._hear(kind, seq, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.gone.set()

    @property
    def alive(self) -> bool:
        """It can be sent something."""
        return self._transport is not None

    @property
    def pid(self) -> int:
        """The process id, 0 before it runs."""
        return self.process.pid if self.process else 0

    @property
    def waiting(self) -> int:
        """Bytes that were sent and not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, data: bytes) -> None:
        """Send frames; nothing when it is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()

    async def end(self) -> str:
        """Let it end, make it where it does not; why it ended, in words."""
        self.send(frames.frame(words.QUIT))
        try:
            return await how_it_ended(self.process)
        finally:
            self.release()

    def release(self) -> None:
        """Let go of what ties us to it: it ends by itself then, if it has not."""
        if self._transport is not None:
            self._transport.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def opening_of(engine: Engine) -> Opening:
    """What it is told first."""
    return Opening(
        home=str(engine.home),
        names=engine.symbols.names,
        idle=engine.lab.idle,
        indicators=str(engine.config.indicator_folder(engine.home)),
        stream=engine.venue.stream,
    )
