"""Folders of many coins: one source a symbol, in an order that does not change, and nothing read but the tops of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from market_files import T0, T0_MS, agg_lines, bars, kline_lines, market, write

from core.errors import SourceError
from core.research import source_file
from core.research.sources import open_many, open_source
from core.store.tape import Tape
from core.types import DAY, MINUTE, SECOND, TICK, Symbols

TRADES = market(100)
TODAY = [f"{ms},{o},{h},{low},{c},{v}" for ms, o, h, low, c, v in bars(50)]


def day(number: int) -> list[str]:
    """Aggregated trades of the n-th day."""
    return agg_lines(market(100, first_id=1000 + 100 * number, start_ms=T0_MS + 86_400_000 * number))


@pytest.fixture
def coins(tmp_path: Path) -> Path:
    """A folder a coin, a folder a day."""
    for symbol in ("SOLUSDT", "BTCUSDT", "ETHUSDT"):
        for number in range(3):
            write(tmp_path / "coins" / symbol / f"2024-08-{8 + number:02}" / "part.csv", day(number))
    return tmp_path / "coins"


def test_a_folder_of_symbols_and_days_is_one_series_a_symbol(coins: Path) -> None:
    assert len(open_source(str(coins), symbol="ETHUSDT").load()) == 300
    with pytest.raises(SourceError, match="several symbols, choose one with --symbol: BTCUSDT, ETHUSDT, SOLUSDT"):
        open_source(str(coins))
    source = open_source(str(coins), symbol="BTCUSDT", from_ns=T0 + DAY, to_ns=T0 + 2 * DAY)
    assert source.load()["id"].tolist() == list(range(1100, 1200))


def test_a_day_in_a_folder_s_name_spares_the_files_of_other_days(coins: Path) -> None:
    late = coins / "BTCUSDT" / "2024-08-30" / "part.csv"
    write(late, ["this is no market data"])
    assert len(open_source(str(coins), symbol="BTCUSDT", to_ns=T0 + 3 * DAY).load()) == 300
    with pytest.raises(SourceError, match=r"part\.csv"):
        open_source(str(coins), symbol="BTCUSDT")


def test_many_gives_a_source_a_symbol_by_symbol(coins: Path) -> None:
    many = open_many([str(coins)])
    assert list(many.sources) == ["binance:BTCUSDT", "binance:ETHUSDT", "binance:SOLUSDT"]
    assert many.refused == {}
    for symbol, source in many.sources.items():
        assert source.symbol == symbol
        assert source.load().tobytes() == open_source(str(coins), symbol=symbol).load().tobytes()


def test_nothing_but_the_tops_is_read(coins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_file, "merged", None)
    assert len(open_many([str(coins)], from_ns=T0, to_ns=T0 + DAY).sources) == 3


def test_the_order_does_not_depend_on_what_is_named_first(coins: Path) -> None:
    names = [str(coins / name) for name in ("SOLUSDT", "ETHUSDT", "BTCUSDT")]
    assert list(open_many(names).sources) == list(open_many(names[::-1]).sources) == list(open_many([str(coins)]).sources)


def test_some_symbols_of_many_can_be_named(coins: Path) -> None:
    assert list(open_many([str(coins)], symbols=["sol/usdt", "binance:BTCUSDT"]).sources) == ["binance:BTCUSDT", "binance:SOLUSDT"]
    with pytest.raises(SourceError, match="no rows of DOGEUSDT in it; there is binance:BTCUSDT"):
        open_many([str(coins)], symbols=["DOGEUSDT", "BTCUSDT"])


def test_a_symbol_that_cannot_be_opened_is_named_and_keeps_the_others_from_nothing(coins: Path) -> None:
    write(coins / "ETHUSDT" / "ETHUSDT-1m-2024-08.csv", kline_lines())
    write(coins / "notes.txt", ["nothing here"])
    many = open_many([str(coins)])
    assert list(many.sources) == ["binance:BTCUSDT", "binance:SOLUSDT"]
    assert "aggTrades and klines of one symbol in one source" in many.refused["binance:ETHUSDT"]
    assert "not a table of columns" in many.refused[str(coins / "notes.txt")]


def test_the_symbols_of_a_column_are_told_apart(tmp_path: Path) -> None:
    lines = [f"{t.ms},{'BTC-USD' if t.id % 2 else 'ETH-USD'},{t.price},{t.qty}" for t in TRADES]
    path = write(tmp_path / "trades.csv", lines, "timestamp,symbol,price,amount")
    many = open_many([str(path)])
    assert list(many.sources) == ["file:BTC-USD", "file:ETH-USD"]
    assert [len(source.load()) for source in many.sources.values()] == [50, 50]


def test_files_that_name_no_symbol_go_by_their_own_name(tmp_path: Path) -> None:
    write(tmp_path / "f" / "gold.csv", TODAY, "time,open,high,low,close,volume")
    write(tmp_path / "f" / "silver.csv", TODAY, "time,open,high,low,close,volume")
    assert list(open_many([str(tmp_path / "f")]).sources) == ["file:GOLD", "file:SILVER"]


def test_one_symbol_that_is_named_says_whose_data_a_file_is_that_does_not(tmp_path: Path) -> None:
    path = write(tmp_path / "export.csv", TODAY, "time,open,high,low,close,volume")
    named = open_many([str(path)], symbols=["kraken:XBTUSD"]).sources
    assert list(named) == ["kraken:XBTUSD"]
    assert named["kraken:XBTUSD"].load().tobytes() == open_source(str(path)).load().tobytes()
    with pytest.raises(SourceError, match="no rows of ETHUSDT, XBTUSD in it; there is file:EXPORT"):
        open_many([str(path)], symbols=["XBTUSD", "ETHUSDT"])


async def test_a_tape_alone_means_every_symbol_of_it(tmp_path: Path) -> None:
    rows = np.zeros(120, TICK)
    rows["id"] = rows["seq"] = 1 + np.arange(120)
    rows["ts"] = T0 + SECOND * np.arange(120)
    rows["price"] = rows["qty"] = 1.0
    rows["bid"] = rows["ask"] = np.nan
    rows["symbol"] = np.arange(120) % 2
    async with await Tape.open(tmp_path / "tape.db", Symbols(["binance:ETHUSDT", "binance:BTCUSDT"])) as tape:
        tape.append(rows, "agg")
        await tape.flush()
    for text in ("tape:", "tape:*"):
        assert list(open_many([text], home=tmp_path).sources) == ["binance:BTCUSDT", "binance:ETHUSDT"]
    half = open_many(["tape:*@..2024-08-08T00:01"], home=tmp_path).sources
    assert [len(source.load()) for source in half.values()] == [30, 30]
    assert list(open_many(["tape:ETHUSDT"], home=tmp_path).sources) == ["binance:ETHUSDT"]
    assert list(open_many(["tape:"], symbols=["ETHUSDT"], home=tmp_path).sources) == ["binance:ETHUSDT"]
    path = write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES))
    with pytest.raises(SourceError, match=r"binance:BTCUSDT is in .*: name one of them"):
        open_many(["tape:", str(path)], home=tmp_path)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "no source given"),
        ([""], "no source given"),
        (["tape:"], "no tape in"),
        (["tape:*@soon.."], "soon"),
        (["/no/such"], "no such file"),
    ],
)
def test_what_is_not_there_is_one_line(texts: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=words):
        open_many(texts, home=tmp_path)


def test_the_real_folder_gives_six_coins(shared_data: Path) -> None:
    many = open_many([str(shared_data / "ohlcv" / "binance_usdm_1m_2025")], from_ns=T0)
    assert list(many.sources) == [f"binance:{name}USDT" for name in ("BCH", "BNB", "BTC", "ETH", "LTC", "SOL")]
    assert {source.interval_ns for source in many.sources.values()} == {MINUTE}
    assert len(many.sources["binance:SOLUSDT"].load()) == 43_200
