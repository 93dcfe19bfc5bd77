"""Processes of our own beside this one, as their parent sees them: started, tied to its life, ended, and why they ended in words.

What such a process does about its parent is in `core.parent`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

#: Seconds a process has to end in by itself.
STOP_TIMEOUT_S = 5.0

#: Bytes of the longest line of a process that says none that are long.
LINE = 1 << 16


def command(module: str, *words: str) -> list[str]:
    """What starts one of our modules as a process, wherever a person stands: that folder may hold a `core` of its own (-P)."""
    return [sys.executable, "-P", "-m", module, *words]


def why_it_ended(code: int) -> str:
    """An exit code in words; negative: of the signal that killed it."""
    if code >= 0:
        return f"exited with {code}"
    names = {member.value: member.name for member in signal.Signals}
    return f"killed by {names.get(-code, f'signal {-code}')}"


@asynccontextmanager
async def running(
    module: str,
    *words: str,
    stdin: int = subprocess.PIPE,
    stderr: int = subprocess.DEVNULL,
    line: int = LINE,
    own_session: bool = False,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is asked one thing and answers on its stdout; it does not outlive the block.

    Args:
        line: bytes of the longest line it may say.
        own_session: no key of a terminal reaches it.

    Raises:
        OSError: there can be no such process.
    """
    process = await asyncio.create_subprocess_exec(
        *command(module, *words), stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, limit=line, start_new_session=own_session
    )
    try:
        yield process
    finally:
        if process.returncode is None:  # too slow, or nobody waits for it any more
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                process.kill()
            await process.wait()


class Child(asyncio.Protocol):
    """A process that lives as long as we do, and the socket to it. It calls `core.parent.join`.

    What it sends comes to `data_received`, its end to `connection_lost`.

    Attributes:
        process: None before it was started.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._lifeline = -1

    async def spawn(self, module: str, *given: int) -> None:
        """Start the process and connect to it; it is given these descriptors too. Call it on the main thread: the kernel ties the child to
        that one.

        It stays in our session, in a group of its own, so that between it and the lab's processes their priority counts
        (`core.research.standing_back.step_back`).

        Raises:
            OSError: there can be no such process.
        """
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        kept = (theirs.fileno(), lifeline, *given)
        words = [theirs.fileno(), lifeline, os.getpid(), *given]
        try:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - forks once, in a millisecond; asyncio's own adds a watcher
                command(module, *map(str, words)), pass_fds=kept, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, process_group=0
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    @property
    def alive(self) -> bool:
        """It can be sent something."""
        return self._transport is not None

    @property
    def pid(self) -> int:
        """The process id, 0 before it runs."""
        return self.process.pid if self.process else 0

    @property
    def unsent(self) -> int:
        """Bytes that were sent and not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, data: bytes) -> None:
        """Send bytes; nothing when it is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()

    async def ended(self) -> str:
        """Why it ended, in words; it is made to end if it has not within a moment."""
        if self.process is None:
            return "it did not start"
        try:
            code = await asyncio.to_thread(self.process.wait, STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = await asyncio.to_thread(self.process.wait)
        return why_it_ended(code)

    async def end_with(self, last: bytes) -> str:
        """Send this, let it end, make it where it does not; why it ended, in words."""
        self.send(last)
        try:
            return await self.ended()
        finally:
            self.release()

    def release(self) -> None:
        """Let go of what ties us to it: it ends by itself then, if it has not."""
        if self._transport is not None:
            self._transport.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
