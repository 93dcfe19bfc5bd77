"""Homes that are not what they seem, and disks that are full: one line that names what is wrong, and nothing is lost or left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_doubles import Run, record

from core.home import make_home
from tests.store.full_disk import no_file_larger_than

#: Every command over a tape, without an engine.
OVER_TAPE = ("stats", "verify", "quality BTCUSDT", "seal --all", "cleanup --keep-days 1 --yes", "backup")


@pytest.fixture
def recorded(home: Path) -> Path:
    """A home with a tape of some MB, and no ledger."""
    return record(home, 60_000)


def refused(run: Run, words: str) -> str:
    """The one line."""
    outcome = run("db", *words.split())
    assert (outcome.out, outcome.err.count("\n")) == ("", 1), outcome
    assert outcome.code in (1, 2)
    return outcome.err


@pytest.mark.parametrize("words", OVER_TAPE)
def test_a_tape_on_a_disk_that_is_not_there_is_not_taken_for_no_tape(run: Run, home: Path, words: str) -> None:
    make_home(home)
    (home / "tape.db").symlink_to(home / "disk" / "tape.db")
    assert f"tape.db is a link to {home / 'disk' / 'tape.db'}, which is not there" in refused(run, words)
    assert os.listdir(home) == ["tape.db"]


@pytest.mark.parametrize("words", OVER_TAPE)
def test_a_folder_in_the_place_of_a_tape_is_named(run: Run, home: Path, words: str) -> None:
    (home / "tape.db").mkdir(parents=True)
    assert "tape.db is a folder: move it away" in refused(run, words)


def test_a_tape_behind_a_link_is_a_tape(run: Run, recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (recorded / "tape.db").rename(tmp_path / "disk" / "tape.db")
    (recorded / "tape.db").symlink_to(tmp_path / "disk" / "tape.db")
    assert run("db", "seal", "--all").code == 0
    assert run("db", "verify", "--json").document["ok"] is True
    assert (recorded / "tape.db").is_symlink()


def test_a_home_that_is_a_file_and_one_that_was_left_empty_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot use" in refused(run, f"stats --home {tmp_path / 'file'}")
    outcome = run("db", "cleanup", "--keep-days", "1", "--yes", "--home", "")
    assert (outcome.code, outcome.err) == (2, "cockpit: --home: give a folder\n")


def test_no_export_is_written_over_a_tape(run: Run, recorded: Path) -> None:
    before = run("db", "stats", "--json").document
    line = refused(run, f"export --symbol BTCUSDT --format csv -o {recorded / 'tape.db'}")
    assert "tape.db is a database: it is left alone" in line
    assert run("db", "stats", "--json").document == before


def test_trades_of_a_backtest_are_not_written_over_a_tape(run: Run, recorded: Path) -> None:
    outcome = run("backtest", "tape:BTCUSDT", "--strategy", "rsi", "--fills", str(recorded / "tape.db"), "--allow-gaps")
    assert outcome.code == 2
    assert "tape.db is a database: it is left alone" in outcome.err
    assert run("db", "verify").code == 0


def test_a_copy_that_has_no_room_is_gone_and_the_disk_that_has_none_is_named(run: Run, recorded: Path, tmp_path: Path) -> None:
    with no_file_larger_than(200_000):
        line = refused(run, f"backup {tmp_path / 'copies'}")
    assert line.startswith(f"cockpit: cannot write {tmp_path / 'copies'}")
    assert os.listdir(tmp_path / "copies") == []
    outcome = run("db", "backup", str(tmp_path / "copies"))
    assert outcome.code == 0
    assert f"no ledger.db in {recorded}: the copy has none either" in outcome.err


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_an_export_that_has_no_room_says_so_and_leaves_nothing(run: Run, recorded: Path, tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("duckdb")
    folder = tmp_path / "exports"
    folder.mkdir()
    with no_file_larger_than(100_000):
        line = refused(run, f"export --symbol BTCUSDT -o {folder / name}")
    assert "cannot write" in line
    assert os.listdir(folder) == []
