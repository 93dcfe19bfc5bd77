"""Whether the disk is one to keep a tape and a ledger on: its room, its kind, how soon a write is safe, and the databases there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cockpit.cli.finding import Finding, judged

#: Bytes free. A day of a few busy symbols, sealed, is far below a gigabyte.
ROOM_WARN, ROOM_FAIL = 5_000_000_000, 500_000_000

#: SQLite before this can corrupt a write-ahead log that several connections write and checkpoint. We have one writer a file.
SQLITE = (3, 51, 3)

#: Syncs tried, and the median above which fills reach the disk noticeably later.
SYNCS, SYNC_WARN_S = 20, 0.05

#: A write-ahead log starts over at 16 MB unless somebody keeps reading what it replaced.
LOG_WARN = 100_000_000

#: Kinds of file systems on which the databases cannot work, and those that forget.
SHARED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "davfs")
VOLATILE = ("tmpfs", "ramfs")


def examine_disk(home: Path) -> Iterator[Finding]:
    """SQLite, room, kind, time of a sync, and the databases that are there."""
    place = next(p for p in (home, *home.parents) if p.exists())
    yield sqlite()
    yield room(shutil.disk_usage(place).free, place)
    yield kind(place, Path("/proc/self/mountinfo"))
    yield sync(place)
    yield from databases(home)


def sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """The library's version."""
    text = f"SQLite {'.'.join(map(str, version))}"
    if version < SQLITE:
        text += f", before {'.'.join(map(str, SQLITE))}: let no other program write to tape.db or ledger.db while the engine runs"
    return Finding("sqlite", "ok", text)


def room(free: int, place: Path) -> Finding:
    """Bytes free where the home lies."""
    text = f"{free / 1e9:,.1f} GB free at {place}"
    if free < ROOM_FAIL:
        return judged("disk", text, fail="recording pauses when it is full; make room, or put the home elsewhere with COCKPIT_HOME")
    return judged("disk", text, warn="recording pauses when it is full; watch it" if free < ROOM_WARN else "")


def kind(place: Path, mounts: Path) -> Finding:
    """The file system, where the system tells."""
    found = _file_system(place.resolve(), mounts)
    if found in SHARED:
        return judged("file system", found, fail="the databases need a disk of this machine; put the home on one with COCKPIT_HOME")
    return judged("file system", found, warn="gone with the next reboot; put the home on a disk" if found in VOLATILE else "")


def _file_system(place: Path, mounts: Path) -> str:
    best, name = -1, "of a kind this system does not tell"
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return name
    for line in lines:
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5:
            continue
        point = Path(fields[4].encode().decode("unicode_escape", "replace"))
        if (place == point or point in place.parents) and len(point.parts) >= best:
            best, name = len(point.parts), after.split()[0]
    return name


def sync(place: Path) -> Finding:
    """How long a small write takes until the disk says it is safe."""
    took = []
    try:
        with tempfile.TemporaryFile(dir=place, prefix=".doctor-") as file:
            for _ in range(SYNCS):
                file.write(bytes(4096))
                began = time.perf_counter()
                file.flush()
                os.fsync(file.fileno())
                took.append(time.perf_counter() - began)
    except OSError as error:
        return judged("fsync", f"cannot write at {place}", fail=error.strerror or str(error))
    half = statistics.median(took)
    text = f"{half * 1000:.1f} ms, the longest of {SYNCS} {max(took) * 1000:.1f} ms"
    return judged("fsync", text, warn="a slow disk; trading goes on, but fills are safe only so much later" if half > SYNC_WARN_S else "")


def databases(home: Path) -> Iterator[Finding]:
    """Size of each database and of the log before it."""
    for name in ("tape.db", "ledger.db"):
        if (home / name).exists():
            log = _size(home / f"{name}-wal")
            text = f"{_size(home / name) / 1e6:,.1f} MB" + (f" and {log / 1e6:,.1f} MB in its log" if log else "")
            yield judged(
                name, text, warn="a program that reads it and never ends keeps the log growing; close it" if log > LOG_WARN else ""
            )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
