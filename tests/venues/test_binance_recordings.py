"""The parser against frames and bodies recorded from the real venue, checked with a second decoder: json and Decimal."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import VenueError
from core.types import Symbols
from core.venues.binance import Binance, BinanceParser
from core.venues.venue import Parsed, Venue


def recorded(path: Path) -> Iterator[tuple[int, str]]:
    """(receive time ns, frame) of a frame log or a cryptofeed capture."""
    with gzip.open(path, "rt") as lines:
        for line in lines:
            stamp, _, frame = line.rstrip("\n").partition(" ")
            if stamp[:1].isdigit():
                yield (int(float(stamp.rstrip(":")) * 1e9) if stamp.endswith(":") else int(stamp)), frame


def parsed(frames: Iterator[tuple[int, str]] | list[tuple[int, str]], names: list[str]) -> Parsed:
    parser = BinanceParser(Symbols([f"binance:{name}" for name in names]))
    for recv, frame in frames:
        parser.receive(frame.encode(), recv)
    return parser.drain()


@pytest.mark.parametrize("file", ["btcusdt_20240808.gz", "btcusdt_20240809.gz", "ethusdt_20240808.gz", "ethusdt_20240809.gz"])
def test_every_recorded_spot_frame_is_decoded_exactly(shared_data: Path, file: str) -> None:
    name = file.split("_")[0].upper()
    frames = list(recorded(shared_data / "raw_ws" / "binance_spot" / file))
    out = parsed(frames, [name])
    snapshots = sum('"stream"' not in frame for _, frame in frames)
    assert snapshots == (1 if file.endswith("08.gz") else 0)
    assert (out.malformed, out.quarantined, out.replies, out.shutdown) == (0, [], [], False)

    expected, quotes, last = [], 0, (float("nan"), float("nan"))
    for recv, frame in frames:
        message = json.loads(frame)
        data = message.get("data", {})
        if message.get("stream", "").endswith("@bookTicker"):
            last, quotes = (float(Decimal(data["b"])), float(Decimal(data["a"]))), quotes + 1
        elif data.get("e") == "trade":
            price, qty = float(Decimal(data["p"])), float(Decimal(data["q"]))
            expected.append((data["T"] * 10**6, recv, data["t"], price, qty, *last, -1 if data["m"] else 1))
    columns = np.array(expected)
    for number, field in enumerate(("ts", "recv", "id", "price", "qty", "bid", "ask", "side")):
        if field in ("ts", "recv", "id", "side"):
            assert out.ticks[field].tolist() == [row[number] for row in expected], field
        else:
            np.testing.assert_array_equal(out.ticks[field], columns[:, number], field)
    assert len(out.quotes) == quotes
    assert (np.diff(out.ticks["id"]) == 1).all()


@pytest.mark.parametrize(
    ("file", "names", "prints", "quotes"),
    [
        ("BINANCE.ws.1.0.gz", ["NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"], 2, 84),
        ("BINANCE_US.ws.1.0.gz", ["CRVUSDT", "COMPUSDT", "OMGBUSD", "ZRXUSDT"], None, None),
    ],
)
def test_a_capture_of_many_streams_is_read_without_a_malformed_frame(
    shared_data: Path, file: str, names: list[str], prints: int | None, quotes: int | None
) -> None:
    frames = list(recorded(shared_data / "raw_ws" / "cryptofeed" / file))
    out = parsed(frames, names)
    kinds = [json.loads(frame)["stream"].split("@")[1] for _, frame in frames]
    assert (len(out.ticks), len(out.quotes), out.malformed) == (kinds.count("aggTrade"), kinds.count("bookTicker"), 0)
    assert prints in (None, len(out.ticks))
    assert quotes in (None, len(out.quotes))


def test_catalogued_spot_frames_are_taken_or_skipped(shared_data: Path) -> None:
    lines = (shared_data / "raw_ws" / "catalogue" / "crypto_msg_parser_messages.jsonl").read_text().splitlines()
    cases = [case for case in map(json.loads, lines) if case["exchange"] == "binance" and case["case"] == "spot"]
    taken = {case["kind"]: parsed([(1, case["raw"])], ["BTCUSDT"]) for case in cases}
    assert {kind for kind, out in taken.items() if out.malformed} == set()
    assert taken["trade"].ticks[["id", "price", "qty", "side"]].tolist() == [(640283266, 58942.01, 0.000356, 1)]
    assert taken["bbo"].quotes[["bid", "ask"]].tolist() == [(29010.90, 29010.91)]
    assert sum(len(out.ticks) + len(out.quotes) for out in taken.values()) == 2


def test_catalogued_frames_with_order_ids_and_upper_case_streams_are_taken(shared_data: Path) -> None:
    lines = (shared_data / "raw_ws" / "catalogue" / "tardis_node_messages.jsonl").read_text().splitlines()
    messages = [case["message"] for case in map(json.loads, lines) if case["exchange"] == "binance"]
    frames = [(1, json.dumps(m)) for m in messages if not m.get("generated") and m["stream"].split("@")[1] in ("trade", "bookTicker")]
    out = parsed(frames, ["BNBBTC", "BTCUSDT"])
    assert (len(out.ticks), len(out.quotes), out.malformed) == (2, 1, 0)
    assert out.ticks["side"].tolist() == [1, -1]

    lines = (shared_data / "raw_ws" / "gocryptotrader" / "binance_wsHandleData.jsonl").read_text().splitlines()
    out = parsed([(1, line) for line in lines], ["BNBBTC"])
    assert out.ticks[["id", "price", "qty", "side"]].tolist() == [(12345, 0.001, 100.0, -1)]
    assert out.malformed == 0


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> dict[str, list[dict[str, Any]]]:
    """Recorded REST answers by path: [{"queryString", "data"}]."""
    with gzip.open(shared_data / "rest" / "gocryptotrader_binance_http.json.gz") as file:
        routes = json.load(file)["routes"]
    return {path: methods["GET"] for path, methods in routes.items() if "GET" in methods}


def body(answers: dict[str, list[dict[str, Any]]], path: str, query: str) -> bytes:
    return json.dumps(next(a["data"] for a in answers[path] if a["queryString"] == query)).encode()


@pytest.fixture
def venue() -> Binance:
    return Binance(Symbols(["binance:ETHBTC", "binance:BTCUSDT"]))


def test_a_recorded_page_of_aggregates_becomes_ticks(answers: dict[str, list[dict[str, Any]]], venue: Venue) -> None:
    page = body(answers, "/api/v3/aggTrades", "fromId=202790190&limit=1000&symbol=BTCUSDT")
    ticks = venue.parse_trades("BTCUSDT", page, 5)
    rows = json.loads(page)
    assert len(ticks) == len(rows) == 1000
    assert ticks["id"].tolist() == list(range(202790190, 202791190))
    assert ticks["ts"].tolist() == [row["T"] * 10**6 for row in rows]
    assert ticks["price"].tolist() == [float(Decimal(row["p"])) for row in rows]
    assert ticks["qty"].tolist() == [float(Decimal(row["q"])) for row in rows]
    assert ticks["side"].tolist() == [-1 if row["m"] else 1 for row in rows]
    assert set(ticks[["recv", "seq", "symbol", "origin"]].tolist()) == {(5, 0, 1, 1)}
    assert np.isnan(ticks["bid"]).all()


def test_every_recorded_page_is_either_decoded_whole_or_refused(answers: dict[str, list[dict[str, Any]]], venue: Venue) -> None:
    refused = 0
    for answer in answers["/api/v3/aggTrades"]:
        page = json.dumps(answer["data"]).encode()
        # Some rows were edited upstream: their `m` lost its name.
        if all("m" in row for row in answer["data"]):
            assert len(venue.parse_trades("BTCUSDT", page, 5)) == len(answer["data"])
        else:
            refused += 1
            with pytest.raises(VenueError, match="missing required field `m`"):
                venue.parse_trades("BTCUSDT", page, 5)
    assert refused == 4


def test_recorded_old_and_recent_trades_become_ticks(answers: dict[str, list[dict[str, Any]]]) -> None:
    venue = Binance(Symbols(["binance:BTCUSDT", "binance:ETHBTC"]), stream="trade")
    ticks = venue.parse_trades("BTCUSDT", body(answers, "/api/v3/historicalTrades", "limit=5&symbol=BTCUSDT"), 5)
    assert ticks[["id", "price", "qty", "ts", "side"]].tolist()[0] == (870281750, 38172.11, 0.15, 1621933655947 * 10**6, -1)
    recent = venue.parse_trades("ETHBTC", body(answers, "/api/v3/trades", "limit=1000&symbol=ETHBTC"), 5)
    assert (np.diff(recent["id"]) == 1).all()
    assert len(recent) == 1000


@pytest.mark.parametrize(
    "query", ["interval=5m&limit=24&symbol=BTCUSDT", "endTime=1577836799000&interval=1d&limit=1000&startTime=1546300800000&symbol=BTCUSDT"]
)
def test_recorded_klines_become_bars(answers: dict[str, list[dict[str, Any]]], venue: Venue, query: str) -> None:
    page = body(answers, "/api/v3/klines", query)
    bars, rows = venue.parse_klines("BTCUSDT", page), json.loads(page)
    assert bars["start"].tolist() == [row[0] * 10**6 for row in rows]
    assert bars["ts"].tolist() == [row[6] * 10**6 for row in rows]
    for number, field in enumerate(("open", "high", "low", "price", "qty"), start=1):
        assert bars[field].tolist() == [float(Decimal(row[number])) for row in rows], field
    assert set(bars["symbol"].tolist()) == {1}


def test_recorded_exchange_information_lists_symbols(answers: dict[str, list[dict[str, Any]]], venue: Venue) -> None:
    page = answers["/api/v3/exchangeInfo"][0]["data"]
    listed = venue.parse_symbols(json.dumps(page).encode())
    assert [info.symbol for info in listed] == [row["symbol"] for row in page["symbols"]]
    first = listed[0]
    assert (first.symbol, first.status, first.base, first.quote) == ("ETHBTC", "TRADING", "ETH", "BTC")
    assert (first.tick_size, first.step_size, first.min_notional) == (0.00001, 0.0001, 0.0001)


def test_recorded_24_hour_figures_of_one_or_many_symbols(answers: dict[str, list[dict[str, Any]]], venue: Venue) -> None:
    one = venue.parse_tickers(body(answers, "/api/v3/ticker/24hr", "symbol=ETHBTC"))
    assert [ticker.symbol for ticker in one] == ["ETHBTC"]
    two = next(a["data"] for a in answers["/api/v3/ticker/24hr"] if a["queryString"].startswith("symbols="))
    figures = venue.parse_tickers(json.dumps(two).encode())
    assert [(t.symbol, t.last, t.change_pct, t.volume) for t in figures] == [
        (row["symbol"], float(row["lastPrice"]), float(row["priceChangePercent"]), float(row["volume"])) for row in two
    ]


def test_cryptofeeds_recorded_exchange_information_is_read_whole(shared_data: Path, venue: Venue) -> None:
    with gzip.open(shared_data / "raw_ws" / "cryptofeed" / "BINANCE.0.gz", "rt") as lines:
        page = next(line for line in lines if "exchangeInfo ->" in line).split(": ", 1)[1].encode()
    listed = venue.parse_symbols(page)
    assert len(listed) == len(json.loads(page)["symbols"]) > 100
    assert all(info.tick_size > 0 for info in listed)
