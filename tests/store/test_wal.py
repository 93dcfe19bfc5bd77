"""A write-ahead log that lost its end in a crash is taken as it is; one that somebody damaged is told apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.wal import find_damage

FRAME = 24 + 4096


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The log of a database in use: 40 transactions, the first of several pages."""
    path = tmp_path_factory.mktemp("log") / "x.db"
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size=4096", "journal_mode=WAL", "wal_autocheckpoint=0"):
        db.execute(f"PRAGMA {pragma}")
    db.execute("CREATE TABLE t(x)")
    for n in range(40):
        db.execute("INSERT INTO t SELECT hex(randomblob(2000)) FROM (VALUES(1), (2), (3))" if n == 0 else f"INSERT INTO t VALUES({n})")
    yield path.with_name("x.db-wal")
    db.close()


def damaged(log: Path, folder: Path, at: int, mask: int = 0xFF) -> Path:
    """A copy with one byte changed."""
    content = bytearray(log.read_bytes())
    content[at] ^= mask
    copy = folder / "copy-wal"
    copy.write_bytes(content)
    return copy


def test_a_log_in_use_is_whole(log: Path) -> None:
    assert log.stat().st_size > 40 * FRAME
    assert find_damage(log) is None


def test_no_log_and_an_empty_one_are_whole(tmp_path: Path) -> None:
    assert find_damage(tmp_path / "none-wal") is None
    (tmp_path / "empty-wal").write_bytes(b"")
    assert find_damage(tmp_path / "empty-wal") is None
    (tmp_path / "zero-wal").write_bytes(bytes(5000))
    assert find_damage(tmp_path / "zero-wal") is None


@given(st.data())
def test_a_log_that_ends_anywhere_is_whole(tmp_path_factory: pytest.TempPathFactory, log: Path, data: st.DataObject) -> None:
    content = log.read_bytes()
    copy = tmp_path_factory.getbasetemp() / "cut-wal"
    copy.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert find_damage(copy) is None


@given(st.data())
def test_any_changed_byte_before_the_last_transaction_is_found(
    tmp_path_factory: pytest.TempPathFactory, log: Path, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, log.stat().st_size - FRAME - 1))
    found = find_damage(damaged(log, tmp_path_factory.getbasetemp(), place, data.draw(st.integers(1, 255))))
    assert found is not None
    if place < 32:
        assert found == ("its log has no valid header", False)
    else:
        assert found.unsynced
        assert f"frame {(place - 32) // FRAME + 1} of its log is damaged" in found.what


def test_a_last_transaction_that_is_not_right_was_not_finished(log: Path, tmp_path: Path) -> None:
    assert find_damage(damaged(log, tmp_path, log.stat().st_size - 100)) is None


def test_what_an_older_generation_left_behind_the_end_is_not_looked_at(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("CREATE TABLE t(x)")
    for n in range(10):
        db.execute(f"INSERT INTO t VALUES({n})")
    db.execute("PRAGMA wal_checkpoint(RESTART)")
    db.execute("INSERT INTO t VALUES(99)")
    assert (tmp_path / "x.db-wal").stat().st_size > 9 * 4096
    assert find_damage(tmp_path / "x.db-wal") is None
    db.close()


def test_a_log_longer_than_one_piece_is_followed_from_piece_to_piece(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.wal._PIECE", 3 * 4096)
    assert find_damage(log) is None
    found = find_damage(damaged(log, tmp_path, 32 + 20 * FRAME + 50))
    assert found is not None
    assert "frame 21 " in found.what
