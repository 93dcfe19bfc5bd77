"""How much memory processes hold: each one's share of what it shares (PSS) where the kernel keeps that, else all it touches (RSS).

Blocking calls of a millisecond and more: not for the event loop.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_PSS = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)


def proportional(pids: Iterable[int]) -> dict[int, int]:
    """Bytes of each process that is there: PSS (proc(5), smaps_rollup), else RSS."""
    found = {}
    for pid in pids:
        try:
            match = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_bytes())
        except OSError:
            match = None
        if match is not None:
            found[pid] = int(match[1]) * 1024
        else:
            found |= resident([pid])
    return found


def resident(pids: Iterable[int]) -> dict[int, int]:
    """RSS in bytes of each process that is there; where pages are shared, they count in each. Some microseconds a process."""
    pids = list(pids)
    if not Path("/proc/self/statm").exists():
        return _asked(pids)
    found = {}
    for pid in pids:
        try:
            found[pid] = int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            continue
    return found


def give_back() -> None:
    """Have the allocator return to the system what it holds and nobody uses; glibc only."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _asked(pids: list[int]) -> dict[int, int]:
    """From ps, on systems without /proc."""
    try:
        said = subprocess.run(["ps", "-o", "pid=,rss=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = (line.split() for line in said.stdout.splitlines())
    return {int(row[0]): int(row[1]) * 1024 for row in rows if len(row) == 2}
