"""Recordings as a market: what is read, merged, derived and refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from exchange_support import RECV0, TIME0, Frame, envelope, quote, recorded, small_market, streaming, texts, trade, write

from core.errors import SourceError
from core.exchange.history import History
from core.exchange.recording import RecordedMarket
from core.exchange.rows import Kind
from core.exchange.server import LocalExchange

FOREVER = 2**62


def test_trades_are_aggregated_and_numbered_from_one(tmp_path: Path) -> None:
    market = recorded(tmp_path)
    assert [item.symbol for item in market.listings] == ["BTCUSDT", "ETHUSDT"]
    aggs = market.rows(Kind.AGG, 0, 0)
    assert aggs[["id", "first", "last"]].tolist() == [(1, 501, 502), (2, 503, 503), (3, 504, 505), (4, 506, 507)]
    assert aggs["qty"].tolist() == [30_000_000, 10_000_000, 20_000_000, 20_000_000]
    assert market.rows(Kind.AGG, 1, 0)[["id", "first"]].tolist() == [(1, 9), (2, 10)]


def test_an_aggregate_follows_the_last_of_its_trades(tmp_path: Path) -> None:
    segment = recorded(tmp_path).segment(0)
    assert segment is not None
    order = list(zip(segment.kind.tolist(), segment.symbol.tolist(), segment.row.tolist(), strict=True))
    assert order[:6] == [(0, 0, 0), (1, 0, 0), (1, 0, 1), (2, 0, 0), (0, 1, 0), (1, 1, 0)]


def test_listings_show_the_steps_prices_were_made_in(tmp_path: Path) -> None:
    listing = recorded(tmp_path).listings[0]
    assert (listing.base, listing.quote, listing.tick, listing.step) == ("BTC", "USDT", 10_000_000, 10_000_000)


def test_files_are_merged_by_time_and_may_overlap(tmp_path: Path) -> None:
    frames = small_market()
    late = write(tmp_path / "late.gz", frames[5:])
    early = write(tmp_path / "early.log", frames[:8])
    apart, whole = RecordedMarket([late, early]), recorded(tmp_path, frames)
    for symbol in (0, 1):
        for kind in (Kind.TRADE, Kind.AGG):
            assert apart.rows(kind, symbol, 0).tobytes() == whole.rows(kind, symbol, 0).tobytes()


def test_other_frames_and_lines_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "market.log", small_market())
    noise = [
        f"{RECV0} " + '{"lastUpdateId":1,"bids":[],"asks":[]}',
        f"{RECV0} " + envelope("btcusdt@depth@100ms", {"e": "depthUpdate", "s": "BTCUSDT", "b": [["1", "2"]], "a": []}),
        f"{RECV0} " + envelope("btcusdt@trade", trade(1) | {"p": "NaN"}),
        f"{RECV0} " + '{"stream":',
        "",
        "not a frame",
        "wss://stream.binance.com:9443/stream <-> 1",
        f"{RECV0} " + "[" * 5000,
    ]
    path.write_text("\n".join(noise) + "\n" + path.read_text())
    assert len(RecordedMarket([path]).rows(Kind.TRADE, 0, 0)) == 7


def test_a_cryptofeed_capture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    first, second = envelope("btcusdt@trade", trade(501)), envelope("btcusdt@bookTicker", quote(1))
    lines = ["wss://x <-> 1.0", f"1723161254.5: {first}", "", f"1723161255: {second}"]
    path.write_text("\n".join(lines))
    market = RecordedMarket([path])
    assert market.rows(Kind.TRADE, 0, 0)["when"].tolist() == [1_723_161_254_500_000_000]
    assert market.rows(Kind.BOOK, 0, 0)["when"].tolist() == [1_723_161_255_000_000_000]


def test_recorded_aggregates_are_used_where_there_are_no_trades(shared_data: Path) -> None:
    market = RecordedMarket([shared_data / "raw_ws" / "cryptofeed" / "BINANCE.ws.1.0.gz"])
    by_name = {item.symbol: number for number, item in enumerate(market.listings)}
    aggs = [row for number in by_name.values() for row in market.rows(Kind.AGG, number, 0)]
    assert len(aggs) == 2
    assert all(row["first"] <= row["last"] for row in aggs)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("absent", None, "No such file"),
        ("empty", b"", "no Binance trade"),
        ("foreign.csv", b"a,b\n1,2\n", "no Binance trade"),
        ("cut.gz", gzip.compress(b"x" * 100_000)[:-20], "end-of-stream"),
        ("bad.gz", b"\x1f\x8b\x08" + bytes(20), "foreign|no Binance trade|invalid|Error"),
    ],
)
def test_a_file_that_cannot_be_played_is_named_in_one_line(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=says) as raised:
        RecordedMarket([path])
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_ids_that_step_back_are_two_markets_mixed_up(tmp_path: Path) -> None:
    frames: list[Frame] = [(0, "btcusdt@trade", trade(500)), (1, "btcusdt@trade", trade(90)), (2, "btcusdt@trade", trade(501))]
    with pytest.raises(SourceError, match="BTCUSDT step back from 500 to 90"):
        recorded(tmp_path, frames)


def test_nothing_is_told_before_it_is_released(tmp_path: Path) -> None:
    market = recorded(tmp_path)
    history = History(market)
    assert len(history.latest(Kind.TRADE, 0, 10)) == 0
    assert history.bars(0, 60_000_000, start_us=None, end_us=None, limit=5) == []
    assert market.day(0) is None
    assert market.clock_us() // 1000 == TIME0 - 10 + 1
    market.visible = RECV0 + 120_000_000
    assert history.latest(Kind.TRADE, 0, 10)["id"].tolist() == [501, 502, 503]
    assert history.from_id(Kind.AGG, 0, 1, 10)["id"].tolist() == [1, 2]
    market.visible = FOREVER
    assert history.from_id(Kind.TRADE, 0, 505, 2)["id"].tolist() == [505, 506]
    assert history.between(Kind.TRADE, 0, (TIME0 + 110) * 1000, (TIME0 + 130) * 1000, 10)["id"].tolist() == [503, 504, 505]
    assert history.latest(Kind.TRADE, 0, 2, end_us=(TIME0 + 130) * 1000)["id"].tolist() == [504, 505]


@pytest.mark.parametrize("unit", ["MILLISECOND", "MICROSECOND"])
async def test_a_real_recording_comes_out_byte_for_byte(shared_data: Path, unit: str) -> None:
    files = [shared_data / "raw_ws" / "binance_spot" / f"{name}_20240808.gz" for name in ("btcusdt", "ethusdt")]
    expected: list[tuple[int, str]] = []
    for path in files:
        with gzip.open(path, "rt") as lines:
            for line in lines:
                stamp, _, frame = line.rstrip("\n").partition(" ")
                if "@trade" in frame[:40] or "@bookTicker" in frame[:40]:
                    expected.append((int(stamp), frame))
    expected.sort(key=lambda pair: pair[0])
    async with (
        LocalExchange(RecordedMarket(files), speed=0) as exchange,
        streaming(exchange, "/stream?streams=btcusdt@trade/ethusdt@trade/btcusdt@bookTicker/ethusdt@bookTicker&timeUnit=" + unit) as socket,
    ):
        got = await texts(socket, len(expected), deadline=60)
    if unit == "MILLISECOND":
        assert got == [frame for _, frame in expected]
    else:
        for text, (_, frame) in zip(got, expected, strict=True):
            ours, theirs = json.loads(text), json.loads(frame)
            for field in ("E", "T"):
                if field in theirs["data"]:
                    theirs["data"][field] *= 1000
            assert ours == theirs


def test_derived_aggregates_of_a_real_recording_cover_every_trade(shared_data: Path) -> None:
    market = RecordedMarket(sorted((shared_data / "raw_ws" / "binance_spot").glob("*.gz")))
    for symbol in (0, 1):
        trades, aggs = market.rows(Kind.TRADE, symbol, 0), market.rows(Kind.AGG, symbol, 0)
        assert (np.diff(trades["id"]) == 1).all()
        assert (aggs["last"] - aggs["first"] + 1).sum() == len(trades)
        assert aggs["qty"].sum() == trades["qty"].sum()
        assert len(aggs) < 0.7 * len(trades)
