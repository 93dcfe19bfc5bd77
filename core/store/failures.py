"""What SQLite's errors mean here: which ones pass if one waits, and the line a person reads."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from core.errors import StoreError

#: Primary result codes after which the same transaction may succeed later, and why it did not now.
_PASSING = {
    sqlite3.SQLITE_BUSY: "locked by another program",
    sqlite3.SQLITE_LOCKED: "locked by another program",
    sqlite3.SQLITE_PROTOCOL: "locked by another program",
    sqlite3.SQLITE_FULL: "out of disk space",
    sqlite3.SQLITE_IOERR: "not writable: the disk reports an error",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "not reachable",
    sqlite3.SQLITE_NOMEM: "out of memory",
}

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


#: The folder of a home that holds backups: a folder each, named by its time.
BACKUPS = "backups"


def passing(error: sqlite3.Error) -> str | None:
    """Why a write failed, in words that follow "is", if it may succeed later; None if it will not."""
    return _PASSING.get(_code(error))


def damaged(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, or no database at all."""
    return _code(error) in _CORRUPT


def store_error(error: sqlite3.Error, path: Path, *, reading: bool = False) -> StoreError:
    """The same failure as one line that names the file; chain it `from` the original.

    Args:
        reading: nothing was to be written.
    """
    why = passing(error)
    if reading and _code(error) == sqlite3.SQLITE_IOERR:
        no_room = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_SHMSIZE
        what = "out of disk space, and a reader makes a small file beside it" if no_room else "the disk reports an error"
        return StoreError(f"{path} cannot be read: {what}")
    if why is not None:
        return StoreError(f"{path} is {why}")
    if damaged(error):
        return corrupt(path, str(error))
    return StoreError(f"{path}: {error}")


def found_words(line: str) -> str:
    """What one of SQLite's checks of a file found, on one line, without the name it has for the file."""
    return " ".join(line.replace("*** in database main ***", "").split())


def corrupt(path: Path, why: str) -> StoreError:
    """A file that must not be written to any more."""
    why = found_words(why)
    copies = sorted(path.parent.glob(f"{BACKUPS}/*/{path.name}"))
    instead = str(copies[-1]) if copies else "a backup"
    return StoreError(f"{path} is corrupt ({why}): nothing was written to it; move it away and put {instead} in its place")


def is_file(path: Path) -> bool:
    """Whether a file of a home is there.

    Raises:
        StoreError: a folder is in its place, or a link that leads nowhere: the disk it is on may not be mounted.
    """
    if path.is_symlink() and not path.exists():
        raise StoreError(f"{path} is a link to {os.readlink(path)}, which is not there")
    if path.is_dir():
        raise StoreError(f"{path} is a folder: move it away")
    return path.exists()


def _code(error: sqlite3.Error) -> int:
    """The primary result code; -1 for errors that are Python's own."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF
