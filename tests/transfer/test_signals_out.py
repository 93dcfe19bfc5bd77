"""Decisions of a run as files: exact, inert in a spreadsheet, and the same whatever the form."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from core.errors import CockpitError
from core.research.signals import Signals
from core.transfer.signals_out import signals_table
from core.transfer.table_file import write_table

NAN = float("nan")
HEADS = ["signal", "time", "ts_ns", "symbol", "price", "old", "new", "order_id"]


def decided() -> Signals:
    """Two decisions; the second knows a value more, and two are called as others are."""
    signals = Signals("=sum", None)
    signals.take((1_700_000_000_000_000_001, 0.1 + 0.2, NAN, 0.0, 0), {"fast": 1.5, "Price": -7.0})
    signals.take((1_700_000_060_000_000_000, 101.0, 0.0, -1.0, 1), {"fast": NAN, "Price": 8.0, "price_": 9.0})
    return signals


def test_a_csv_has_a_column_a_value_and_nothing_a_spreadsheet_would_run(tmp_path: Path) -> None:
    path = tmp_path / "signals.csv"
    assert write_table(signals_table(decided(), "-binance:BTCUSDT"), path) == 2
    head, first, second = csv.reader(path.read_text().splitlines())
    assert head == [*HEADS, "fast", "Price_", "price__"]
    assert first == [
        "1", "2023-11-14T22:13:20.000000001Z", "1700000000000000001", "'-binance:BTCUSDT", "0.30000000000000004", "", "0.0", "", "1.5",
        "-7.0", "",
    ]  # fmt: skip
    assert second[5:] == ["0.0", "-1.0", "'=sum:o1", "", "8.0", "9.0"]


def test_parquet_holds_the_same_with_types_and_none_for_what_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "signals.parquet"
    assert write_table(signals_table(decided(), "binance:BTCUSDT"), path) == 2
    rows = duckdb.sql(f"SELECT ts_ns, price, old, new, order_id, fast, \"Price_\", price__ FROM '{path}' ORDER BY signal").fetchall()
    assert rows == [
        (1_700_000_000_000_000_001, 0.1 + 0.2, None, 0.0, "", 1.5, -7.0, None),
        (1_700_000_060_000_000_000, 101.0, 0.0, -1.0, "=sum:o1", None, 8.0, 9.0),
    ]


def test_json_lines_have_the_values_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "signals.jsonl"
    write_table(signals_table(decided(), "binance:BTCUSDT"), path)
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == {
        "signal": 1, "ts_ns": 1_700_000_000_000_000_001, "price": 0.1 + 0.2, "old": None, "new": 0.0, "order_id": "",
        "values": {"fast": 1.5, "Price": -7.0, "price_": None},
    }  # fmt: skip
    assert second["values"] == {"fast": None, "Price": 8.0, "price_": 9.0}


@pytest.mark.parametrize("name", ["signals.csv.gz", "signals.csv", "signals.jsonl", "signals.parquet"])
def test_a_run_without_decisions_is_a_file_without_rows(tmp_path: Path, name: str) -> None:
    assert write_table(signals_table(Signals("s"), "binance:BTCUSDT"), tmp_path / name) == 0
    assert (tmp_path / name).exists()
    with pytest.raises(CockpitError, match="No such file or directory"):
        write_table(signals_table(decided(), "binance:BTCUSDT"), tmp_path / "no" / name)
