"""`--fills`, `--trades`, `--signals` and `--ranking`: a file by its name's end, whole or not at all, and what cannot be is found first."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pytest
from cli_doubles import Run

from core.errors import CockpitError
from core.home import data_folder
from core.kernels.records import REPORT
from core.research import backtest
from core.research.portfolio import run as portfolio_run
from core.research.rows import fill_rows, trip_rows
from core.research.search.ranking import Row
from core.research.trips import TRIP
from core.store.ledger_rows import FILLS as LEDGER_FILLS
from core.transfer import table_file
from core.transfer.run_out import FILLS, RANKED, TRADES

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")
BACKTEST = ("backtest", SAMPLE, "--strategy", "sma_crossover", "--param", "fast=3", "--qty", "0.01")
STUDY = ("optimize", SAMPLE, "--strategy", "sma_crossover", "--range", "fast=2:6:2", "slow=10,20", "--qty", "0.01", "--jobs", "1")
LEGS = (
    "portfolio", "--leg", f"sma_crossover {SAMPLE} fast=3 name=quick", "--leg", f"sma_crossover {SAMPLE} fast=5 name=slow",
    "--qty", "0.01",
)  # fmt: skip

#: Every option with a command line that has it.
OPTIONS = [
    *((BACKTEST, name) for name in ("fills", "trades", "signals")), *((LEGS, name) for name in ("fills", "trades")), (STUDY, "ranking"),
]  # fmt: skip


def rows_of(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode() if path.name.endswith(".gz") else path.read_text()
    return list(csv.DictReader(text.splitlines()))


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def cell(value: Any) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize("name", ["fills", "trades"])
def test_a_table_of_a_backtest_is_the_same_in_every_form(run: Run, home: Path, tmp_path: Path, name: str) -> None:
    for end in (".jsonl", ".csv", ".csv.gz", ".parquet"):
        assert run(*BACKTEST, f"--{name}", str(tmp_path / f"a{end}")).code == 0
    lines, rows = objects(tmp_path / "a.jsonl"), rows_of(tmp_path / "a.csv")
    assert len(rows) == len(lines) > 0
    assert [{key: row[key] for key in lines[0]} for row in rows] == [{key: cell(value) for key, value in line.items()} for line in lines]
    assert rows == rows_of(tmp_path / "a.csv.gz")
    with duckdb.connect() as db:
        found = db.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "a.parquet")])
        heads, types = [column[0] for column in found.description], {column[0]: str(column[1]) for column in found.description}
        typed = [dict(zip(heads, row, strict=True)) for row in found.fetchall()]
    assert heads == list(rows[0])
    assert [{key: row[key] for key in line} for row, line in zip(typed, lines, strict=True)] == lines
    assert {types[key] for key in heads if key.endswith("time")} == {"TIMESTAMP_NS"}


def test_times_in_words_stand_in_front_and_the_columns_of_fills_are_those_of_every_export(run: Run, home: Path, tmp_path: Path) -> None:
    fills, trades = tmp_path / "fills.csv", tmp_path / "trades.csv"
    assert run(*BACKTEST, "--fills", str(fills), "--trades", str(trades)).code == 0
    (fill, *_), (trade, *_) = rows_of(fills), rows_of(trades)
    assert list(fill) == ["time", *LEDGER_FILLS.columns, "reason"]
    assert list(trade)[:5] == ["entry_time", "exit_time", "symbol", "trade", "side"]
    assert fill["time"].startswith("2026-") is (trade["symbol"] == "binance:BTCUSDT")
    assert fill["time"] == trade["entry_time"]
    assert fill["time"].endswith("Z")


def test_the_columns_of_a_file_without_rows_are_those_of_one_with_some() -> None:
    fills, trips = np.zeros(1, REPORT), np.zeros(1, TRIP)
    assert [column.name for column in FILLS] == list(fill_rows(fills, "s", "x")[0])
    assert [column.name for column in TRADES] == list(trip_rows(trips, "s")[0])
    assert [column.name for column in RANKED] == [field.name for field in msgspec.structs.fields(Row) if field.name != "params"]


def test_the_fills_and_trades_of_a_portfolio_name_their_legs_and_go_by_time(run: Run, home: Path, tmp_path: Path) -> None:
    fills, trades, lines = tmp_path / "fills.csv", tmp_path / "trades.parquet", tmp_path / "trades.jsonl"
    done = run(*LEGS, "--fills", str(fills), "--trades", str(trades), "--json")
    assert done.code == 0, done.err
    rows = rows_of(fills)
    assert {row["leg"] for row in rows} == {"quick", "slow"}
    assert len(rows) == sum(leg["figures"]["fills"] for leg in done.document["legs"])
    times = [int(row["ts_ns"]) for row in rows]
    assert times == sorted(times)
    assert run(*LEGS, "--trades", str(lines)).code == 0
    with duckdb.connect() as db:
        found = db.execute("SELECT leg, symbol, trade, net FROM read_parquet(?)", [str(trades)]).fetchall()
    assert found == [(row["leg"], row["symbol"], row["trade"], row["net"]) for row in objects(lines)]


def test_the_ranking_of_a_study_has_a_column_a_parameter(run: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "ranking.csv"
    done = run(*STUDY, "--json", "--ranking", str(path))
    assert done.code == 0, done.err
    rows, ranking = rows_of(path), done.document["ranking"]
    assert [(row["fast"], row["slow"], row["net_pnl"]) for row in rows] == [
        (cell(row["params"]["fast"]), cell(row["params"]["slow"]), cell(row["net_pnl"])) for row in ranking
    ]
    assert list(rows[0])[-len(RANKED) :] == [column.name for column in RANKED]


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run over any rows."""

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("it ran")

    monkeypatch.setattr(backtest, "run_backtest", never)
    monkeypatch.setattr(portfolio_run, "run_portfolio", never)
    monkeypatch.setattr("core.research.search.question.open_question", never)


