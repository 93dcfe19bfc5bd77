"""Feather files, packed or not, give the same ticks and bars as CSV; what they claim is looked at before it is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from market_files import T0_MS, assert_is_the_market, bars, market

from core.errors import SourceError
from core.research import source_columnar, source_feather
from core.research.sources import open_source
from core.types import MINUTE

pa = pytest.importorskip("pyarrow")
feather = pytest.importorskip("pyarrow.feather")

TRADES = market(500)
PACKINGS = ["uncompressed", "lz4", "zstd"]


def trades() -> dict[str, Any]:
    return {
        "id": [t.id for t in TRADES], "price": [t.price for t in TRADES], "qty": [t.qty for t in TRADES],
        "time": [t.ms for t in TRADES], "is_buyer_maker": [t.buyer_is_maker for t in TRADES],
    }  # fmt: skip


def write(path: Path, table: Any, packing: str = "lz4", rows: int | None = None) -> Path:
    feather.write_feather(table, str(path), compression=packing, chunksize=rows)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(str(path)).load()
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("ending", ["feather", "arrow", "ftr"])
def test_trades_become_ticks_in_any_packing(tmp_path: Path, packing: str, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_columnar, "STRETCH", 64)
    path = write(tmp_path / f"BTCUSDT-trades.{ending}", pa.table(trades()), packing, rows=150)
    assert_is_the_market(path, TRADES)
    assert_is_the_market(tmp_path, TRADES)


TIMES: dict[str, Any] = {
    "ms": pa.array([t.ms for t in TRADES], pa.timestamp("ms")),
    "µs": pa.array([t.ms * 1000 for t in TRADES], pa.timestamp("us")),
    "ns with a zone": pa.array([t.ms * 1_000_000 for t in TRADES], pa.timestamp("ns", "Europe/Berlin")),
    "seconds with a fraction, as text": pa.array([f"{t.ms / 1000:.3f}" for t in TRADES]),
    "words of a dictionary": pa.array([str(t.ms) for t in TRADES]).dictionary_encode(),
    "unsigned": pa.array([t.ms for t in TRADES], pa.uint64()),
}


@pytest.mark.parametrize("kind", TIMES)
def test_times_of_any_type_are_read_exactly(tmp_path: Path, kind: str) -> None:
    assert_is_the_market(write(tmp_path / "BTCUSDT-trades.feather", pa.table({**trades(), "time": TIMES[kind]})), TRADES)


def test_prices_of_a_dictionary_and_decimals_are_read_as_what_they_say(tmp_path: Path) -> None:
    table = trades()
    table["price"] = pa.array(table["price"]).dictionary_encode()
    table["qty"] = pa.array([f"{t.qty:.3f}" for t in TRADES]).cast(pa.decimal128(12, 3))
    assert_is_the_market(write(tmp_path / "BTCUSDT-trades.feather", pa.table(table)), TRADES)


def test_candles_become_bars(tmp_path: Path) -> None:
    columns = ("date", "open", "high", "low", "close", "volume")
    path = write(tmp_path / "x.feather", pa.table(dict(zip(columns, map(list, zip(*bars(), strict=True)), strict=True))))
    source = open_source(str(path))
    read = source.load()
    assert (source.kind, source.interval_ns) == ("bars", MINUTE)
    assert read["start"].tolist() == [b[0] * 1_000_000 for b in bars()]
    assert np.array_equal(read["qty"], [b[5] for b in bars()])


def test_sides_symbols_and_missing_quotes_are_taken_from_words(tmp_path: Path) -> None:
    table = {
        "timestamp": [T0_MS, T0_MS + 1], "symbol": pa.array(["BTC-USD", "BTC-USD"]).dictionary_encode(), "side": ["buy", "sell"],
        "price": [1.5, 2.5], "amount": pa.array([1.0, None]), "bid": pa.array([None, 1.25]), "junk": [[1], [2]],
    }  # fmt: skip
    source = open_source(str(write(tmp_path / "coinbase_trades.feather", pa.table(table))))
    read = source.load()
    assert source.symbol == "coinbase:BTC-USD"
    assert read["side"].tolist() == [1, -1]
    assert read["qty"].tolist() == [1.0, 0.0]
    assert np.isnan(read["bid"][0])
    assert read["bid"][1] == 1.25


def test_large_numbers_beside_a_missing_one_lose_no_digit(tmp_path: Path) -> None:
    times = [T0_MS * 1_000_000 + 1, T0_MS * 1_000_000 + 2]
    path = write(tmp_path / "x.feather", pa.table({"timestamp": times, "price": [1.0, 2.0], "qty": pa.array([3, None])}))
    assert open_source(str(path)).load()["ts"].tolist() == times


def _claim(path: Path, size: int) -> Path:
    """Let the first packed buffer say that it is that long."""
    data = path.read_bytes()
    length = (500 * 8).to_bytes(8, "little")
    assert data.count(length) > 1
    path.write_bytes(data.replace(length, size.to_bytes(8, "little"), 1))
    return path


def test_a_buffer_that_claims_more_than_there_is_memory_is_refused_with_its_size(tmp_path: Path) -> None:
    path = _claim(write(tmp_path / "x.feather", pa.table(trades())), 1 << 50)
    assert "x.feather: its largest batch would take 1,048,576.0 GiB of memory" in refusal(path)


def test_a_buffer_that_claims_another_length_is_refused(tmp_path: Path) -> None:
    path = _claim(write(tmp_path / "x.feather", pa.table(trades())), 999)
    assert "x.feather: not readable as Feather" in refusal(path)


def test_sizes_are_those_that_the_batches_have(tmp_path: Path) -> None:
    path = write(tmp_path / "x.feather", pa.table({**trades(), "word": pa.array(["a"] * 500).dictionary_encode()}), rows=100)
    with path.open("rb") as file:
        sizes = source_feather.unpacked_sizes(file, "x")
    assert 4 * 100 * 8 <= sizes.batch < 3 * 4 * 100 * 8
    assert 0 < sizes.dictionaries < 1000


def test_an_older_feather_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.feather").write_bytes(b"FEA1" + bytes(100))
    assert "x.feather: a Feather version 1 file, which is not read here" in refusal(tmp_path / "x.feather")


def test_without_a_reader_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.feather", pa.table(trades()))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "reading Feather needs pyarrow" in refusal(path)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(tmp_path: Path, keep: float) -> None:
    path = write(tmp_path / "x.feather", pa.table(trades()))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    assert "not readable as Feather: damaged, or its end is missing" in refusal(path)
