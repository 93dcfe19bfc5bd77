"""What a name or a folder tells: symbol, venue, interval, days; and which files of a folder are one series."""

from __future__ import annotations

from pathlib import Path

import pytest
from market_files import agg_lines, bars, kline_lines, market, write

from core.errors import SourceError
from core.research.source_name import clean, read_name
from core.research.sources import open_source
from core.types import DAY, MINUTE


@pytest.mark.parametrize(
    ("title", "venue", "symbol", "interval"),
    [
        ("BTCUSDT-aggTrades-2024-08-08.zip", None, "BTCUSDT", None),
        ("1000SATSUSDT-trades-2024-08.csv", None, "1000SATSUSDT", None),
        ("BTCUSD_PERP-1m-2024-08-08.csv", None, "BTCUSD_PERP", MINUTE),
        ("BTCUSD_240927-aggTrades-2024-08-08.csv.gz", None, "BTCUSD_240927", None),
        ("NEWCOIN-1h-2024.csv", None, "NEWCOIN", 60 * MINUTE),
        ("BTCUSDT_1m.csv.gz", None, "BTCUSDT", MINUTE),
        ("binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz", "binance", "XRPETH", None),
        ("coinbase_BTCUSD_20230905_1600_1700.csv.gz", "coinbase", "BTCUSD", None),
        ("Bitstamp_BTC-USD_1h.csv", "bitstamp", "BTCUSD", 60 * MINUTE),
        ("ethusdt_20240808.gz", None, "ETHUSDT", None),
        ("BTC_USDT-5m.parquet", None, "BTCUSDT", 5 * MINUTE),
        ("bitflyerJPY_20180812.csv.gz", None, None, None),
        ("prices.csv", None, None, None),
        ("my trades.csv", None, None, None),
    ],
)
def test_names_tell_symbol_venue_and_interval(title: str, venue: str | None, symbol: str | None, interval: int | None) -> None:
    named = read_name(title)
    assert (named.venue, named.symbol, named.interval) == (venue, symbol, interval)


def test_names_tell_the_days_they_cover() -> None:
    first = 19_943 * DAY
    assert read_name("BTCUSDT-aggTrades-2024-08-08.zip").span == (first, first + DAY)
    assert read_name("BTCUSDT-aggTrades-2024-08.zip").span == (first - 7 * DAY, first + 24 * DAY)
    assert read_name("BTCUSDT-1d-2023-12.zip").span == (19_692 * DAY, 19_723 * DAY)
    assert read_name("BTCUSDT-aggTrades-2024-13-40.zip").span is None


def test_a_folder_named_by_the_symbol_tells_it(tmp_path: Path) -> None:
    trades = market(90)
    for i, day in enumerate(("2024-08-08", "2024-08-09", "2024-08-10")):
        write(tmp_path / "BTCUSDT" / f"{day}.csv", agg_lines(trades[30 * i : 30 * i + 30]))
        write(tmp_path / "ETHUSDT" / f"{day}.csv", agg_lines(trades[:5]))
    source = open_source(str(tmp_path), symbol="btcusdt")
    assert source.symbol == "binance:BTCUSDT"
    assert len(source.load()) == 90
    assert len(open_source(str(tmp_path / "ETHUSDT" / "2024-08-08.csv")).load()) == 5
    with pytest.raises(SourceError, match="choose one with --symbol: BTCUSDT, ETHUSDT"):
        open_source(str(tmp_path))


def test_what_is_no_market_data_in_a_folder_is_passed_over_and_said(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(market()))
    (tmp_path / "BTCUSDT-aggTrades-2024-08-08.zip.CHECKSUM").write_text("abc")
    (tmp_path / ".hidden.csv").write_text("x")
    (tmp_path / "notes.txt").write_text("buy low\nsell high\n")
    source = open_source(str(tmp_path))
    assert len(source.load()) == 50
    assert len(source.notes) == 1
    assert "passed over" in source.notes[0]
    assert "notes.txt" in source.notes[0]


def test_a_broken_file_of_the_symbol_is_never_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(market()))
    (tmp_path / "BTCUSDT-aggTrades-2024-08-09.csv").write_text("sorry, try again later\nnot found\n")
    with pytest.raises(SourceError, match="2024-08-09"):
        open_source(str(tmp_path))


def test_days_outside_the_span_are_not_even_opened(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(market()))
    (tmp_path / "BTCUSDT-aggTrades-2024-06-01.csv").write_text("broken")
    source = open_source(str(tmp_path), from_ns=19_943 * DAY, to_ns=19_944 * DAY)
    assert len(source.load()) == 50


def test_a_given_symbol_names_a_file_that_tells_none(tmp_path: Path) -> None:
    path = write(tmp_path / "export.csv", [",".join(map(str, b)) for b in bars()], "time,open,high,low,close,volume")
    assert open_source(str(path)).symbol == "file:EXPORT"
    assert open_source(str(path), symbol="BTCUSDT").symbol == "binance:BTCUSDT"
    assert open_source(str(path), symbol="kraken:xbtusd").symbol == "kraken:XBTUSD"


def test_a_given_symbol_that_the_name_contradicts_is_said(tmp_path: Path) -> None:
    source = open_source(str(write(tmp_path / "BTCUSDT-1m.csv", kline_lines())), symbol="ETHUSDT")
    assert source.symbol == "binance:ETHUSDT"
    assert source.notes == ["BTCUSDT-1m.csv is named BTCUSDT and was taken as ETHUSDT"]


def test_text_from_outside_is_made_harmless() -> None:
    assert clean("a\x1b[31mb\x9bc\u202ed\ud800") == "a?[31mb?c?d?"
    assert len(clean("x" * 1000)) == 300
