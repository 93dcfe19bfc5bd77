"""How many messages a channel may be sent in any minute; what is critical has a share of its own, which no storm of the rest uses up."""

from __future__ import annotations

from collections import deque

WINDOW_S = 60.0


class Pace:
    """Counts what was sent in the last minute.

    Args:
        per_minute: at most so many, of what is critical and of the rest each; 0 any number.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._sent: dict[bool, deque[float]] = {True: deque(), False: deque()}

    def room(self, critical: bool, now: float) -> int:
        """How many may be sent now; `now` in monotonic seconds."""
        if not self.per_minute:
            return 1 << 30
        sent = self._sent[critical]
        while sent and now - sent[0] >= WINDOW_S:
            sent.popleft()
        return self.per_minute - len(sent)

    def wait(self, critical: bool, now: float) -> float:
        """Seconds until there is room again, 0 where there is."""
        return 0.0 if self.room(critical, now) > 0 else WINDOW_S - (now - self._sent[critical][0])

    def count(self, critical: bool, now: float) -> None:
        """One was sent."""
        if self.per_minute:
            self._sent[critical].append(now)
