"""Columns that are not what their names say, in every kind of file: read as what they are where that is certain, else one clear line."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from market_files import T0, T0_MS

from core.errors import SourceError
from core.research import source_parquet
from core.research.source import Source
from core.research.sources import open_source

duckdb = pytest.importorskip("duckdb")

COUNT = 300


def _csv(path: Path, query: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path / 'x.csv'}' (FORMAT csv, HEADER)")
    return path / "x.csv"


def _json(path: Path, query: str, ending: str) -> Path:
    with duckdb.connect() as connection:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        rows = [json.dumps(dict(zip(names, row, strict=True)), default=float) for row in cursor.fetchall()]
    (path / f"x.{ending}").write_text("[" + ",".join(rows) + "]" if ending == "json" else "\n".join(rows))
    return path / f"x.{ending}"


def _parquet(path: Path, query: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path / 'x.parquet'}' (FORMAT parquet)")
    return path / "x.parquet"


def _feather(path: Path, query: str) -> Path:
    feather = importlib.import_module("pyarrow.feather")
    with duckdb.connect() as connection:
        feather.write_feather(connection.sql(query).to_arrow_table(), str(path / "x.feather"))
    return path / "x.feather"


KINDS: dict[str, Callable[[Path, str], Path]] = {
    "CSV": _csv, "JSON": lambda p, q: _json(p, q, "json"), "JSON lines": lambda p, q: _json(p, q, "jsonl"),
    "Parquet by duckdb": _parquet, "Parquet by pyarrow": _parquet, "Feather": _feather,
}  # fmt: skip
COLUMNAR = ("Parquet by duckdb", "Parquet by pyarrow", "Feather")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of file, and its reader; skipped where that is not installed."""
    name: str = request.param
    module = "pyarrow" if name in ("Feather", "Parquet by pyarrow") else "duckdb"
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    monkeypatch.setattr(source_parquet, "_READERS", {module: source_parquet._READERS[module]})
    return name


def query(time: str = f"{T0_MS} + 1000 * i", price: str = "100.5 + i % 7", count: int = COUNT, more: str = "") -> str:
    return f"SELECT {time} AS timestamp, {price} AS price {more} FROM range({count}) AS r(i)"


def read(kind: str, path: Path, text: str, **span: int) -> tuple[Source, Any]:
    source = open_source(str(KINDS[kind](path, text)), **span)
    return source, source.load()


def refusal(kind: str, path: Path, text: str, **span: int) -> str:
    with pytest.raises(SourceError) as caught:
        read(kind, path, text, **span)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_a_sound_file_is_read(kind: str, tmp_path: Path) -> None:
    source, rows = read(kind, tmp_path, query())
    assert rows["ts"].tolist() == [T0 + 1_000_000_000 * i for i in range(COUNT)]
    assert rows["price"].tolist() == [100.5 + i % 7 for i in range(COUNT)]
    assert source.notes == []


