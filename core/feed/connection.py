"""One connection to a venue kept alive: reconnects with backoff, notices silence, and replaces an old socket before it ends.

Nothing that goes wrong on the way to a venue is raised from here: it is said in the state, and tried again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from websockets.exceptions import InvalidStatus, WebSocketException

from core.clock import Clock
from core.errors import VenueError
from core.feed.backoff import Backoff
from core.feed.batch import LinkState
from core.feed.quota import SILENCE, Quota, retry_after
from core.feed.session import Session
from core.feed.words import why_failed
from core.venues.venue import Venue

#: What opening a connection may fail with; UnicodeError: a host name that is none; ImportError: a proxy that needs a package.
FAILURES = (OSError, TimeoutError, WebSocketException, VenueError, UnicodeError, ImportError)

#: A socket is replaced at this share of the age at which the venue cuts it.
RENEW_AT = 0.97

#: Silence that repeats is waited out longer each time, up to this: a market where nothing trades is no fault.
MAX_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Timing:
    """When a connection is thought to be in trouble, and a symbol to have missed something; in seconds."""

    stale_after_s: float = 10.0
    reconnect_after_s: float = 30.0
    open_timeout_s: float = 10.0
    reply_timeout_s: float = 10.0
    overlap_s: float = 1.0  # how long the old and the new socket both stream
    check_after_s: float = 1.0  # a symbol that is quiet for so long after its socket opened is asked for over REST
    check_quiet_s: float = 60.0  # and so is one that is quiet for so long, or twice that, at any time


class Connection:
    """Streams the symbols in `names`. `on_change` is told of each new state, `on_open` of a socket that has subscribed them
    all with none before it, `on_lost` of one that ended with none after it.

    Attributes:
        state: as in `FeedState`, with `detail` and, in backoff, `retry_in_s`.
        sessions: open sockets: one, or two while an old one is being replaced.
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
        on_open: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self.names: list[str] = []
        self.state: LinkState = "connecting"
        self.detail = ""
        self.retry_in_s: float | None = None
        self.sessions: list[Session] = []
        self._venue = venue
        self._clock = clock
        self._quota = quota
        self._ready = ready
        self._timing = timing
        self._backoff = Backoff(rng=rng)
        self._on_frames = on_frames
        self._on_change = on_change
        self._on_open = on_open
        self._on_lost = on_lost
        self._silences = 0
        self._silent_at = float("-inf")

    async def run(self) -> None:
        """Keep the symbols streaming until cancelled."""
        self._on_change(self)
        try:
            while True:
                fresh = await self._connect()
                old, self.sessions = self.sessions, [*self.sessions, fresh]
                if all(session.lost for session in old):
                    self._on_open(self)
                if old:
                    await asyncio.sleep(self._timing.overlap_s)
                    await self._end(*old)
                why = await self._tend(fresh)
                if self._clock.monotonic() - fresh.opened >= self._timing.stale_after_s:
                    self._backoff.reset()
                if why is not None or fresh.lost:
                    await self._end(fresh)
                    self._on_lost(self)
                await self._wait(why or fresh.last_words())
        finally:
            self._say("stopped")
            await self._end(*self.sessions)

    async def watch(self, names: Iterable[str]) -> None:
        """Stream these too: at once where a socket is open, else with the next one.

        Raises:
            VenueError: the venue refused them.
        """
        new = [name for name in names if name not in self.names]
        self.names += new
        for session in self.sessions[-1:]:
            try:
                await session.subscribe(new)
            except VenueError:
                if not session.lost:
                    self.names = [name for name in self.names if name not in new]
                    raise

    async def unwatch(self, names: Iterable[str]) -> None:
        """Stream these no more; frames on their way may still come."""
        old = set(names)
        self.names = [name for name in self.names if name not in old]
        for session in self.sessions:
            try:
                await session.unsubscribe(old)
            except VenueError:
                if not session.lost:
                    raise

    async def _connect(self) -> Session:
        """A new socket with every symbol subscribed, however many tries it takes."""
        while True:
            await self._ready.wait()
            if silence := self._quota.hold_left():
                self._say("backoff", "the venue asked to be left alone", silence)
                await asyncio.sleep(silence)
            self._say("connecting", self.detail)
            session = Session(self._venue, self._clock, self._quota, self._heard, reply_timeout_s=self._timing.reply_timeout_s)
            try:
                await session.open(self._timing.open_timeout_s)
                while new := [name for name in self.names if name not in session.names]:
                    await session.subscribe(new)
            except FAILURES as exc:
                await session.close()
                await self._wait(why_failed(exc), self._asked_to_wait(exc))
            except BaseException:
                await session.close()
                raise
            else:
                return session

    async def _tend(self, session: Session) -> str | None:
        """Watch a socket until it must be given up, and say why; None when it only grew old."""
        patience, renew_at = self._patience(), session.opened + self._venue.limits.connection_max_age_s * RENEW_AT
        if not self._ready.is_set():
            session.pause()
        while not session.ended.is_set():
            await self._ready.wait()
            now = self._clock.monotonic()
            quiet = now - session.heard
            if quiet >= patience:
                self._silent_at = now
                return f"nothing received for {quiet:.0f} s"
            if now >= renew_at:
                return None
            stale = quiet >= self._timing.stale_after_s
            self._say("stale" if stale else "live", f"nothing received for {quiet:.0f} s" if stale else "")
            wake = (
                min(now + self._timing.stale_after_s / 10, session.heard + patience)
                if stale
                else session.heard + self._timing.stale_after_s
            )
            try:
                async with asyncio.timeout(min(wake, renew_at) - now):
                    await session.ended.wait()
            except TimeoutError:
                continue
        return None if session.shutdown else session.last_words()

    def _patience(self) -> float:
        """How long a socket may be silent: longer when the one before was replaced for silence not long ago."""
        lately = self._clock.monotonic() - self._silent_at < 2 * MAX_PATIENCE_S
        self._silences = self._silences + 1 if lately else 0
        limit = self._timing.reconnect_after_s
        return max(limit, min(limit * 2.0 ** min(self._silences, 60), MAX_PATIENCE_S))

    async def _wait(self, why: str, at_least: float = 0.0) -> None:
        wait = max(self._backoff.next(at_least), self._quota.hold_left())
        self._say("backoff", why, wait)
        await asyncio.sleep(wait)

    def _asked_to_wait(self, exc: BaseException) -> float:
        """Seconds the venue wants silence for, after a refused handshake."""
        if not isinstance(exc, InvalidStatus):
            return 0.0
        status = exc.response.status_code
        wait = retry_after(exc.response.headers.get("Retry-After"), self._clock.now_ns(), SILENCE.get(status, 0.0))
        if status in SILENCE:
            self._quota.hold(wait)
        return wait

    def _heard(self, session: Session) -> None:
        if self.state == "stale":
            self._say("live")
        self._on_frames(session)

    async def _end(self, *sessions: Session) -> None:
        self.sessions = [session for session in self.sessions if session not in sessions]
        for session in sessions:
            await session.close()

    def _say(self, state: LinkState, detail: str = "", retry_in_s: float | None = None) -> None:
        """Tell of a new state; nothing is said of a second socket while the first one still streams."""
        streams = any(not session.lost for session in self.sessions)
        if (state in ("connecting", "backoff") and streams) or (self.state, self.detail, self.retry_in_s) == (state, detail, retry_in_s):
            return
        self.state, self.detail, self.retry_in_s = state, detail, retry_in_s
        self._on_change(self)
