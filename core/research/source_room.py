"""How much memory a reading may take, measured: half of what the machine, its container and this process's own limit leave just now.

Nearly everything is streamed and needs none of this. What must be held (rows written newest first, a JSON array, a batch of a columnar
file, many files that overlap) is held where there is room for it, and otherwise refused with its size.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

try:
    import resource
except ImportError:  # a system without limits of processes
    resource = None  # type: ignore[assignment]

from core.errors import SourceError

#: What is taken to be free where the system does not say.
_UNKNOWN = 1 << 30

_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


def room() -> int:
    """Bytes that one reading may hold."""
    return min(_free(), default=_UNKNOWN) // 2


def hold(name: str, need: int, what: str, advice: str) -> None:
    """Refuse what does not fit.

    Args:
        name: of the file.
        need: bytes of memory it takes.
        what: of it, as the beginning of a sentence: "9.3 GiB of JSON", "its largest batch".
        advice: what to do instead.

    Raises:
        SourceError: there is no room for it.
    """
    if need > (most := room()):
        raise SourceError(f"{name}: {what} would take {sized(need)} of memory, and {sized(most)} may be taken here: {advice}")


def with_size(name: str, size: int | None) -> str:
    """`x.csv (21.5 MiB)`; the name alone where nobody knows the size."""
    return f"{name} ({sized(size)})" if size else name


def sized(size: int) -> str:
    """`9.3 GiB`, `640.0 MiB`, `12 KiB`."""
    if size < 1 << 20:
        return f"{size / (1 << 10):,.0f} KiB"
    return f"{size / (1 << 20):,.1f} MiB" if size < 1 << 30 else f"{size / (1 << 30):,.1f} GiB"


def _free() -> Iterator[int]:
    """Bytes that are free, by everyone who sets a bound."""
    meminfo = _words(_PROC / "meminfo")
    if "MemAvailable:" in meminfo[:-1]:
        yield int(meminfo[meminfo.index("MemAvailable:") + 1]) << 10
    elif hasattr(os, "sysconf") and {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(os.sysconf_names):
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    most, used = (_words(_CGROUP / f"memory.{name}") for name in ("max", "current"))
    if most and used and most[0].isdecimal():
        yield max(int(most[0]) - int(used[0]), 0)
    pages = _words(_PROC / "self" / "statm")
    if pages and resource is not None and (limit := resource.getrlimit(resource.RLIMIT_AS)[0]) != resource.RLIM_INFINITY:
        yield max(limit - int(pages[0]) * resource.getpagesize(), 0)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
