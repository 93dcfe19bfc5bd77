"""Being reachable at a path: a Unix socket is bound there, and bound again where somebody deleted its file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from websockets.asyncio.server import Server

from core.errors import CockpitError
from core.home_folder import private_folder

log = structlog.get_logger("server")

#: Seconds between two looks at the path.
LOOK_S = 2.0

Bind = Callable[[], Awaitable[Server]]


class Listening:
    """Keeps a server at a path.

    Args:
        bind: makes a server there; the path is free when it is called.
    """

    def __init__(self, path: Path, bind: Bind) -> None:
        self.path = path
        self._bind = bind
        self._servers: list[Server] = []  # those of a deleted path serve whom they have
        self._file: tuple[int, int] | None = None

    async def open(self) -> None:
        """Listen; a socket left by a dead engine is replaced (the lock says it is dead)."""
        self.path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._servers.append(await self._bind())
        finally:
            os.umask(mask)
        self._file = self._found()

    async def keep(self) -> None:
        """Look after the path for ever."""
        told = False
        while True:
            await asyncio.sleep(LOOK_S)
            if self._file is not None and self._found() == self._file:
                continue
            try:
                private_folder(self.path.parent)
                await self._release()
                await self.open()
            except (OSError, CockpitError) as error:
                if not told:
                    log.warning("the engine cannot be reached: its socket is gone and cannot be made again", error=str(error))
                told = True
            else:
                log.warning("the engine's socket was deleted and is there again", path=str(self.path))
                told = False

    async def close(self) -> None:
        """Stop listening and end every connection."""
        for server in self._servers:
            server.close()
        for server in self._servers:
            await server.wait_closed()
        self.path.unlink(missing_ok=True)

    async def _release(self) -> None:
        """Let go of servers that nobody is connected to and nobody can reach any more."""
        for server in [server for server in self._servers if not server.connections]:
            self._servers.remove(server)
            server.close()
            await server.wait_closed()

    def _found(self) -> tuple[int, int] | None:
        """What is at the path, by device and inode; None where nothing is."""
        try:
            found = self.path.lstat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
