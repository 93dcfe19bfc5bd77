"""A database file is made private, brought to our version whole or not at all, and refused in one line otherwise."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from core.errors import StoreError
from core.store.ledger import Ledger
from core.store.migrations import LEDGER, TAPE
from core.store.schema import Schema, open_to_read, prepare
from core.store.tape import Tape
from core.types import Symbols

OLD = Schema("toy", 0x1234, (("CREATE TABLE a(x)", "INSERT INTO a VALUES(1)"),))
NEW = Schema("toy", 0x1234, (*OLD.migrations, ("ALTER TABLE a ADD COLUMN y DEFAULT 5",), ("CREATE TABLE b(z)",)))
BROKEN = Schema(
    "toy", 0x1234, (*OLD.migrations, ("ALTER TABLE a ADD COLUMN y", "DELETE FROM a"), ("CREATE TABLE b(z)", "INSERT INTO no VALUES(1)"))
)


def content(path: Path, schema: Schema) -> list[tuple[int, ...]]:
    with open_to_read(path, schema) as db:
        rows: list[tuple[int, ...]] = db.execute("SELECT * FROM a").fetchall()
        return rows


def test_a_new_file_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "home" / "toy.db"
    before = os.umask(0)
    try:
        prepare(path, OLD)
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("schema", [TAPE, LEDGER], ids=lambda schema: schema.name)
def test_a_new_file_is_of_our_version_and_logs_ahead(tmp_path: Path, schema: Schema) -> None:
    prepare(tmp_path / "x.db", schema)
    with open_to_read(tmp_path / "x.db", schema) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema.version,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_old_file_is_brought_to_our_version_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "toy.db"
    prepare(path, OLD)
    prepare(path, NEW)
    assert content(path, NEW) == [(1, 5)]
    prepare(path, NEW)
    assert content(path, NEW) == [(1, 5)]


def test_a_migration_that_fails_half_way_leaves_what_the_old_version_wrote(tmp_path: Path) -> None:
    path = tmp_path / "toy.db"
    prepare(path, OLD)
    with pytest.raises(StoreError, match=r"toy\.db to version 3, it is unchanged: no such table: no"):
        prepare(path, BROKEN)
    prepare(path, OLD)
    assert content(path, OLD) == [(1,)]
    prepare(path, NEW)
    assert content(path, NEW) == [(1, 5)]


def test_a_file_whose_first_migration_failed_can_be_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "toy.db"
    with pytest.raises(StoreError, match="it is unchanged"):
        prepare(path, BROKEN)
    prepare(path, OLD)
    assert content(path, OLD) == [(1,)]


def test_a_file_newer_than_us_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "toy.db"
    prepare(path, NEW)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"toy\.db is of version 3, newer than this program \(version 1\): upgrade cockpit") as refused:
        prepare(path, OLD)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == before
    with pytest.raises(StoreError, match="newer than this program"), open_to_read(path, OLD):
        pass


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "toy.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs(x)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"toy\.db is not a toy: move it away"):
        prepare(path, OLD)
    assert path.read_bytes() == before


def test_a_tape_is_no_ledger(tmp_path: Path) -> None:
    prepare(tmp_path / "tape.db", TAPE)
    with pytest.raises(StoreError, match="is not a ledger"):
        prepare(tmp_path / "tape.db", LEDGER)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "toy.db"
    path.write_bytes(b"timestamp,price\n" * 500)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"toy\.db is corrupt \(file is not a database\): nothing was written to it"):
        prepare(path, OLD)
    assert path.read_bytes() == before


async def fill_both(folder: Path) -> None:
    async with await Ledger.open(folder / "ledger.db") as ledger:
        for n in range(400):
            ledger.journal(f"c{n}", n, "cli", "pause", "x" * 200)
    async with await Tape.open(folder / "tape.db", Symbols()) as tape:
        for n in range(500):
            tape.record_gap(f"binance:{n}", "trade", n, n, from_ns=0, to_ns=0, state="lost", cause="x" * 200)


@pytest.mark.parametrize("name", ["ledger.db", "tape.db"])
async def test_a_damaged_file_is_refused_by_name_and_left_alone(tmp_path: Path, name: str) -> None:
    await fill_both(tmp_path)
    path = tmp_path / name
    with path.open("r+b") as file:
        file.seek(4 * 8192)
        file.write(b"\xa5" * 3 * 8192)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=rf"{name} is corrupt .* put a backup") as refused:
        await (Ledger.open(path) if name == "ledger.db" else Tape.open(path, Symbols()))
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == before
    for moment in ("20240101T000000Z", "20240301T000000Z"):
        (tmp_path / "backups" / moment).mkdir(parents=True)
        (tmp_path / "backups" / moment / name).touch()
    with pytest.raises(StoreError, match=rf"put {tmp_path}/backups/20240301T000000Z/{name} in its place"):
        await (Ledger.open(path) if name == "ledger.db" else Tape.open(path, Symbols()))


async def test_a_file_cut_short_is_refused_by_name(tmp_path: Path) -> None:
    await fill_both(tmp_path)
    os.truncate(tmp_path / "ledger.db", 5 * 8192)
    with pytest.raises(StoreError, match=r"ledger\.db is corrupt"):
        await Ledger.open(tmp_path / "ledger.db")


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*toy\.db: Not a directory|cannot write .*: File exists"):
        prepare(tmp_path / "file" / "toy.db", OLD)


def test_a_path_with_marks_that_mean_something_in_a_uri_works(tmp_path: Path) -> None:
    path = tmp_path / "50% ?mode=memory#é" / "toy.db"
    prepare(path, OLD)
    assert content(path, OLD) == [(1,)]
    assert path.stat().st_size > 0
