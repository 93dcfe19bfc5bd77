"""Time as a parameter: the engine reads wall and monotonic time through one small object that tests replace."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from core.errors import UsageError


class Clock(Protocol):
    """Wall time for stamps, monotonic time for timers."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to: for tests."""

    def __init__(self, ns: int = 0) -> None:
        self.ns = ns

    def now_ns(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / 1e9

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.ns += int(seconds * 1e9)


class StepWatch:
    """Notices that wall time was set: between two looks it went on by another amount than monotonic time did.

    A clock that is steered gently (at most 0.05 %) is no step. A machine that slept is one: monotonic time stands still meanwhile.

    Attributes:
        steps: how many were seen.
        last_s: how far wall time jumped at the last of them, in seconds; negative: back.
    """

    def __init__(self, clock: Clock, tolerance_s: float = 1.0) -> None:
        self.steps = 0
        self.last_s: float | None = None
        self._clock = clock
        self._tolerance_s = tolerance_s
        self._ahead_ns = self._ahead()

    def look(self) -> float:
        """Seconds the wall clock jumped since the last look, 0.0 when it did not."""
        ahead, before = self._ahead(), self._ahead_ns
        self._ahead_ns = ahead
        step = (ahead - before) / 1e9
        if abs(step) <= self._tolerance_s:
            return 0.0
        self.steps += 1
        self.last_s = step
        return step

    def _ahead(self) -> int:
        """Wall time minus monotonic time, ns."""
        wall, mono = 0, 0.0
        for _ in range(3):
            before, wall, mono = self._clock.monotonic(), self._clock.now_ns(), self._clock.monotonic()
            if mono - before < 0.01:  # else this process stood still between the two
                break
        return wall - round(mono * 1e9)


def iso(ns: int) -> str:
    """ISO-8601 UTC with microseconds: `2024-08-08T23:54:13.937085Z`."""
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % 1_000_000_000 // 1000:06d}Z"


def parse_time(text: str) -> int:
    """Nanoseconds UTC of an ISO-8601 date or time, or of a Unix time in s, ms, µs or ns (told apart by size).

    Raises:
        UsageError: the text is no time.
    """
    try:
        value = int(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{text!r} is not a time: use ISO-8601 such as 2024-08-09T00:00:00Z, or Unix time") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000
    return epoch_ns(value)


def epoch_ns(value: int) -> int:
    """Nanoseconds of a Unix time in s, ms, µs or ns, told apart by its magnitude (good for years 1973 to 5138)."""
    for limit, scale in ((100_000_000_000, 1_000_000_000), (100_000_000_000_000, 1_000_000), (100_000_000_000_000_000, 1000)):
        if abs(value) < limit:
            return value * scale
    return value
