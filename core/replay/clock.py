"""The time it is in a replay: it runs as many times faster as asked for, stands still in a pause, and never passes a print to come."""

from __future__ import annotations

from math import inf

from core.clock import Clock, SystemClock


class ReplayClock:
    """Implements `Clock`: wall time is the recording's, timers stay the machine's.

    Attributes:
        speed: times real time; infinite: as fast as it goes, and the time is that of the last print.
        running: it does not stand still.
    """

    def __init__(self, start_ns: int, machine: Clock | None = None) -> None:
        self.speed = 1.0
        self.running = False
        self._machine = machine or SystemClock()
        self._at = start_ns
        self._since = self._machine.monotonic()
        self._ceiling = start_ns

    def now_ns(self) -> int:
        if not self.running or self.speed == inf:
            return self._at
        ran = (self._machine.monotonic() - self._since) * self.speed
        return min(self._at + int(ran * 1e9), max(self._ceiling, self._at))

    def monotonic(self) -> float:
        return self._machine.monotonic()

    @property
    def over_ns(self) -> int:
        """Every print before this moment is out."""
        return min(self.now_ns() + 1, max(self._ceiling, self._at))

    def run(self, speed: float, running: bool) -> None:
        """Go on from now at this pace."""
        self._turn(self.now_ns())
        self.speed, self.running = speed, running

    def reach(self, ns: int) -> None:
        """It is this late now at least."""
        if ns > self.now_ns():
            self._turn(ns)

    def hold_at(self, ns: int) -> None:
        """Do not pass this moment for now."""
        if ns != self._ceiling:
            self._turn(self.now_ns())
            self._ceiling = ns

    def until(self, ns: int) -> float:
        """Seconds of ours until that moment, at this pace; 0 where it has come."""
        left = ns - self.now_ns()
        if left <= 0 or self.speed == inf:
            return 0.0
        return left / 1e9 / self.speed

    def _turn(self, ns: int) -> None:
        self._at, self._since = ns, self._machine.monotonic()
