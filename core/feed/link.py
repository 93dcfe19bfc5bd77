"""What is true of one connection right now, in a word: worked out from its sockets, and again whenever that may change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from core.clock import Clock
from core.feed.batch import LinkState
from core.feed.session import Session


class Link:
    """The state of a connection. A socket that streams speaks for it; while there is none, what is done about that.

    The watch begins with the connecting: a socket that is open, even acknowledged, and sends no data is `stale` in time.

    Attributes:
        state, detail: as in `FeedState`.
        retry_at: monotonic time of the next try, in `backoff`.
        sessions: subscribed sockets: one, or two while an old one is being replaced.
        trying: the socket that is being opened and subscribed.
    """

    def __init__(self, clock: Clock, ready: asyncio.Event, stale_after_s: float, on_change: Callable[[], None]) -> None:
        self.state: LinkState = "connecting"
        self.detail = ""
        self.retry_at: float | None = None
        self.sessions: list[Session] = []
        self.trying: Session | None = None
        self._clock = clock
        self._ready = ready
        self._stale_after_s = stale_after_s
        self._on_change = on_change
        self._doing: tuple[LinkState, str, float | None] | None = ("connecting", "", None)
        self._timer: asyncio.TimerHandle | None = None

    def doing(self, state: LinkState, detail: str = "", retry_in_s: float | None = None) -> None:
        """What is done to get a socket; nothing is said of it while another one still streams."""
        self._doing = (state, detail, None if retry_in_s is None else self._clock.monotonic() + retry_in_s)
        self.look()

    def streams(self, session: Session) -> None:
        """A socket has subscribed everything."""
        self.trying = None
        self.sessions = [*self.sessions, session]
        self._doing = None
        self.look()

    def stopped(self) -> None:
        """It ends; nothing is said any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._say("stopped", "", None)

    def look(self) -> None:
        """Say what is true now."""
        if self.state == "stopped":
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        streaming = [session for session in self.sessions if not session.lost]
        watched = streaming or ([self.trying] if self.trying is not None else [])
        if watched and self._ready.is_set():  # else nothing is read, and silence means nothing
            now = self._clock.monotonic()
            quiet = now - max(session.heard for session in watched)
            stale = quiet >= self._stale_after_s
            self._look_again(self._stale_after_s / 10 if stale else self._stale_after_s - quiet)
            if stale:
                self._say("stale", f"nothing received for {quiet:.0f} s", None)
                return
        if streaming:
            self._say("live", "", None)
        elif self._doing is not None:
            self._say(*self._doing)

    def silent_s(self) -> float | None:
        """Seconds since data came, or since connecting; None without a socket."""
        heard = [session.heard for session in (*self.sessions, self.trying) if session is not None]
        return self._clock.monotonic() - max(heard) if heard else None

    def _look_again(self, in_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(in_s, 0.001), self.look)

    def _say(self, state: LinkState, detail: str, retry_at: float | None) -> None:
        if (self.state, self.detail, self.retry_at) != (state, detail, retry_at):
            self.state, self.detail, self.retry_at = state, detail, retry_at
            self._on_change()
