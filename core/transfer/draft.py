"""A file that is there whole or not at all: written under another name beside its place, then renamed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType

from core.errors import CockpitError, UsageError

#: How an SQLite file and its log begin (sqlite.org/fileformat2.html, 1.3 and 4.1): a tape or a ledger is never replaced by a table.
_DATABASES = (b"SQLite format 3\0", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


class Draft:
    """The file on its way; gone unless `keep` was called. What a link leads to is replaced, never the link.

    Attributes:
        path: where it is to be.
        part: where it is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place = Path(os.path.realpath(path))
        self.part = self._place.with_name(f".{self._place.name}.{os.getpid()}.part")

    def __enter__(self) -> Draft:
        """Raises:
        UsageError: the place is no regular file, or a database.
        CockpitError: it is in no folder, or not writable.
        """
        try:
            if (mode := _mode(self.path)) is not None and not stat.S_ISREG(mode):
                is_ = "is a folder: name a file in it" if stat.S_ISDIR(mode) else "is no regular file: it is left alone"
                raise UsageError(f"{self.path} {is_}")
            refuse_database(self.path)
            os.close(os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644))
        except OSError as error:
            raise CockpitError(f"cannot write {self.path}: {error.strerror}") from error
        return self

    def keep(self) -> int:
        """It is complete: put it in its place, on disk; its size in bytes."""
        try:
            with self.part.open("rb") as file:
                os.fsync(file.fileno())
            size = self.part.stat().st_size
            os.replace(self.part, self._place)
        except OSError as error:
            raise CockpitError(f"cannot write {self.path}: {error.strerror}") from error
        return size

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CockpitError(f"cannot write {self.path}: {error.strerror or error}") from error


def refuse_database(path: Path) -> None:
    """Let no file be written over that is a database.

    Raises:
        UsageError: it is one.
        OSError: it cannot be read.
    """
    if (mode := _mode(path)) is not None and stat.S_ISREG(mode):
        with path.open("rb") as file:
            head = file.read(16)
        if head.startswith(_DATABASES):
            raise UsageError(f"{path} is a database: it is left alone; name another file")


def _mode(path: Path) -> int | None:
    """What is there, behind links; None: nothing is."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