#: (times, prices, more columns, what is said of Parquet and Feather).
LIES = {
    "words for prices": ({"price": "'cheap'"}, "x.*:1: price 'cheap' is not a number"),
    "one word among prices": ({"price": "CASE WHEN i = 200 THEN 'dear' ELSE '100.5' END"}, "x.*:201: price 'dear' is not a number"),
    "true and false for prices": ({"price": "i % 2 = 0"}, "x.*:1: price 'True' is not a number"),
    "true and false for times": ({"time": "i % 2 = 0"}, "x.*:1: time 'True' is not ISO-8601 or Unix time"),
    "times beyond 2262": ({"time": "TIMESTAMP '3000-01-01' + to_seconds(i)"}, "x.*:1: time '3000-01-01T.*' is not ISO-8601"),
    "times before 1970": ({"time": "TIMESTAMP '1960-01-01' + to_seconds(i)"}, "x.*:1: time '1960-01-01T.*' is not ISO-8601"),
    "negative times": ({"time": "-1 - i"}, "x.*:1: time '-1' is not ISO-8601 or Unix time"),
    "a missing price": ({"price": "CASE WHEN i <> 41 THEN 100.5::DOUBLE END"}, "x.*:42: price '' is not a number"),
    "a missing time": ({"time": f"CASE WHEN i <> 41 THEN {T0_MS} + i END"}, "x.*:42: time '' is not ISO-8601"),
    "no price at all": ({"price": "NULL::DOUBLE"}, "x.*:1: price '' is not a number"),
    "prices that are no numbers": ({"price": "'nan'::DOUBLE"}, "x.*:1: price nan is not a positive number"),
    "infinite prices": ({"price": "'inf'::DOUBLE"}, "x.*:1: price inf is not a positive number"),
    "lists of prices": ({"price": "[100.5::DOUBLE]"}, "x.*: column 'price' holds .*, no numbers, times or words"),
    "prices in a struct": ({"price": "{'a': 1}"}, "x.*: column 'price' holds .*, no numbers, times or words"),
    "bytes for prices": ({"price": "'abc'::BLOB"}, "x.*: column 'price' holds .*, no numbers, times or words"),
    "no rows": ({"count": 0}, "x.*: no rows"),
    "negative quantities": ({"more": ", -1.0::DOUBLE AS qty"}, "x.*:1: qty -1 is not a number of 0 or more"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_column_that_lies_about_what_it_holds_is_refused_by_row(kind: str, tmp_path: Path, lie: str) -> None:
    if kind not in COLUMNAR:
        pytest.skip("text has no types")
    import re

    told, says = LIES[lie]
    assert re.search(says, refusal(kind, tmp_path, query(**told)))  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [", NULL::DOUBLE AS qty", ", CASE WHEN i % 2 = 0 THEN NULL ELSE 0.0 END AS qty"])
def test_a_quantity_that_is_missing_is_one_that_nobody_knows(kind: str, tmp_path: Path, more: str) -> None:
    assert not read(kind, tmp_path, query(more=more))[1]["qty"].any()


def test_ids_with_a_missing_one_beside_them_lose_no_digit(kind: str, tmp_path: Path) -> None:
    more = ", (1::BIGINT << 60) + 1 + i AS trade_id, CASE WHEN i > 0 THEN 1.5 END AS qty"
    if kind.startswith("JSON"):
        more = more.replace("trade_id", "id")
    assert read(kind, tmp_path, query(more=more))[1]["id"].tolist() == [(1 << 60) + 1 + i for i in range(COUNT)]


def test_a_range_without_data_is_refused_with_the_range(kind: str, tmp_path: Path) -> None:
    says = refusal(kind, tmp_path, query(), from_ns=2_000_000_000_000_000_000, to_ns=2_000_000_001_000_000_000)
    assert says.endswith("no ticks of file:X from 2033-05-18T03:33:20Z to 2033-05-18T03:33:21Z") or "from 2033-05-18T03:33:20" in says


def test_units_that_change_are_read_and_said(kind: str, tmp_path: Path) -> None:
    source, rows = read(kind, tmp_path, query(time=f"CASE WHEN i < 150 THEN {T0_MS} + i ELSE ({T0_MS} + i) * 1000 END"))
    assert rows["ts"].tolist() == [T0 + 1_000_000 * i for i in range(COUNT)]
    assert "times are in ms and µs: each was read in the unit its size tells" in source.notes


def test_zones_that_some_times_name_and_others_do_not_are_read_as_utc_and_said(kind: str, tmp_path: Path) -> None:
    if kind.startswith("JSON"):
        pytest.skip("times in JSON are Unix times")
    time = "CASE WHEN i % 3 = 0 THEN '2024-08-08T02:00:00+02:00' WHEN i % 3 = 1 THEN '2024-08-08T00:00:00Z' ELSE '2024-08-08 00:00:00' END"
    source, rows = read(kind, tmp_path, query(time=time))
    assert set(rows["ts"].tolist()) == {T0}
    assert "some times name a zone or offset and some do not: those were read as UTC" in source.notes


def test_one_row_is_one_tick(kind: str, tmp_path: Path) -> None:
    source, rows = read(kind, tmp_path, query(count=1))
    assert len(rows) == 1
    assert source.verdict is not None
    assert source.verdict.verdict == "good"


def test_one_bar_without_an_interval_is_refused(kind: str, tmp_path: Path) -> None:
    if kind.startswith("JSON"):
        pytest.skip("JSON holds trades")
    text = f"SELECT {T0_MS} AS open_time, 1.5 AS open, 2.5 AS high, 0.5 AS low, 1.5 AS close"
    assert "one bar alone tells no interval: give more rows, or name the file like BTCUSDT-1m.csv" in refusal(kind, tmp_path, text)


def test_a_price_that_never_changes_is_said(kind: str, tmp_path: Path) -> None:
    source, _ = read(kind, tmp_path, query(price="100.5"))
    assert "the price never changes" in source.notes
    assert source.verdict is not None
    assert source.verdict.verdict == "doubtful"


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    arrow, feather = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.feather")
    table = arrow.table([[T0_MS], [1.5], [2.5]], names=["timestamp", "price", "price"])
    feather.write_feather(table, str(tmp_path / "x.feather"))
    with pytest.raises(SourceError, match=r"x\.feather: two columns are called 'price'"):
        open_source(str(tmp_path / "x.feather"))
