"""What one caller may ask of the door: who it is, how much it may have waiting, and how much of the loop's time the callers take."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection

#: Connections at most, and those that may be on their way in besides.
MOST, ARRIVING = 64, 32

#: Requests a second of one connection in the long run, and at once.
RATE, BURST = 100.0, 100.0

#: The share of the loop's time all callers together may take, and how much they may take ahead of it, in seconds.
SHARE, AHEAD_S = 0.3, 0.05

#: Bytes that may wait for a caller besides the reply it was sent: answers to its pings.
UNREAD = 1 << 18

#: A connection that was silent for so long gives its place to a new one when there is no other.
SILENT_S = 60.0


class Caller(ServerConnection):
    """One connection, bounded in what it makes us keep.

    Args:
        arrived: called when it connects; False turns it away at once.
        gone: called when it has ended.

    Attributes:
        heard: monotonic time of its last request.
        owed: bytes of the reply on its way to it.
        junk: requests so far that were none.
        screen: somebody sits at it.
        pid: the process at the other end; 0 where the system does not say.
        deaf: it asked, did not read what it was told, and was dropped for that.
    """

    def __init__(self, arrived: Callable[[Caller], bool], gone: Callable[[Caller], None], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.heard = time.monotonic()
        self.owed = 0
        self.junk = 0
        self.deaf = self.screen = False
        self.pid = 0
        self._arrived = arrived
        self._gone = gone
        self._tokens, self._filled = BURST, self.heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._arrived(self):
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_write_buffer_size() > self.owed + UNREAD:
            self.deaf = True
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._gone(self)

    async def wait_turn(self) -> None:
        """Return when one more request is within its rate; meanwhile it is not read."""
        self.heard = now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled) * RATE) - 1
        self._filled = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / RATE)


class Budget:
    """The loop's time that callers take: over their share, they wait."""

    def __init__(self) -> None:
        self._debt = 0.0
        self._at = time.monotonic()

    def spend(self, seconds: float) -> None:
        """So much was taken."""
        now = time.monotonic()
        self._debt = max(0.0, self._debt - (now - self._at) * SHARE) + seconds
        self._at = now

    async def wait(self) -> None:
        """Return when there is some left; at least one turn of the loop later."""
        self.spend(0.0)
        await asyncio.sleep(max(0.0, self._debt - AHEAD_S) / SHARE)


def peer_of(sock: Any) -> tuple[int, int]:
    """(pid, uid) of the process at the other end; (0, -1) where the system does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0, -1
    size = struct.calcsize("3i")
    pid, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return pid, uid
