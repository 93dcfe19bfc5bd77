"""Parquet files give the same ticks and bars as CSV, through whichever reader is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from market_files import T0_MS, assert_is_the_market, bars, market

from core.errors import SourceError
from core.research import source_columnar, source_parquet
from core.research.sources import open_source
from core.types import MINUTE

TRADES = market(500)


@pytest.fixture(params=["duckdb", "pyarrow"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One reader at a time; skipped where it is not installed."""
    name: str = request.param
    if importlib.util.find_spec(name) is None or importlib.util.find_spec("duckdb") is None:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setattr(source_parquet, "_READERS", {name: source_parquet._READERS[name]})
    return name


def write(path: Path, select: str, rows: list[tuple[Any, ...]], types: str) -> Path:
    duckdb = importlib.import_module("duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t({types})")
        connection.executemany(f"INSERT INTO t VALUES ({','.join('?' * len(rows[0]))})", rows)
        connection.execute(f"COPY (SELECT {select} FROM t) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize(
    "time",
    ["time", "make_timestamp(time * 1000) AS time", "CAST(time AS VARCHAR) AS time", "make_timestamp(time * 1000)::TIMESTAMPTZ AS time"],
)
@pytest.mark.usefixtures("reader")
def test_trades_become_ticks(tmp_path: Path, time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_columnar, "STRETCH", 64)
    rows = [(t.id, t.price, t.qty, t.ms, t.buyer_is_maker) for t in TRADES]
    path = write(
        tmp_path / "BTCUSDT-trades.parquet",
        f"id, price, qty, {time}, is_buyer_maker",
        rows,
        "id BIGINT, price DOUBLE, qty DOUBLE, time BIGINT, is_buyer_maker BOOLEAN",
    )
    assert_is_the_market(path, TRADES)


@pytest.mark.usefixtures("reader")
def test_candles_become_bars(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.parquet", "*", bars(), "date BIGINT, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DECIMAL(18,3)"
    )
    source = open_source(str(path))
    read = source.load()
    assert source.interval_ns == MINUTE
    assert read["start"].tolist() == [b[0] * 1_000_000 for b in bars()]
    assert np.array_equal(read["qty"], [b[5] for b in bars()])


@pytest.mark.usefixtures("reader")
def test_a_missing_price_is_refused_by_row(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "*", [(T0_MS, 1.0), (T0_MS + 1, None)], "timestamp BIGINT, price DOUBLE")
    with pytest.raises(SourceError, match=r"x.parquet:2: price"):
        open_source(str(path)).load()


@pytest.mark.usefixtures("reader")
def test_a_damaged_file_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1" + b"junk" * 20)
    with pytest.raises(SourceError, match="not readable as Parquet") as caught:
        open_source(str(path)).load()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a*b", "a?b", "a[1]b", "a[b", "[!a]", "**", "a{b}c", "[*]"])
@pytest.mark.usefixtures("reader")
def test_a_name_is_that_file_and_no_pattern_for_others(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for other, price in ((name, 7.0), ("a1b", 8.0), ("axb", 9.0), ("b", 10.0), ("*", 11.0)):
        made = write(tmp_path / "made", "*", [(T0_MS, price), (T0_MS + 1, price)], "timestamp BIGINT, price DOUBLE")
        made.rename(folder / f"{other}.parquet")
    assert open_source(str(folder / f"{name}.parquet")).load()["price"].tolist() == [7.0, 7.0]


def test_a_pattern_beside_a_backslash_is_refused_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_parquet, "_READERS", {"duckdb": source_parquet._READERS["duckdb"]})
    for name in ("a\\b", "a\\b*"):
        write(tmp_path / "made", "*", [(T0_MS, 7.0), (T0_MS + 1, 7.0)], "timestamp BIGINT, price DOUBLE").rename(
            tmp_path / f"{name}.parquet"
        )
    assert open_source(str(tmp_path / "a\\b.parquet")).load()["price"].tolist() == [7.0, 7.0]
    with pytest.raises(SourceError, match=r"rename it: beside a backslash, \*, \? and \["):
        open_source(str(tmp_path / "a\\b*.parquet"))
