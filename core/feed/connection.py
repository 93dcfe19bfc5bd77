"""One connection to a venue kept alive: reconnects with backoff, gives up a silent socket, and replaces an old one before it ends.

Nothing that goes wrong on the way to a venue is raised from here: it is said in the state, and tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable

from websockets.exceptions import InvalidStatus, WebSocketException

from core.clock import Clock
from core.errors import VenueError
from core.feed.backoff import Backoff
from core.feed.link import Link
from core.feed.quota import SILENCE, Quota, retry_after
from core.feed.session import Session
from core.feed.subscriptions import Subscriptions
from core.feed.timing import Patience
from core.feed.timing import Timing as Timing
from core.feed.words import why_failed
from core.venues.venue import Venue

#: What opening a connection may fail with; UnicodeError: a host name that is none; ImportError: a proxy that needs a package.
FAILURES = (OSError, TimeoutError, WebSocketException, VenueError, UnicodeError, ImportError)

#: A socket is replaced between these shares of the age at which the venue cuts it: many of one age are not replaced all at once.
RENEW_AT = (0.95, 0.97)


class Connection:
    """Streams its `symbols`. `on_change` is told of each new state, `on_open` of symbols whose stream began, `on_lost` of
    a socket that ended with none after it.

    Attributes:
        symbols: what it is to stream.
        link: how it is, and its open sockets.
    """

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        quota: Quota,
        ready: asyncio.Event,
        *,
        timing: Timing,
        rng: random.Random,
        on_frames: Callable[[Session], None],
        on_change: Callable[[Connection], None],
        on_open: Callable[[list[str]], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self.link = Link(clock, ready, timing.stale_after_s, lambda: on_change(self))
        self.symbols = Subscriptions(quota, lambda: self.link.sessions, again_s=timing.breaker_open_s, on_late=on_open)
        self._venue = venue
        self._clock = clock
        self._quota = quota
        self._ready = ready
        self._timing = timing
        self._rng = rng
        self._backoff = Backoff(cap=timing.breaker_open_s, rng=rng)
        self._patience = Patience(timing.reconnect_after_s)
        self._why = ""
        self._proven = False
        self._on_frames = on_frames
        self._on_change = on_change
        self._on_open = on_open
        self._on_lost = on_lost

    async def run(self) -> None:
        """Keep the symbols streaming until cancelled."""
        self._on_change(self)
        try:
            while True:
                old = self.link.sessions
                fresh = await self._connect()
                if all(session.lost for session in old):
                    self._on_open(self.names)
                    if old:
                        self._on_lost(self)
                if old:
                    await asyncio.sleep(self._timing.overlap_s)
                    await self._end(*old)
                async with asyncio.TaskGroup() as group:
                    asking = group.create_task(self.symbols.ask_later(fresh))
                    why = await self._tend(fresh)
                    asking.cancel()
                if self._clock.monotonic() - fresh.opened >= self._timing.stale_after_s:
                    self._backoff.reset()
                if why is not None or fresh.lost:
                    await self._end(fresh)
                    self._on_lost(self)
                if why is not None or fresh.ended.is_set():  # else it is only old, and streams on
                    await self._wait(why or fresh.last_words())
        finally:
            self.link.stopped()
            await self._end(*self.link.sessions)

    @property
    def names(self) -> list[str]:
        """Bare names of the symbols it is to stream."""
        return self.symbols.names

    async def _connect(self) -> Session:
        """A new socket with every symbol subscribed, however many tries it takes."""
        while True:
            ticket = await self._leave_to_try()
            ok: bool | None = None
            why, at_least = "", 0.0
            session = self.link.trying = Session(
                self._venue, self._clock, self._quota, self._heard, on_end=self.link.look, reply_timeout_s=self._timing.reply_timeout_s
            )
            self.link.doing("connecting", self._why)
            try:
                # Counted from the connecting, as its silence is: a venue that dawdles at each step is given up as early.
                async with asyncio.timeout(self._timing.reconnect_after_s):
                    await self._set_up(session)
                ok = True
                return session
            except FAILURES as exc:
                why, at_least, ok = why_failed(exc), *self._refused(exc)
            finally:
                self._quota.connects.end(ticket, self._clock.monotonic(), ok)
                self.link.trying = None
                if not ok:
                    await session.close()
            await self._wait(why, at_least)

    async def _leave_to_try(self) -> int:
        """Wait for whatever stands against one more connection: a full consumer, a silence, the breaker, the limit of connects."""
        breaker = self._quota.connects
        while True:
            await self._ready.wait()
            if silence := self._quota.hold_left():
                self.link.doing("backoff", "the venue asked to be left alone", silence)
                await asyncio.sleep(silence)
            elif pause := breaker.wait(self._clock.monotonic()):
                self.link.doing("backoff", self._why or "other connections failed", pause)
                await asyncio.sleep(pause)
            else:
                self.link.doing("connecting", self._why)
                await self._quota.connect()
                if (ticket := breaker.admit(self._clock.monotonic())) is not None:
                    return ticket

    async def _set_up(self, session: Session) -> None:
        await session.open(self._timing.open_timeout_s)
        await self.symbols.ask_all(session)
        self._why, self._proven = "", False
        self.link.streams(session)

    async def _tend(self, session: Session) -> str | None:
        """Watch a socket until it must be given up, and say why; None when it only grew old."""
        limit = self._patience.limit(self._clock.monotonic())
        renew_at = session.opened + self._venue.limits.connection_max_age_s * self._rng.uniform(*RENEW_AT)
        if not self._ready.is_set():
            session.pause()
        while not session.ended.is_set():
            await self._ready.wait()
            now = self._clock.monotonic()
            quiet = now - session.heard
            if quiet >= limit:
                self._patience.gave_up(now, session.heard - session.opened)
                return f"nothing received for {quiet:.0f} s"
            if now >= renew_at:
                return None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(session.heard + limit, renew_at) - now):
                    await session.ended.wait()
        return None if session.shutdown else session.last_words()

    async def _wait(self, why: str, at_least: float = 0.0) -> None:
        self._why = why
        wait = max(self._backoff.next(at_least), self._quota.hold_left(), self._quota.connects.wait(self._clock.monotonic()))
        self.link.doing("backoff", why, wait)
        await asyncio.sleep(wait)

    def _refused(self, exc: BaseException) -> tuple[float, bool | None]:
        """Seconds the venue wants silence for after a refused handshake, and what the breaker makes of a failure."""
        if not isinstance(exc, InvalidStatus):
            return 0.0, False
        status = exc.response.status_code
        wait = retry_after(exc.response.headers.get("Retry-After"), self._clock.now_ns(), SILENCE.get(status, 0.0))
        if status not in SILENCE:
            return wait, False
        self._quota.hold(wait)
        return wait, None

    def _heard(self, session: Session) -> None:
        self._on_frames(session)
        if self.link.state == "stale":
            asyncio.get_running_loop().call_soon(self.link.look)  # after what came was drained
        if not self._proven and session.heard - session.opened >= self._timing.stale_after_s:
            self._proven = True
            self._quota.connects.trust()

    async def _end(self, *sessions: Session) -> None:
        self.link.sessions = [session for session in self.link.sessions if session not in sessions]
        for session in sessions:
            await session.close()
