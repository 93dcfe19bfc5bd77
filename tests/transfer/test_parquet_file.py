"""Exports as Parquet: typed columns, the same values as the CSV, readable again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transfer_rig import START, cells, on_tape, prints, record, take

from core.errors import CockpitError
from core.transfer.export import export
from core.transfer.sheet import Column, Sheet, Stretch
from core.transfer.ticks_out import tape_of, ticks_sheet

duckdb = pytest.importorskip("duckdb")


def rows_of(path: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {columns} FROM read_parquet(?)", [str(path)]).fetchall()  # type: ignore[no-any-return]


async def test_ticks_have_typed_columns_and_the_values_of_the_csv(tmp_path: Path) -> None:
    await record(tmp_path, prints(range(100, 400)))
    for name, form in (("a.parquet", "parquet"), ("a.csv", "csv")):
        export(ticks_sheet(tape_of(tmp_path, "BTCUSDT", None, None)), tmp_path / name, form, lambda _done, _rows: None)
    with duckdb.connect() as connection:
        types = dict(
            row[:2] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(tmp_path / "a.parquet")]).fetchall()
        )
    assert (types["time"], types["ts_ns"], types["price"], types["side"]) == ("TIMESTAMP_NS", "BIGINT", "DOUBLE", "VARCHAR")
    columns = "ts_ns, trade_id, price, qty, bid, ask, side"
    for row, line in zip(rows_of(tmp_path / "a.parquet", columns), cells(tmp_path / "a.csv"), strict=True):
        assert ["" if value is None else str(value) for value in row] == [line[name] for name in columns.split(", ")]


async def test_it_is_imported_again(tmp_path: Path) -> None:
    await record(tmp_path / "a", prints(range(100, 400)))
    export(ticks_sheet(tape_of(tmp_path / "a", "BTCUSDT", None, None)), tmp_path / "a.parquet", "parquet", lambda _done, _rows: None)
    assert list((await take(tmp_path / "b", tmp_path / "a.parquet")).series) == ["binance:BTCUSDT aggTrade"]
    for name in ("id", "ts", "price", "qty", "bid", "ask", "side"):
        assert on_tape(tmp_path / "a")[name].tobytes() == on_tape(tmp_path / "b")[name].tobytes(), name


def test_what_is_not_known_is_null_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    values = [np.array([START]), np.ma.MaskedArray([7], [True]), np.array([np.nan]), ["=x"]]
    columns = [Column("time", "time"), Column("n", "whole"), Column("x", "number"), Column("t", "text")]
    export(Sheet("fills", "", columns, iter([Stretch(values, 1)])), tmp_path / "it's.parquet", "parquet", lambda _done, _rows: None)
    assert [row[1:] for row in rows_of(tmp_path / "it's.parquet")] == [(None, None, "=x")]
    assert os.listdir(tmp_path) == ["it's.parquet"]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("No space left on device", r"cannot write .*a\.parquet: No space left on device"),
        ("the moon is full", "cannot write Parquet: IO Error: Could not write: the moon is full"),
    ],
)
def test_a_disk_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, line: str) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise duckdb.IOException(f"IO Error: Could not write: {said}\nmore")

    monkeypatch.setattr(duckdb, "connect", fail)
    with pytest.raises(CockpitError, match=f"{line}$"):
        export(Sheet("fills", "", [], iter([])), tmp_path / "a.parquet", "parquet", lambda _done, _rows: None)
    assert os.listdir(tmp_path) == []
