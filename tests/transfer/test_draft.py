"""A file that is there whole or not at all."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import CockpitError, UsageError
from core.transfer.draft import Draft


def test_a_file_is_in_its_place_only_once_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with Draft(path) as draft:
        draft.part.write_text("new")
        assert path.read_text() == "old"
        assert draft.keep() == 3
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("name", ["tape.db", "tape.db-wal"])
def test_a_database_and_its_log_are_left_alone_also_behind_a_link(tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(tmp_path / "tape.db")) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE ticks(id)")
        db.commit()
        before = (tmp_path / name).read_bytes()
        (tmp_path / "link.csv").symlink_to(tmp_path / name)
        for path in (tmp_path / name, tmp_path / "link.csv"):
            with pytest.raises(UsageError, match=f"{path.name} is a database: it is left alone"), Draft(path):
                raise AssertionError("it was opened")
        assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, CockpitError])
def test_whatever_interrupts_it_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), Draft(tmp_path / "a.csv") as draft:
        _interrupted(draft, error)
    assert os.listdir(tmp_path) == []


def _interrupted(draft: Draft, error: type[BaseException]) -> None:
    draft.part.write_text("half")
    raise error


def test_a_full_disk_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(CockpitError, match=r"cannot write .*a\.csv: No space left on device"), Draft(tmp_path / "a.csv"):
        raise OSError(28, "No space left on device")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"), Draft(tmp_path):
        pass
    with pytest.raises(CockpitError, match="No such file or directory") as failed, Draft(tmp_path / "none" / "a.csv"):
        pass
    assert failed.value.exit_code == 1, "the words were well; the place is what fails"


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "a.csv").symlink_to("far/b.csv")
    for text in ("made", "replaced"):
        with Draft(tmp_path / "a.csv") as draft:
            draft.part.write_text(text)
            draft.keep()
        assert os.readlink(tmp_path / "a.csv") == "far/b.csv"
        assert (tmp_path / "far" / "b.csv").read_text() == text
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "far"]
    assert os.listdir(tmp_path / "far") == ["b.csv"]


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, linked: bool) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    if kind == "fifo":
        os.mkfifo("a.csv")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("a.csv")
    if linked:
        os.symlink("a.csv", "link.csv")
    before = {name: os.lstat(name).st_mode for name in os.listdir(".")}
    with pytest.raises(UsageError, match=r"\.csv is no regular file"), Draft(Path("link.csv" if linked else "a.csv")):
        pass
    assert {name: os.lstat(name).st_mode for name in os.listdir(".")} == before


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("a.csv")
    with pytest.raises(CockpitError, match=r"cannot write .*a\.csv: Too many levels"), Draft(tmp_path / "a.csv"):
        pass
    assert os.listdir(tmp_path) == ["a.csv"]
