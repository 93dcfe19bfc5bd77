"""A copy of a database as it is at one moment, while it is written; and proof that the copy is whole."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from core.errors import StoreError
from core.store.failures import passing, store_error
from core.store.schema import Schema, open_to_read

#: What goes wrong in the copy only: the database itself is not written to.
_WRITING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE)

#: Pages copied between two words of progress.
_PAGES = 2048


def backup(path: Path, target: Path, schema: Schema, told: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Copy the database to a new file, which appears under its name once it is whole; its size in bytes.

    Args:
        told: called with the bytes copied and the bytes there are.

    Raises:
        StoreError: the database cannot be read, the target is there already or cannot be written, or the copy is not whole.
    """
    if target.exists():
        raise StoreError(f"{target} is there already: nothing was copied")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with open_to_read(path, schema) as db:
            _copy(db, part, told)
        _prove(part)
        os.replace(part, target)
    except sqlite3.Error as error:
        raise _not_written(error, target) from error
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}") from error
    finally:
        for left in (part, part.with_name(f"{part.name}-journal")):
            left.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(db: sqlite3.Connection, part: Path, told: Callable[[int, int], None]) -> None:
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    ((size,),) = db.execute("PRAGMA page_size")
    with contextlib.closing(sqlite3.connect(part)) as copy:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on what is copied is of this moment
        try:
            db.backup(copy, pages=_PAGES, progress=lambda _status, left, count: told((count - left) * size, count * size))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in _WRITING:
                raise _not_written(error, part.with_suffix("")) from error
            raise
        finally:
            db.execute("COMMIT")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def _not_written(error: sqlite3.Error, target: Path) -> StoreError:
    why = passing(error)
    return store_error(error, target) if why is None else StoreError(f"cannot write {target}: {why}")


def _prove(part: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"{part.absolute().as_uri()}?mode=ro", uri=True)) as db:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"the copy is not whole ({found}): it was deleted")
