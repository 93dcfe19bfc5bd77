"""A circuit breaker: what fails again and again is left alone for a while, then tried carefully; pure, time is a parameter.

Source: Nygard, "Release It!", 2007, chapter 5.2 (Circuit Breaker).
"""

from __future__ import annotations

from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]

#: How soon to ask again while the one try of a half-open breaker is under way.
ASK_AGAIN_S = 1.0


class Breaker:
    """Closed, everything goes; `failures` in a row open it, and nothing goes for `open_s` seconds. Then it is half open: one try at
    a time, until `successes` in a row close it; a failure opens it again. Times are monotonic seconds.

    A try that began before the last change of state says nothing about the state now: its end is ignored.
    """

    def __init__(self, *, failures: int = 5, open_s: float = 30.0, successes: int = 3) -> None:
        self.open_s = open_s
        self._failures = failures
        self._successes = successes
        self._state: BreakerState = "closed"
        self._until = 0.0
        self._count = 0  # in a row: failures while closed, successes while half open
        self._trying = False
        self._era = 0

    def state(self, now: float) -> BreakerState:
        """How it stands; an open one becomes half open by time alone."""
        if self._state == "open" and now >= self._until:
            self._become("half_open")
        return self._state

    def wait(self, now: float) -> float:
        """Seconds until a try may be allowed, 0.0 when one is now."""
        state = self.state(now)
        if state == "open":
            return self._until - now
        return ASK_AGAIN_S if state == "half_open" and self._trying else 0.0

    def admit(self, now: float) -> int | None:
        """A ticket for one try, to be given back by `end`; None while none is allowed."""
        if self.wait(now):
            return None
        self._trying = self._state == "half_open"
        return self._era

    def end(self, ticket: int, now: float, ok: bool | None) -> None:
        """How a try went; None: it showed neither, such as one that was cancelled."""
        state = self.state(now)
        if ticket != self._era:
            return
        self._trying = False
        if ok is None:
            return
        if state == "closed":
            self._count = 0 if ok else self._count + 1
            if self._count >= self._failures:
                self._open(now)
        elif not ok:
            self._open(now)
        else:
            self._count += 1
            if self._count >= self._successes:
                self._become("closed")

    def trust(self) -> None:
        """It has worked for so long that it is closed, whatever was before."""
        if self._state == "closed":
            self._count = 0
        else:
            self._become("closed")

    def _open(self, now: float) -> None:
        self._become("open")
        self._until = now + self.open_s

    def _become(self, state: BreakerState) -> None:
        self._state, self._count, self._trying = state, 0, False
        self._era += 1
