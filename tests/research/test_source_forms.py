"""Every form of file that is market data is read to the same ticks and bars, whatever it is packed in."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from market_files import (
    AGG_HEADER,
    KLINES_HEADER,
    T0,
    T0_MS,
    TRADES_HEADER,
    agg_lines,
    assert_are_the_trades,
    bars,
    kline_lines,
    market,
    trade_lines,
    write,
)

from core.research.sources import open_source
from core.types import BAR, MINUTE, Records

TRADES = market()


@pytest.mark.parametrize("scale", [1, 1000], ids=["ms", "us"])
@pytest.mark.parametrize("header", [AGG_HEADER, None], ids=["header", "bare"])
@pytest.mark.parametrize("spot", [True, False], ids=["spot", "futures"])
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "zip"])
def test_agg_trades_dumps_become_ticks(tmp_path: Path, scale: int, header: str | None, spot: bool, ending: str) -> None:
    header = header and header + (",is_best_match" if spot else "")
    path = write(tmp_path / f"BTCUSDT-aggTrades-2024-08-08.{ending}", agg_lines(TRADES, scale, spot), header)
    source = open_source(str(path))
    assert (source.kind, source.form, source.symbol, source.interval_ns) == ("ticks", "aggTrades", "binance:BTCUSDT", 0)
    assert_are_the_trades(source.load(), TRADES)
    assert source.notes == []
    assert source.total_bytes
    assert source.bytes_read == source.total_bytes


@pytest.mark.parametrize("scale", [1, 1000], ids=["ms", "us"])
@pytest.mark.parametrize("header", [TRADES_HEADER, None], ids=["header", "bare"])
@pytest.mark.parametrize("spot", [True, False], ids=["spot", "futures"])
def test_trades_dumps_become_ticks(tmp_path: Path, scale: int, header: str | None, spot: bool) -> None:
    header = header and header + (",is_best_match" if spot else "")
    source = open_source(str(write(tmp_path / "ETHUSDT-trades-2024-08.zip", trade_lines(TRADES, scale, spot), header)))
    assert (source.form, source.symbol) == ("trades", "binance:ETHUSDT")
    assert_are_the_trades(source.load(), TRADES)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
def test_line_endings_and_a_byte_order_mark_do_not_matter(tmp_path: Path, newline: str, bom: str) -> None:
    first, *rest = agg_lines(TRADES)
    assert_are_the_trades(open_source(str(write(tmp_path / "a.csv", [bom + first, *rest], newline=newline))).load(), TRADES)
    assert_are_the_trades(open_source(str(write(tmp_path / "b.csv", [first, *rest], bom + AGG_HEADER + ",x", newline))).load(), TRADES)


def test_a_last_line_without_newline_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(agg_lines(TRADES)))
    assert_are_the_trades(open_source(str(path)).load(), TRADES)


def test_several_members_of_a_zip_are_one_series(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-aggTrades.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("BTCUSDT-aggTrades-2024-08-09.csv", "\n".join(agg_lines(TRADES[30:])))
        archive.writestr("BTCUSDT-aggTrades-2024-08-08.csv", "\n".join(agg_lines(TRADES[:30])))
        archive.writestr("README.md", "not data")
    source = open_source(str(path))
    assert source.symbol == "binance:BTCUSDT"
    assert_are_the_trades(source.load(), TRADES)


def assert_are_the_bars(rows: Records) -> None:
    assert rows.dtype == BAR
    expected = bars()
    assert rows["start"].tolist() == [b[0] * 1_000_000 for b in expected]
    assert rows["ts"].tolist() == [b[0] * 1_000_000 + MINUTE for b in expected]
    for name, column in (("open", 1), ("high", 2), ("low", 3), ("price", 4)):
        assert rows[name].tolist() == [b[column] for b in expected]
    assert rows["seq"].tolist() == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("scale", [1, 1000], ids=["ms", "us"])
@pytest.mark.parametrize("header", [KLINES_HEADER, None], ids=["header", "bare"])
def test_klines_dumps_become_bars(tmp_path: Path, scale: int, header: str | None) -> None:
    source = open_source(str(write(tmp_path / "BTCUSDT-1m-2024-08.zip", kline_lines(scale), header)))
    assert (source.kind, source.form, source.symbol, source.interval_ns) == ("bars", "klines", "binance:BTCUSDT", MINUTE)
    rows = source.load()
    assert_are_the_bars(rows)
    assert rows["qty"].tolist() == [b[5] for b in bars()]


def iso(ms: int) -> str:
    return str(np.datetime64(ms, "ms"))


HEADS: dict[str, tuple[str, Callable[[int], str], str, bool]] = {
    "ours": ("open_time_ms,open,high,low,close,volume", lambda ms: str(ms), ",", True),
    "seconds": ("Timestamp,Open,High,Low,Close,Volume_(BTC)", lambda ms: str(ms // 1000), ",", True),
    "fraction": ("unix,open,high,low,close,volume", lambda ms: f"{ms // 1000}.000", ",", True),
    "ns": ("ts,o,h,l,c,v", lambda ms: str(ms * 1_000_000), ",", True),
    "iso": ("Date,Open,High,Low,Close,Volume", lambda ms: iso(ms).replace("T", " "), ",", True),
    "zulu": ("datetime;OPEN;HIGH;LOW;CLOSE;VOL", lambda ms: iso(ms) + "Z", ";", True),
    "offset": ("time\topen\thigh\tlow\tclose\tvolume", lambda ms: iso(ms + 7_200_000) + "+02:00", "\t", True),
    "no volume": ("timestamp,open,high,low,close", lambda ms: str(ms), ",", False),
    "date and time": (
        "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
        lambda ms: iso(ms)[:10].replace("-", ".") + "," + iso(ms)[11:16],
        ",",
        True,
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_ohlcv_of_any_header_becomes_bars(tmp_path: Path, name: str) -> None:
    header, time, mark, has_volume = HEADS[name]
    lines = [mark.join([time(ms), *map(str, rest[: 5 if has_volume else 4])]) for ms, *rest in bars()]
    source = open_source(str(write(tmp_path / "mine.csv", lines, header)), symbol="kraken:XBTUSD")
    assert (source.kind, source.symbol, source.interval_ns) == ("bars", "kraken:XBTUSD", MINUTE)
    rows = source.load()
    assert_are_the_bars(rows)
    assert rows["qty"].tolist() == ([b[5] for b in bars()] if has_volume else [0.0] * 20)


def test_bars_without_header_are_told_by_their_ranges(tmp_path: Path) -> None:
    source = open_source(str(write(tmp_path / "x.csv", [",".join(map(str, b)) for b in bars()])))
    assert source.kind == "bars"
    assert_are_the_bars(source.load())


def test_columns_in_another_order_and_unknown_ones_are_found_by_name(tmp_path: Path) -> None:
    lines = [f"x,{c},{v},{low},{h},{o},{ms}" for ms, o, h, low, c, v in bars()]
    assert_are_the_bars(open_source(str(write(tmp_path / "x.csv", lines, "note,close,volume,low,high,open,open_time"))).load())


def test_a_link_above_the_header_and_rows_newest_first_are_taken(tmp_path: Path) -> None:
    lines = [f"{ms},BTC/USD,{o},{h},{low},{c},{v}" for ms, o, h, low, c, v in reversed(bars())]
    source = open_source(str(write(tmp_path / "x.csv", ["unix,symbol,open,high,low,close,Volume BTC", *lines], "https://example.org/data")))
    assert_are_the_bars(source.load())
    assert source.symbol == "file:BTCUSD"
    assert source.notes == ["20 rows were newest first and turned round"]


def test_missing_minutes_do_not_change_the_interval_and_are_noted(tmp_path: Path) -> None:
    kept = [b for i, b in enumerate(bars()) if i not in (3, 4, 11)]
    source = open_source(str(write(tmp_path / "x.csv", [",".join(map(str, b)) for b in kept], "time,open,high,low,close,volume")))
    assert source.interval_ns == MINUTE
    assert len(source.load()) == 17
    assert source.notes == ["3 bars were missing between the first and the last"]


def test_one_bar_takes_its_interval_from_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "BTCUSDT-5m.csv", [",".join(map(str, bars()[0]))], "time,open,high,low,close,volume")
    assert open_source(str(path)).load()["ts"].tolist() == [T0 + 5 * MINUTE]


def test_calendar_months_close_where_they_say(tmp_path: Path) -> None:
    months = np.arange(np.datetime64("2024-01"), np.datetime64("2024-07"))
    opens = months.astype("M8[ms]").astype(int).tolist()
    closes = (months + 1).astype("M8[ms]").astype(int).tolist()
    lines = [f"{o},1,2,0.5,1.5,9,{c - 1},1,1,1,1,0" for o, c in zip(opens, closes, strict=True)]
    source = open_source(str(write(tmp_path / "BTCUSDT-1mo-2024.csv", lines)))
    assert source.load()["ts"].tolist() == [c * 1_000_000 for c in closes]
    assert source.notes == []


@pytest.mark.parametrize("header", ["timestamp,price", "date,last", "Time,Close", None])
def test_prices_alone_become_ticks_of_unknown_quantity(tmp_path: Path, header: str | None) -> None:
    rows = open_source(str(write(tmp_path / "x.csv", [f"{T0_MS + 1000 * i},{100 + i}" for i in range(5)], header))).load()
    assert rows["ts"].tolist() == [T0 + 1_000_000_000 * i for i in range(5)]
    assert rows["price"].tolist() == [100.0, 101.0, 102.0, 103.0, 104.0]
    assert rows["qty"].tolist() == [0.0] * 5
    assert rows["id"].tolist() == [1, 2, 3, 4, 5]
    assert rows["side"].tolist() == [0] * 5


def test_headed_prices_may_count_seconds_from_zero(tmp_path: Path) -> None:
    rows = open_source(str(write(tmp_path / "x.csv", ["0,10", "1,11", "2.5,12"], "timestamp,price"))).load()
    assert rows["ts"].tolist() == [0, 1_000_000_000, 2_500_000_000]


def test_unix_times_with_fractions_stay_exact(tmp_path: Path) -> None:
    lines = ["1704067200.123456789,1", "1704067200.5,2", "1704067201,3"]
    rows = open_source(str(write(tmp_path / "x.csv", lines, "timestamp,price"))).load()
    assert rows["ts"].tolist() == [1_704_067_200_123_456_789, 1_704_067_200_500_000_000, 1_704_067_201_000_000_000]


def test_trades_with_sides_quotes_and_words_for_ids(tmp_path: Path) -> None:
    header = "symbol,side,price,amount,timestamp,trade_id,bid,ask"
    lines = [
        '"BTC-USD","sell",25741.02,3.844E-5,"2023-09-05T16:00:01.281719Z",aa-1,25741.02,25741.03',
        '"BTC-USD","buy",25741.03,,"2023-09-05T16:00:01.775613Z",aa-2,25741.02,',
    ]
    source = open_source(str(write(tmp_path / "coinbase_trades.csv", lines, header)))
    rows = source.load()
    assert source.symbol == "coinbase:BTC-USD"
    assert rows["side"].tolist() == [-1, 1]
    assert rows["qty"].tolist() == [3.844e-5, 0.0]
    assert rows["ts"].tolist() == [1_693_929_601_281_719_000, 1_693_929_601_775_613_000]
    assert rows["id"].tolist() == [1, 2]
    assert rows["bid"].tolist() == [25741.02, 25741.02]
    assert rows["ask"][0] == 25741.03
    assert np.isnan(rows["ask"][1])


def test_json_arrays_of_trades_are_read(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-trades.json"
    ccxt = [
        {
            "timestamp": t.ms,
            "price": t.price,
            "amount": t.qty,
            "side": "sell" if t.buyer_is_maker else "buy",
            "id": str(t.id),
            "symbol": "BTC/USDT",
            "fee": None,
        }
        for t in TRADES
    ]
    path.write_text(json.dumps(ccxt))
    assert_are_the_trades(open_source(str(path)).load(), TRADES)
    native = [{"a": t.id, "p": f"{t.price:.8f}", "q": f"{t.qty:.8f}", "T": t.ms, "m": t.buyer_is_maker, "M": True} for t in TRADES]
    path.write_text(json.dumps(native))
    assert_are_the_trades(open_source(str(path)).load(), TRADES)


def test_a_source_can_be_read_again_and_cut_to_a_span(tmp_path: Path) -> None:
    path = str(write(tmp_path / "BTCUSDT-aggTrades.csv", agg_lines(TRADES)))
    source = open_source(path, from_ns=TRADES[10].ms * 1_000_000, to_ns=TRADES[20].ms * 1_000_000)
    assert source.load()["id"].tolist() == [t.id for t in TRADES[10:20]]
    again = source.load()
    assert again["seq"].tolist() == list(range(1, 11))


def test_a_span_of_bars_holds_whole_bars_only(tmp_path: Path) -> None:
    path = str(write(tmp_path / "x.csv", [",".join(map(str, b)) for b in bars()], "time,open,high,low,close,volume"))
    source = open_source(path, from_ns=T0 + 1, to_ns=T0 + 3 * MINUTE)
    assert source.load()["start"].tolist() == [T0 + MINUTE, T0 + 2 * MINUTE]
