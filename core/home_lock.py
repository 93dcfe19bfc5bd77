"""The hold of an engine on its home: a file lock that ends with the process, and a note of who holds it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

import msgspec

from core.errors import CockpitError, HomeLocked
from core.home_folder import make_home

#: Modes of holders that are no engine: an import of history, and commands that write a moment.
IMPORT, CARE = "import", "care"
NO_ENGINE = {IMPORT: "an import", CARE: "another command of cockpit"}


class Holder(msgspec.Struct, frozen=True):
    """Who holds a home: the engine's process id, its mode (of NO_ENGINE: it is none), and when it took the lock (ns UTC)."""

    pid: int
    mode: str
    started_ns: int


class Lock:
    """The hold of one engine on its home; kept until closed or until the process ends, however it ends."""

    def __init__(self, fd: int, path: Path, holder: Holder) -> None:
        self._fd = fd
        self.path = path
        self.holder = holder

    def close(self) -> None:
        """Let go. The file stays: deleting it would let two engines lock two files of one name."""
        if self._fd >= 0:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def lock_home(home: Path, mode: str = "paper") -> Lock:
    """Take this home for the calling process.

    Raises:
        HomeLocked: another process holds it; the message names its pid.
        CockpitError: the lock cannot be written.
    """
    make_home(home)
    path = home / "engine.lock"
    try:
        # Close-on-exec, so that no worker process keeps the lock alive after the engine.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CockpitError(f"cannot write {path}: {error.strerror}") from error
    # A probe by `running` takes the lock for an instant, so one refusal proves nothing.
    for attempt in range(10):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt < 9:
                time.sleep(0.02)
    else:
        found = _read_holder(fd)
        os.close(fd)
        if found and found.mode in NO_ENGINE:
            what = NO_ENGINE[found.mode]
            raise HomeLocked(f"{what} holds {home} (pid {found.pid}): wait until it is done, or interrupt it: run again it goes on")
        who = f"pid {found.pid}, {found.mode}" if found else "it is just starting"
        raise HomeLocked(f"another engine holds {home} ({who}): stop it with `cockpit stop`, or use another home with --home")
    holder = Holder(os.getpid(), mode, time.time_ns())
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, msgspec.json.encode(holder) + b"\n", 0)
    except OSError as error:  # the disk is full
        os.close(fd)
        raise CockpitError(f"cannot write {path}: {error.strerror}") from error
    return Lock(fd, path, holder)


def holder(home: Path) -> Holder | None:
    """Who holds this home now; None when nobody does."""
    try:
        fd = os.open(home / "engine.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(fd)
    else:
        return None
    finally:
        os.close(fd)


def running(home: Path) -> int | None:
    """The pid of the engine of this home; None when none runs."""
    found = holder(home)
    return found.pid if found and found.mode not in NO_ENGINE else None


def _read_holder(fd: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=Holder)
    except msgspec.DecodeError:
        return None
