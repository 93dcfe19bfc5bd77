"""`e` in the lab: a run or a study as files with a report to read, beside what the screen does, and stopped by x."""

from __future__ import annotations

import asyncio
import csv
import gzip
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fake_lab import report, run_row, study_report, study_row, with_runs, with_studies
from screen_rig import WIDE, eventually, line_with, opened

from cockpit import exporting
from cockpit.report import Report, read_report
from cockpit.study import read_study
from core.errors import CockpitError


async def test_e_on_a_run_writes_its_report_too(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Equity: run-1", "ends at"))
        await pilot.press("e")
        await eventually(lambda: line_with(app, "run-1.html, run-1.json, run-1-equity.csv"), 60)
        assert app.lab.writing == {}
    page = (tmp_path / "exports" / "run-1.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "sma_crossover on binance:BTCUSDT" in page
    assert sorted(path.name for path in (tmp_path / "exports").iterdir()) == [
        f"run-1{ending}" for ending in ("-equity.csv", "-fills.csv", "-signals.csv", "-trades.csv", ".html", ".json")
    ]


@pytest.mark.parametrize("kept", [True, False])
async def test_e_on_a_study_writes_the_report_its_process_left_or_says_that_there_is_none(tmp_path: Path, kept: bool) -> None:
    left = tmp_path / "run-9.html.gz"
    left.write_bytes(gzip.compress(b"<!doctype html>study"))
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_studies(engine, study_row(9))
        engine.answers["run"] = lambda _: study_report(study_row(9), page=str(left) if kept else None)
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "best 90 of 90 by Sharpe"))
        await pilot.press("e")
        said = "run-9.html, run-9.json, run-9-ranking.csv written in" if kept else "run-9.json, run-9-ranking.csv (it left no report)"
        await eventually(partial(line_with, app, said))
    pages = list((tmp_path / "exports").glob("*.html"))
    assert [page.read_bytes() for page in pages] == [b"<!doctype html>study"] * kept


async def test_x_stops_what_is_being_written_and_the_list_says_that_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = asyncio.Event()

    async def endless(report: Report, folder: Path) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return ""

    monkeypatch.setattr(exporting, "run_page", endless)
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine, run_row(1))
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "3 Equity: run-1", "ends at"))
        await pilot.press("e")
        await eventually(lambda: line_with(app, "1 Runs", "writing the files of run-1 …"))
        await pilot.press("e")
        await eventually(lambda: line_with(app, "the files of run-1 are being written: x stops it"))
        await pilot.press("x")
        await eventually(lambda: line_with(app, "the files of run-1 are no longer written"))
        await asyncio.wait_for(stopped.wait(), 10)
        await eventually(lambda: not line_with(app, "writing the files"))
        assert engine.commands == [], "the run itself is over, and stays as it is"
        await pilot.press("x")
        await eventually(lambda: line_with(app, "run-1 is over already: done"))


async def test_the_process_of_a_page_ends_with_who_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def sleeping(*_: Any, **how: Any) -> asyncio.subprocess.Process:
        begun.append(await start(sys.executable, "-c", "import time; time.sleep(600)", **how))
        return begun[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", sleeping)
    waiting = asyncio.create_task(exporting.run_page(read_report(report(run_row(1))), tmp_path))
    await eventually(lambda: begun)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert begun[0].returncode == -9


async def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    told = read_report(report(run_row(1)))
    (tmp_path / "run-1.html").mkdir()
    with pytest.raises(CockpitError, match=r"cannot write .*run-1\.html: Is a directory"):
        await exporting.run_page(told, tmp_path)
    assert told.detail is not None
    told.detail.equity = [("soon", 1.0, 0.0)]  # type: ignore[list-item]
    with pytest.raises(CockpitError, match=r"its process crashed: .*Expected `int`, got `str`"):
        await exporting.run_page(told, tmp_path)


def test_tables_have_the_columns_of_their_rows_and_text_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    told = read_report(report(run_row(1)))
    assert told.detail is not None
    told.detail.fills[0] |= {"strategy_id": "=1+1", "realised": -2.5, "reason": None}
    told.detail.underwater = [0.5]
    names = exporting.write_files(tmp_path / "exports", partial(exporting.run_files, told))
    assert names == [f"run-1{ending}" for ending in (".json", "-equity.csv", "-fills.csv", "-trades.csv", "-signals.csv")]
    head, first, *_ = csv.reader((tmp_path / "exports" / "run-1-fills.csv").read_text().splitlines())
    assert head == list(told.detail.fills[0])
    assert dict(zip(head, first, strict=True)) == {
        name: "" if value is None else str(value) for name, value in told.detail.fills[0].items()
    } | {"strategy_id": "'=1+1"}
    head, first, second, *_ = csv.reader((tmp_path / "exports" / "run-1-equity.csv").read_text().splitlines())
    assert head == ["ts_ns", "equity", "drawdown", "drawdown_pct", "in_market"]
    assert (first[3:], second[3:]) == (["0.5", ""], ["", ""])


def test_the_ranking_of_a_study_is_a_column_a_parameter_before_the_figures(tmp_path: Path) -> None:
    told = read_study(study_report(study_row(9)))
    exporting.write_files(tmp_path / "exports", partial(exporting.study_files, told))
    head, first, *_ = csv.reader((tmp_path / "exports" / "run-9-ranking.csv").read_text().splitlines())
    row = told.ranking[0]
    assert head == [*row["params"], *(name for name in row if name != "params")]
    assert first == [*map(str, row["params"].values()), *(str(value) for name, value in row.items() if name != "params")]


@pytest.mark.parametrize("name", ["run-1.json", "run-1-equity.csv"])
def test_a_file_that_cannot_be_written_stays_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / name).write_text("the old one")
    place = Path.open

    def full(self: Path, *how: Any, **more: Any) -> Any:
        if name in self.name:
            raise OSError(28, os.strerror(28))
        return place(self, *how, **more)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(CockpitError, match=rf"cannot write .*{name}: No space left on device"):
        exporting.write_files(folder, partial(exporting.run_files, read_report(report(run_row(1)))))
    monkeypatch.undo()
    assert (folder / name).read_text() == "the old one"
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
