"""Opening a database file: created private, checked, brought to our version in one transaction, or refused in one line."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from core.errors import StoreError
from core.store.failures import corrupt, is_file, store_error
from core.store.wal import find_damage

logs = structlog.get_logger("store")

#: How long one statement waits for another program's lock, in seconds.
BUSY_TIMEOUT = 1.0

#: Files up to this size are checked page by page whenever they are opened (0.2 s).
CHECK_ALWAYS = 32 << 20

#: After an unclean end, files up to this size are (1 s). Beyond it, damage is found when it is met.
CHECK_UNCLEAN = 128 << 20

PAGE_SIZE = 8192


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind of database file.

    Attributes:
        name: what people call it.
        application_id: marks the file as ours.
        migrations: statements that lead from version i to i + 1; a released one never changes.
    """

    name: str
    application_id: int
    migrations: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        """The version this program reads and writes."""
        return len(self.migrations)


def prepare(path: Path, schema: Schema, *, synced: bool = True) -> None:
    """Make the file ready for a writer: create it, or check it and bring it to our version.

    All pending migrations are one transaction: after a failure the version that wrote the file still opens it.
    A file that is damaged, newer than us or not ours is refused before anything is written.

    Args:
        synced: every commit is synced: none may be missing, even after a power cut.

    Raises:
        StoreError: one line that names the file.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm files the mode of the database.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    try:
        if path.stat().st_size:
            _check(path, schema, synced)
        with _connection(path, "rw") as db:
            _migrate(db, path, schema)
    except sqlite3.Error as error:
        raise store_error(error, path) from error


@contextmanager
def open_to_read(path: Path, schema: Schema) -> Iterator[sqlite3.Connection]:
    """A read-only connection of the right version that neither writes nor checkpoints; any thread may use it, one at a time.

    SQLite before 3.51.3 can corrupt a write-ahead log that several connections checkpoint: readers never do.

    Raises:
        StoreError: the file is missing, damaged, or of another version.
    """
    if not is_file(path):
        raise StoreError(f"{path} does not exist")
    try:
        with _connection(path, "ro") as db:
            db.execute("PRAGMA query_only=1")
            db.execute("PRAGMA wal_autocheckpoint=0")
            db.execute("PRAGMA cache_size=-16000")
            if _version(db, path, schema) < schema.version:
                raise StoreError(f"{path} was written by an older version: start the engine once to bring it up to date")
            yield db
    except sqlite3.Error as error:
        raise store_error(error, path, reading=True) from error


@contextmanager
def _connection(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT, check_same_thread=False
    )
    try:
        yield db
    finally:
        db.close()


def _version(db: sqlite3.Connection, path: Path, schema: Schema) -> int:
    """The file's version, 0 when it is empty.

    Raises:
        StoreError: it is newer than us, or not ours.
    """
    version, owner = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id"))
    if owner != schema.application_id and (owner or version or db.execute("SELECT 1 FROM sqlite_schema").fetchone()):
        raise StoreError(f"{path} is not a {schema.name}: move it away")
    if version > schema.version:
        raise StoreError(f"{path} is of version {version}, newer than this program (version {schema.version}): upgrade cockpit")
    return version


def _check(path: Path, schema: Schema, synced: bool) -> None:
    """Refuse a file that is not ours or damaged, as far as that can be told in about a second, without writing to it."""
    size = path.stat().st_size
    log = path.with_name(path.name + "-wal")
    unclean = log.exists() and log.stat().st_size > 0
    damage = find_damage(log) if unclean and log.stat().st_size <= CHECK_UNCLEAN else None
    if damage and (synced or not damage.unsynced):
        raise corrupt(path, damage.what)
    if damage:
        logs.warning("a log lost what was not synced", file=str(path), what=damage.what)
    with _connection(path, "ro") as db:
        _version(db, path, schema)
        if size <= (CHECK_UNCLEAN if unclean else CHECK_ALWAYS):
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise corrupt(path, " ".join(str(found).splitlines()[:2]))


def _migrate(db: sqlite3.Connection, path: Path, schema: Schema) -> None:
    if not db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        db.execute(f"PRAGMA page_size={PAGE_SIZE}")
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")
    db.execute("PRAGMA journal_mode=WAL")
    if _version(db, path, schema) == schema.version:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for statements in schema.migrations[_version(db, path, schema) :]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA application_id={schema.application_id}")
        db.execute(f"PRAGMA user_version={schema.version}")
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise StoreError(f"cannot bring {path} to version {schema.version}, it is unchanged: {error}") from error
