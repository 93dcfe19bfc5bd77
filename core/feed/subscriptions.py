"""What one connection is to stream, and how its open sockets learn of it.

Nobody waits for a silence the venue asked for: what changes meanwhile is known at once, and asked for when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from core.errors import VenueError
from core.feed.quota import Quota
from core.feed.session import Session

log = structlog.get_logger(__name__)


class Subscriptions:
    """The symbols of a connection.

    Args:
        sockets: the open ones, the newest last.
        again_s: what was refused after a silence is asked for again after so long.
        on_late: told of symbols whose stream began after a silence.

    Attributes:
        names: bare names of what is to be streamed.
    """

    def __init__(self, quota: Quota, sockets: Callable[[], list[Session]], *, again_s: float, on_late: Callable[[list[str]], None]) -> None:
        self.names: list[str] = []
        self._quota = quota
        self._sockets = sockets
        self._again_s = again_s
        self._on_late = on_late
        self._owing = asyncio.Event()  # what the sockets stream is not what they should

    async def add(self, names: Iterable[str]) -> None:
        """Stream these too: at once where a socket is open, else with the next one, or when a silence is over.

        Raises:
            VenueError: the venue refused them.
        """
        new = [name for name in names if name not in self.names]
        self.names += new
        if self._must_wait():
            return
        for session in self._sockets()[-1:]:
            try:
                await session.subscribe(new)
            except VenueError:
                if not session.lost:
                    self.names = [name for name in self.names if name not in new]
                    raise

    async def remove(self, names: Iterable[str]) -> None:
        """Stream these no more; frames on their way may still come.

        Raises:
            VenueError: the venue refused.
        """
        old = set(names)
        self.names = [name for name in self.names if name not in old]
        if self._must_wait():
            return
        for session in self._sockets():
            try:
                await session.unsubscribe(old)
            except VenueError:
                if not session.lost:
                    raise

    async def ask_all(self, session: Session) -> None:
        """Subscribe everything on a new socket, what is added meanwhile too.

        Raises:
            VenueError: the venue refused, or did not answer.
        """
        while new := self._lacking(session):
            await session.subscribe(new)

    async def ask_later(self, session: Session) -> None:
        """Ask on this socket for what changed during a silence, as long as it lives."""
        while not session.lost:
            await self._owing.wait()
            await self._quota.silence()
            self._owing.clear()
            new = self._lacking(session)
            try:
                await session.subscribe(new)
                await session.unsubscribe(session.names.difference(self.names))
            except VenueError as exc:
                if not session.lost:  # else the next one asks for all
                    log.warning("what changed during a silence was refused", reason=str(exc))
                    self._owing.set()
                    await asyncio.sleep(self._again_s)
            else:
                if new:
                    self._on_late(new)

    def _must_wait(self) -> bool:
        if self._quota.hold_left():
            self._owing.set()
        return self._owing.is_set()

    def _lacking(self, session: Session) -> list[str]:
        return [name for name in self.names if name not in session.names]
