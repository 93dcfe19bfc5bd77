"""A venue's connections as one: symbols spread over sockets by the venue's limits, one state for all of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from functools import partial

from core.clock import Clock
from core.feed.batch import FeedState, LinkState
from core.feed.connection import Connection
from core.feed.link import Link
from core.feed.quota import Quota
from core.feed.session import Session
from core.feed.timing import Timing
from core.venues.venue import Venue

#: A symbol's prints and its quotes.
STREAMS_PER_SYMBOL = 2

#: From best to worst: what a state says of the whole.
_SEVERITY: tuple[LinkState, ...] = ("live", "connecting", "stale", "backoff", "stopped")


class Streams:
    """Grows and shrinks with the symbols watched; `run` keeps its connections until cancelled."""

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        quota: Quota,
        ready: asyncio.Event,
        timing: Timing,
        rng: random.Random,
        *,
        on_frames: Callable[[Session], None],
        on_change: Callable[[], None],
        on_open: Callable[[list[str]], None],
        on_lost: Callable[[list[str]], None],
    ) -> None:
        self.connections: list[Connection] = []
        self._venue = venue
        self._clock = clock
        self._on_change = on_change
        self._room = max(1, venue.limits.streams_per_connection // STREAMS_PER_SYMBOL)
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[Connection, asyncio.Task[None]] = {}
        self._open = partial(
            Connection,
            venue,
            clock,
            quota,
            ready,
            timing=timing,
            rng=rng,
            on_frames=on_frames,
            on_change=self._changed,
            on_open=on_open,
            on_lost=lambda connection: on_lost(connection.names),
        )

    async def run(self) -> None:
        """Stream until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._group:
                for connection in self.connections:
                    self._start(connection)
                await asyncio.Event().wait()
        finally:
            self._group = None

    async def watch(self, names: Iterable[str]) -> None:
        """Stream these symbols too, on connections that have room, else on new ones.

        Raises:
            VenueError: the venue refused some.
        """
        watched = self.names()
        new = [name for name in names if name not in watched]
        for connection in self.connections:
            room = self._room - len(connection.names)
            now, new = new[:room], new[room:]
            if now:
                await connection.symbols.add(now)
        while new:
            now, new = new[: self._room], new[self._room :]
            connection = self._open()
            await connection.symbols.add(now)
            self.connections.append(connection)
            self._start(connection)

    async def unwatch(self, names: Iterable[str]) -> None:
        """Stream these symbols no more; a connection without symbols is closed."""
        old = set(names)
        for connection in self.connections.copy():
            mine = [name for name in connection.names if name in old]
            if not mine:
                continue
            if len(mine) < len(connection.names):
                await connection.symbols.remove(mine)
                continue
            self.connections.remove(connection)
            task = self._tasks.pop(connection, None)
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    def names(self) -> set[str]:
        """The symbols that are watched."""
        return {name for connection in self.connections for name in connection.names}

    def sessions(self) -> list[Session]:
        """The sockets that are open."""
        return [session for connection in self.connections for session in connection.link.sessions]

    def pause(self) -> None:
        """Read nothing more."""
        for session in self.sessions():
            session.pause()

    def resume(self) -> None:
        """Read on."""
        for session in self.sessions():
            session.resume()

    def state(self) -> FeedState:
        """The worst state of any connection, and whom it concerns."""
        troubled = [connection for connection in self.connections if connection.link.state != "live"]
        if not troubled:
            return FeedState(self._venue.name, "live" if self.connections else "stopped", "" if self.connections else "no symbols")
        worst = max(troubled, key=lambda connection: _SEVERITY.index(connection.link.state)).link
        share = f"{len(troubled)} of {len(self.connections)} connections: " if len(self.connections) > 1 else ""
        names = tuple(name for connection in troubled for name in connection.names)
        return FeedState(self._venue.name, worst.state, share + worst.detail if worst.detail else share[:-2], self._left(worst), names)

    def _left(self, link: Link) -> float | None:
        return None if link.retry_at is None else max(0.0, link.retry_at - self._clock.monotonic())

    def _start(self, connection: Connection) -> None:
        if self._group is not None:
            self._tasks[connection] = self._group.create_task(connection.run())

    def _changed(self, connection: Connection) -> None:
        if connection in self.connections or connection.link.state == "stopped":
            self._on_change()
