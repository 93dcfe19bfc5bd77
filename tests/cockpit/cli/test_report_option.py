"""`--report FILE` of backtest and optimize: a page beside the figures, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_doubles import Run

from core.home import data_folder

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")
STUDY = ("optimize", SAMPLE, "--strategy", "sma_crossover", "--range", "fast=2:6:2", "slow=10,20", "--qty", "0.01", "--jobs", "1")
BACKTEST = ("backtest", SAMPLE, "--strategy", "sma_crossover", "--qty", "0.01")


@pytest.mark.parametrize("words", [STUDY, BACKTEST])
def test_a_page_is_written_and_told_on_stderr(run: Run, home: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "page.html"
    done = run(*words, "--json", "--report", str(path))
    assert done.code == 0
    assert f"report: {path} (" in done.err
    assert done.document["tables" if words is BACKTEST else "ranking"]
    assert path.read_bytes().startswith(b"<!doctype html>")
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["page.html"]


@pytest.mark.parametrize("words", [STUDY, BACKTEST])
def test_where_it_cannot_be_written_the_figures_are_printed_and_one_line_says_why(
    run: Run, home: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = tmp_path / "nowhere" / "page.html"
    done = run(*words, "--report", str(path))
    assert done.code == 1
    assert "net P&L" in done.out
    assert f"cockpit: cannot write {path}: No such file or directory\n" in done.err


def test_a_full_disk_leaves_the_page_that_was_there(run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.html"
    path.write_text("the old one")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    done = run(*BACKTEST, "--json", "--report", str(path))
    assert done.code == 1
    assert done.document["fills"] > 0
    assert f"cockpit: cannot write {path}: No space left on device\n" in done.err
    assert path.read_text() == "the old one"
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["page.html"]
