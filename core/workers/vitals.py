"""What a process costs: processor time and memory, read from the kernel's books where it keeps them as files."""

from __future__ import annotations

import os
import time
from pathlib import Path

from core.latency import Histogram, Stage

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE_MB = (os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096) / 2**20

#: Two looks closer together than this share one figure.
LOOK_S = 0.5


class Vitals:
    """Figures of one process, good as of the last look."""

    def __init__(self) -> None:
        self._ages = Stage()
        self._at = 0.0
        self._busy_s = 0.0
        self._figures: tuple[float | None, float | None] = (None, None)

    def hear(self, times: bytes | bytearray) -> None:
        """A histogram of the ages its live ticks had when its strategies had seen them."""
        now = time.time_ns()
        self._ages.add(now, Histogram.from_bytes(times))

    @property
    def p99_us(self) -> float | None:
        """99 % of the live ticks of the last minute were seen by its strategies within this, in microseconds after they came; None
        unknown."""
        figure = self._ages.recent(time.time_ns()).quantile(0.99)
        return None if figure is None else round(figure / 1000, 1)

    def look(self, pid: int) -> tuple[float | None, float | None]:
        """(CPU since the last look in percent of a core, resident MB); None unknown."""
        now = time.monotonic()
        if now - self._at < LOOK_S:
            return self._figures
        busy, rss = busy_seconds(pid), resident_mb(pid)
        share = None
        if busy is not None and self._at:
            share = round(max(busy - self._busy_s, 0.0) / (now - self._at) * 100, 1)
        self._at, self._busy_s = now, busy or 0.0
        self._figures = (share, None if rss is None else round(rss, 1))
        return self._figures


def busy_seconds(pid: int) -> float | None:
    """Processor time a process has used, None where it cannot be told."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else None


def stopped(pid: int) -> bool:
    """Whether somebody stopped the process with a signal (T: stopped, t: by a debugger)."""
    fields = _stat(pid)
    return bool(fields) and fields[0] in ("T", "t")


def resident_mb(pid: int) -> float | None:
    """Resident memory, None where it cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
    except (OSError, IndexError, ValueError):
        return None


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold spaces; source: proc(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
