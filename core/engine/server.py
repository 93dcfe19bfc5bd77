"""The engine's one door for viewers and commands: a Unix socket, one reply a request, the caller's user checked."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from core.errors import CockpitError
from core.view import PROTOCOL, Done, Hello, Refused, Reply, Request

log = structlog.get_logger("server")

Answer = Callable[[Request], Awaitable[Reply]]
MAX_REQUEST_BYTES = 1 << 20


class Door:
    """Listens on the home's socket.

    Args:
        answer: what a request is answered with; CockpitErrors it raises become refusals.
    """

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = path
        self.viewers = 0
        self._answer = answer
        self._server: Server | None = None
        self._busy: set[asyncio.Task[Any]] = set()
        self._decoder = msgspec.msgpack.Decoder(Request)
        self._encoder = msgspec.msgpack.Encoder()

    async def open(self) -> None:
        """Listen; a socket left by a dead engine is replaced (the lock says it is dead)."""
        self.path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server = await unix_serve(self._serve, str(self.path), compression=None, max_size=MAX_REQUEST_BYTES, ping_interval=None)
        finally:
            os.umask(mask)

    async def close(self) -> None:
        """Stop listening and end every connection; what is not answered yet is given up."""
        if self._server is not None:
            self._server.close()
            for task in self._busy:
                task.cancel()
            await self._server.wait_closed()
        self.path.unlink(missing_ok=True)

    async def _serve(self, connection: ServerConnection) -> None:
        if not _same_user(connection.transport.get_extra_info("socket")):
            log.warning("another user on the socket was refused")
            await connection.close(1008, "another user")
            return
        viewer = False
        try:
            async for data in connection:
                reply, is_viewer = await self._reply(data)
                if is_viewer and not viewer:
                    viewer = True
                    self.viewers += 1
                await connection.send(self._encoder.encode(reply))
        except ConnectionClosed:
            pass
        finally:
            self.viewers -= viewer

    async def _reply(self, data: str | bytes) -> tuple[Reply, bool]:
        try:
            request = self._decoder.decode(data if isinstance(data, bytes) else data.encode())
        except msgspec.MsgspecError as error:
            return Refused(f"not a request this engine knows: {error}", 2), False
        if isinstance(request, Hello):
            if request.protocol != PROTOCOL:
                return Refused(f"this engine speaks protocol {PROTOCOL}, the client {request.protocol}: restart the older one"), False
            return Done({"protocol": PROTOCOL, "pid": os.getpid()}), request.client == "tui"
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            return await self._answer(request), False
        except CockpitError as error:
            return Refused(str(error), error.exit_code), False
        except Exception:  # a viewer's request must not end the engine; it is logged and told
            log.exception("a request failed")
            return Refused("the engine failed on this request: see its log (cockpit logs)"), False
        finally:
            self._busy.discard(task)


def _same_user(sock: Any) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(uid in (os.geteuid(), 0))
