"""A file that is there whole or not at all: written under another name beside its place, then renamed."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from core.errors import CockpitError, UsageError


class Draft:
    """The file on its way; gone unless `keep` was called.

    Attributes:
        path: where it is to be.
        part: where it is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Draft:
        """Raises:
        UsageError: the place is a folder, in no folder, or not writable.
        """
        if self.path.is_dir():
            raise UsageError(f"{self.path} is a folder: name a file in it")
        try:
            os.close(os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644))
        except OSError as error:
            raise UsageError(f"cannot write {self.path}: {error.strerror}") from error
        return self

    def keep(self) -> int:
        """It is complete: put it in its place, on disk; its size in bytes."""
        try:
            with self.part.open("rb") as file:
                os.fsync(file.fileno())
            size = self.part.stat().st_size
            os.replace(self.part, self.path)
        except OSError as error:
            raise CockpitError(f"cannot write {self.path}: {error.strerror}") from error
        return size

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CockpitError(f"cannot write {self.path}: {error.strerror or error}") from error
