"""When a connection is thought to be in trouble, and how long its silence is borne."""

from __future__ import annotations

from dataclasses import dataclass

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
    breaker_open_s: float = 30.0  # a venue that fails five times in a row is left alone for so long


class Patience:
    """How long a socket may be silent. Times are monotonic seconds.

    Attributes:
        silences: sockets in a row that were given up for silence and had not streamed for long before it.
    """

    def __init__(self, limit_s: float) -> None:
        self.silences = 0
        self._limit_s = limit_s
        self._gave_up_at = float("-inf")

    def limit(self, now: float) -> float:
        """Seconds of silence after which a socket is given up, counted from its connecting or its last data."""
        if now - self._gave_up_at > 2 * MAX_PATIENCE_S:
            self.silences = 0
        longer = min(self._limit_s * 2.0 ** min(self.silences, 60), MAX_PATIENCE_S)
        return max(self._limit_s, longer)

    def gave_up(self, now: float, streamed_s: float) -> None:
        """A socket was given up for silence after streaming for so long: one that did stream shows that this market is not a quiet one."""
        self._gave_up_at = now
        self.silences = 0 if streamed_s >= self._limit_s else self.silences + 1
