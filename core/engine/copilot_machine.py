"""What the copilot remembers of the machine: restarts and firings of the last hour, room on the disk, what the tape lacks."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Mapping
from pathlib import Path

HOUR_S = 3600.0

#: Seconds between two points of disk and gaps, and points kept: a day.
POINT_S, POINTS = 60.0, 1440

#: Gaps are compared with those of so long ago, s.
BACK_S = 1800.0


class Rises:
    """How often counters went up in the last hour, by name."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._rises: dict[str, deque[tuple[float, int]]] = {}

    def look(self, now: float, counts: Mapping[str, int]) -> dict[str, int]:
        """Take the counters of now, monotonic seconds; those that rose in the last hour, and by how much."""
        for name, count in counts.items():
            before = self._counts.get(name)
            if before is not None and count > before:
                self._rises.setdefault(name, deque()).append((now, count - before))
        self._counts = dict(counts)
        for name in list(self._rises):
            rises = self._rises[name]
            while rises and (now - rises[0][0] > HOUR_S or name not in counts):
                rises.popleft()
            if not rises:
                del self._rises[name]
        return {name: sum(rise for _, rise in rises) for name, rises in self._rises.items()}


class Since:
    """Since when something is as it is: the state of each name, monotonic seconds."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, float]] = {}

    def look(self, now: float, states: Mapping[str, str]) -> dict[str, float]:
        """How long each has been in its state."""
        self._of = {name: (state, self._begun(name, state, now)) for name, state in states.items()}
        return {name: now - begun for name, (_, begun) in self._of.items()}

    def _begun(self, name: str, state: str, now: float) -> float:
        known = self._of.get(name)
        return known[1] if known is not None and known[0] == state else now


class Points:
    """A figure once a minute, for a day."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=POINTS)

    def put(self, now: float, value: float) -> None:
        """Take it, monotonic seconds, if the last one is a minute ago."""
        if not self._points or now - self._points[-1][0] >= POINT_S:
            self._points.append((now, value))

    def ago(self, now: float, seconds: float) -> float | None:
        """What it was so long ago; None where that was not looked at."""
        if not self._points or now - self._points[0][0] < seconds:
            return None
        return next(value for at, value in reversed(self._points) if now - at >= seconds)

    def fall_a_day(self, now: float) -> tuple[float | None, float]:
        """How much less it becomes a day at the rate since the first point, and how many hours that is."""
        if len(self._points) < 2:
            return None, 0.0
        (first, begun), (last, value) = self._points[0], self._points[-1]
        return (begun - value) / (last - first) * 86_400.0, (last - first) / 3600.0


def disk_free(home: Path) -> float | None:
    """Bytes free where a home is; None not known."""
    try:
        return float(shutil.disk_usage(home).free)
    except OSError:
        return None
