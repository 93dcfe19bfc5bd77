"""Fills, round trips and rankings as tables: typed, inert in a spreadsheet, and a name a column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.errors import UsageError
from core.transfer.rows_out import kind_of, plain_sheet
from core.transfer.run_out import fills_table, ranking_table, trades_table
from core.transfer.table_file import Table, check_place, write_table

NS = 1_700_000_000_000_000_001


def fill(**changes: Any) -> dict[str, Any]:
    return {
        "fill_id": "=sum:1", "strategy_id": "=sum", "symbol": "-binance:BTCUSDT", "side": "sell", "qty": 0.1 + 0.2, "price": 101.0,
        "fee": -0.0, "realised": -1.5, "position": -1.0, "ts_ns": NS, "seq": 3, "tick_id": -4, "order_id": "@x", "mode": "backtest",
        "reason": "signal", **changes,
    }  # fmt: skip


def cells(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def parquet(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as db:
        found = db.execute("SELECT * FROM read_parquet(?)", [str(path)])
        heads = [column[0] for column in found.description]
        return [dict(zip(heads, row, strict=True)) for row in found.fetchall()]


def test_texts_are_inert_and_numbers_are_numbers(tmp_path: Path) -> None:
    write_table(fills_table([fill()]), tmp_path / "a.csv")
    (row,) = cells(tmp_path / "a.csv")
    assert (row["fill_id"], row["symbol"], row["order_id"]) == ("'=sum:1", "'-binance:BTCUSDT", "'@x")
    assert (row["qty"], row["realised"], row["tick_id"], row["fee"]) == ("0.30000000000000004", "-1.5", "-4", "-0.0")
    assert row["time"] == "2023-11-14T22:13:20.000000001Z"
    write_table(fills_table([fill()]), tmp_path / "a.parquet")
    (typed,) = parquet(tmp_path / "a.parquet")
    assert (typed["fill_id"], typed["symbol"], typed["order_id"]) == ("=sum:1", "-binance:BTCUSDT", "@x")


@pytest.mark.parametrize("end", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("table", [lambda: fills_table([]), lambda: trades_table([], None), lambda: ranking_table([])])
def test_a_table_without_rows_is_a_file(tmp_path: Path, table: Any, end: str) -> None:
    path = tmp_path / f"a{end}"
    assert write_table(table(), path) == 0
    assert path.exists()


def test_more_rows_than_are_columns_at_once_stay_in_order(tmp_path: Path) -> None:
    rows = [fill(seq=k) for k in range(20_000)]
    assert write_table(fills_table(rows), tmp_path / "a.csv") == 20_000
    assert [int(row["seq"]) for row in cells(tmp_path / "a.csv")] == list(range(20_000))
    assert write_table(fills_table(rows), tmp_path / "a.parquet") == 20_000
    assert [row["seq"] for row in parquet(tmp_path / "a.parquet")] == list(range(20_000))


def test_the_trades_of_one_symbol_say_whose_they_are(tmp_path: Path) -> None:
    trade = {"trade": 1, "entry_ns": NS, "exit_ns": NS + 1, "mae": None}
    write_table(trades_table([trade], "binance:BTCUSDT"), tmp_path / "a.csv")
    (row,) = cells(tmp_path / "a.csv")
    assert (row["symbol"], row["trade"], row["mae"]) == ("binance:BTCUSDT", "1", "")
    assert (row["entry_time"], row["exit_time"]) == ("2023-11-14T22:13:20.000000001Z", "2023-11-14T22:13:20.000000002Z")


def test_funding_has_a_column_behind_the_fees_it_is_part_of_where_it_was_asked_for(tmp_path: Path) -> None:
    rows = [
        {"trade": 1, "entry_ns": NS, "exit_ns": NS, "fees": 3.0, "funding": 1.25},
        {"trade": 2, "entry_ns": NS, "exit_ns": NS, "fees": 1.0},
    ]
    write_table(trades_table(rows, "binance:BTCUSDT"), tmp_path / "a.csv")
    first, second = cells(tmp_path / "a.csv")
    assert (first["fees"], first["funding"], second["funding"]) == ("3.0", "1.25", "")
    heads = list(first)
    assert heads[heads.index("fees") + 1] == "funding"
    write_table(trades_table(rows[1:], "binance:BTCUSDT"), tmp_path / "b.csv")
    assert "funding" not in cells(tmp_path / "b.csv")[0]


def test_a_parameter_that_is_called_as_a_figure_gets_another_name(tmp_path: Path) -> None:
    rows = [
        {"strategy": "a", "symbol": "x", "params": {"fast": 3, "Trades": 7, "interval": "1m", "on": True}, "trades": 2},
        {"strategy": "b", "symbol": "x", "params": {"slow": 2.5}, "trades": 1},
    ]
    for name in ("a.csv", "a.parquet"):
        write_table(ranking_table(rows), tmp_path / name)
    heads = ["fast", "Trades_", "interval", "on", "slow", "strategy", "symbol", "trades"]
    assert [list(row.values()) for row in cells(tmp_path / "a.csv")] == [
        ["3", "7", "1m", "True", "", "a", "x", "2"], ["", "", "", "", "2.5", "b", "x", "1"],
    ]  # fmt: skip
    assert list(cells(tmp_path / "a.csv")[0]) == heads
    assert list(parquet(tmp_path / "a.parquet")[0].items()) == list(zip(heads, [3, 7, "1m", "True", None, "a", "x", 2], strict=True))


@pytest.mark.parametrize("head", ["=1+1", 'a"b', "a,b"])
def test_heads_are_as_inert_as_cells(tmp_path: Path, head: str) -> None:
    rows = [{head: 1.5}]
    for name in ("a.csv", "a.parquet"):
        write_table(Table(plain_sheet("x", rows), rows), tmp_path / name)
    (found,) = cells(tmp_path / "a.csv")
    assert found == {"'" + head if head[0] == "=" else head: "1.5"}
    assert parquet(tmp_path / "a.parquet") == rows


def test_a_column_is_what_all_its_values_are() -> None:
    assert [kind_of(values) for values in ([1, None], [1, 2.5], [None], [], [True], [1, "1"], [1 << 63], ["x", None])] == [
        "whole", "number", "number", "number", "text", "text", "number", "text",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a", "a.txt", "csv", "a.csv.bz2", "a.json"])
def test_a_name_that_ends_in_nothing_that_is_written_is_refused_with_what_is(tmp_path: Path, name: str) -> None:
    for refused in (lambda path: check_place(path), lambda path: write_table(fills_table([]), path)):
        with pytest.raises(UsageError, match=rf"{name}: end the name with \.csv, \.csv\.gz, \.parquet or \.jsonl"):
            refused(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_looked_at_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("the old one")
    check_place(tmp_path / "a.csv")
    check_place(tmp_path / "b.PARQUET")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "the old one"
