"""Binance's endpoints, requests and refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError, VenueError
from core.types import Symbols, interval_ns
from core.venues.binance import Binance
from core.venues.venue import RestCall, Venue

MICROSECONDS = {"X-MBX-TIME-UNIT": "MICROSECOND"}


@pytest.fixture
def venue() -> Venue:
    return Binance(Symbols(["binance:BTCUSDT", "binance:ETHUSDT"]))


def test_urls_are_bases_that_a_test_server_can_replace() -> None:
    assert Binance(Symbols()).stream_url() == "wss://stream.binance.com:9443/stream?timeUnit=MICROSECOND"
    other = Binance(Symbols(), ws_url="ws://127.0.0.1:8080/", rest_url="http://127.0.0.1:8080/")
    assert (other.stream_url(), other.rest_url) == ("ws://127.0.0.1:8080/stream?timeUnit=MICROSECOND", "http://127.0.0.1:8080")


def test_subscribing_asks_for_prints_and_quotes(venue: Venue) -> None:
    frames = [json.loads(frame) for frame in venue.subscribe(7, ["BTCUSDT", "ETHUSDT"])]
    streams = ["btcusdt@aggTrade", "btcusdt@bookTicker", "ethusdt@aggTrade", "ethusdt@bookTicker"]
    assert frames == [{"method": "SUBSCRIBE", "params": streams, "id": 7}]
    assert [json.loads(f)["method"] for f in venue.unsubscribe(8, ["BTCUSDT"])] == ["UNSUBSCRIBE"]
    assert venue.subscribe(9, []) == []


def test_many_symbols_are_subscribed_in_few_small_messages(venue: Venue) -> None:
    names = [f"SYM{n}USDT" for n in range(300)]
    frames = venue.subscribe(1, names)
    assert len(frames) == 3
    assert max(map(len, frames)) < 8192
    asked = [stream for frame in frames for stream in json.loads(frame)["params"]]
    assert asked == [f"{name.lower()}@{kind}" for name in names for kind in ("aggTrade", "bookTicker")]


def test_gaps_are_filled_from_the_twin_of_the_recorded_stream(venue: Venue) -> None:
    assert venue.trades_from("BTCUSDT", 5) == RestCall(
        "/api/v3/aggTrades", {"symbol": "BTCUSDT", "fromId": 5, "limit": 1000}, 4, MICROSECONDS
    )
    trades = Binance(Symbols(), stream="trade")
    assert trades.trades_from("X", 5, 10) == RestCall(
        "/api/v3/historicalTrades", {"symbol": "X", "fromId": 5, "limit": 10}, 25, MICROSECONDS
    )
    assert "fromId" not in trades.trades_recent("X").query
    with pytest.raises(UsageError, match="aggTrade or trade"):
        Binance(Symbols(), stream="depth")


def test_klines_are_asked_in_milliseconds_and_only_of_known_intervals(venue: Venue) -> None:
    call = venue.klines("BTCUSDT", "1m", start_ns=1_700_000_000_123_456_789, limit=50)
    assert call == RestCall("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 50, "startTime": 1_700_000_000_123}, 2)
    with pytest.raises(UsageError, match="7m"):
        venue.klines("BTCUSDT", "7m")
    assert all(interval_ns(interval) > 0 for interval in venue.kline_intervals)


@pytest.mark.parametrize(("count", "weight"), [(0, 80), (1, 2), (20, 2), (21, 40), (100, 40), (101, 80)])
def test_the_weight_of_24_hour_figures_grows_with_the_symbols(venue: Venue, count: int, weight: int) -> None:
    call = venue.tickers([f"S{n}" for n in range(count)])
    assert call.weight == weight
    assert len(json.loads(str(call.query.get("symbols", "[]")))) == count


def test_the_bounds_of_orders_are_read_from_the_listing_and_0_where_there_are_none(venue: Venue) -> None:
    filters = [
        {"filterType": "LOT_SIZE", "minQty": "0.00100000", "maxQty": "9000.00000000", "stepSize": "0.00100000"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "70.0", "stepSize": "0.00000000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True, "maxNotional": "9000000.00000000"},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ]
    listing = {"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT"}
    full, bare = venue.parse_symbols(json.dumps({"symbols": [listing | {"filters": filters}, listing | {"filters": []}]}).encode())
    assert (full.min_qty, full.max_qty, full.min_notional, full.max_notional, full.max_orders) == (0.001, 9000.0, 5.0, 9e6, 200)
    assert (bare.min_qty, bare.max_qty, bare.min_notional, bare.max_notional, bare.max_orders) == (0.0, 0.0, 0.0, 0.0, 0)


def test_the_venues_clock_is_read_in_either_unit(venue: Venue) -> None:
    assert venue.parse_time(b'{"serverTime":1499827319559}') == 1499827319559_000_000
    assert venue.parse_time(b'{"serverTime":1499827319559123}') == 1499827319559_123_000


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, b'{"code":-1121,"msg":"Invalid symbol."}', "Invalid symbol. (-1121)"),
        (429, b'{"code":-1003,"msg":"Too \\u001b[31mmuch"}', "Too [31mmuch (-1003)"),
        (502, b"<html>\x1b]0;x\x07Bad Gateway</html>", "HTTP 502: <html>]0;xBad Gateway</html>"),
        (503, b"", "HTTP 503"),
        (500, b"[" * 100_000, None),
    ],
)
def test_a_refusal_is_told_in_the_venues_words_without_control_characters(venue: Venue, status: int, body: bytes, text: str | None) -> None:
    said = venue.parse_error(status, body)
    assert said.isprintable()
    assert len(said) < 300
    assert text in (None, said)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"code":-1121,"msg":"Invalid symbol."}', b"[1]", b"[[1]]", b"null", b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_something_else_is_a_venue_error(venue: Venue, body: bytes) -> None:
    def parse_trades(body: bytes) -> object:
        return venue.parse_trades("BTCUSDT", body, 0)

    def parse_klines(body: bytes) -> object:
        return venue.parse_klines("BTCUSDT", body)

    for decode in (parse_trades, parse_klines, venue.parse_symbols, venue.parse_tickers, venue.parse_time):
        with pytest.raises(VenueError, match="binance did not answer with"):
            decode(body)


def test_empty_pages_are_empty(venue: Venue) -> None:
    assert len(venue.parse_trades("BTCUSDT", b"[]", 0)) == len(venue.parse_klines("BTCUSDT", b"[]")) == 0


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "0", "-1"])
@pytest.mark.parametrize("field", ["p", "q"])
def test_a_back_filled_print_no_market_has_is_left_out(venue: Venue, field: str, bad: str) -> None:
    rows = [{"a": n, "p": "1.5", "q": "1", "T": 1672515782136 + n, "m": True} for n in (1, 2, 3)]
    rows[1][field] = bad
    assert venue.parse_trades("BTCUSDT", json.dumps(rows).encode(), 0)["id"].tolist() == [1, 3]


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "0", "-1"])
def test_a_bar_with_a_price_no_market_has_is_a_venue_error(venue: Venue, bad: str) -> None:
    row = [1499040000000, "1", bad, "1", "1", "5", 1499040059999, "5", 3, "1", "1", "0"]
    with pytest.raises(VenueError, match="not positive"):
        venue.parse_klines("BTCUSDT", json.dumps([row]).encode())


@given(st.binary())
def test_no_body_raises_anything_but_a_venue_error(body: bytes) -> None:
    venue = Binance(Symbols(["binance:BTCUSDT"]))
    for decode in (venue.parse_symbols, venue.parse_tickers, venue.parse_time, lambda b: venue.parse_trades("BTCUSDT", b, 0)):
        with pytest.raises(VenueError):
            decode(b"?" + body)
    assert venue.parse_error(500, body).isprintable()