@pytest.mark.usefixtures("home", "no_run")
@pytest.mark.parametrize(("words", "name"), OPTIONS)
def test_what_cannot_be_written_is_found_before_the_run(run: Run, tmp_path: Path, words: tuple[str, ...], name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    with closing(sqlite3.connect(tmp_path / "tape.db")) as db:
        db.execute("CREATE TABLE ticks(id)")
    before = (tmp_path / "tape.db").read_bytes()
    for place, code, said in (
        ("no/such.csv", 1, "No such file or directory"),
        ("file/such.jsonl", 1, "Not a directory"),
        ("folder.csv", 2, "is a folder"),
        ("tape.db", 2, "tape.db is a database: it is left alone"),
        ("a.xlsx", 2, "a.xlsx: end the name with .csv, .csv.gz, .parquet or .jsonl"),
        ("a", 2, "a: end the name with .csv, .csv.gz, .parquet or .jsonl"),
    ):
        done = run(*words, f"--{name}", str(tmp_path / place))
        assert (done.code, done.out) == (code, "")
        assert said in done.err
        assert done.err.count("\n") == 1
    assert (tmp_path / "tape.db").read_bytes() == before
    assert {*os.listdir(tmp_path)} - {"home"} == {"file", "folder.csv", "tape.db"}


@pytest.mark.usefixtures("home", "no_run")
def test_two_tables_are_not_one_file_and_none_is_what_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("a.csv")
    done = run(*BACKTEST, "--fills", str(tmp_path / "a.csv"), "--trades", str(tmp_path / "link.csv"))
    assert (done.code, "link.csv: --fills is written there: name another file" in done.err) == (2, True)
    source = tmp_path / "BTCUSDT.csv"
    source.write_bytes(Path(SAMPLE).read_bytes())
    done = run("backtest", str(source), "--strategy", "sma_crossover", "--trades", str(source))
    assert (done.code, "BTCUSDT.csv: that is what is read: name another file" in done.err) == (2, True)


@pytest.mark.usefixtures("home", "no_run")
def test_parquet_is_refused_before_the_run_where_nothing_writes_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    done = run(*BACKTEST, "--trades", str(tmp_path / "a.parquet"))
    assert (done.code, "writing Parquet needs duckdb" in done.err) == (2, True)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("words", "name"), [(BACKTEST, "trades"), (LEGS, "fills"), (STUDY, "ranking")])
def test_a_write_that_breaks_leaves_the_file_that_was_there_and_the_figures(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], name: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("the old one")

    def full(*_: Any) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("core.transfer.export.write_csv", full)
    done = run(*words, "--json", f"--{name}", str(path))
    assert done.code == 1
    assert done.document
    assert f"cockpit: cannot write {path}: No space left on device\n" in done.err
    assert path.read_text() == "the old one"
    assert [one for one in os.listdir(tmp_path) if "a.csv" in one] == ["a.csv"]


@pytest.mark.usefixtures("home")
def test_one_table_that_cannot_be_written_keeps_no_other_from_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = table_file.write_table

    def broken(table: table_file.Table, path: Path) -> int:
        if path.name == "fills.csv":
            raise CockpitError("cannot write it: Input/output error")
        return write(table, path)

    monkeypatch.setattr(table_file, "write_table", broken)
    done = run(*BACKTEST, "--fills", str(tmp_path / "fills.csv"), "--signals", str(tmp_path / "signals.csv"))
    assert (done.code, done.err) == (1, "cockpit: cannot write it: Input/output error\n")
    assert "net P&L" in done.out
    assert rows_of(tmp_path / "signals.csv")
