"""The REST side of the local exchange."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from exchange_support import TIME0, get, recorded

from core.exchange.limits import Policy
from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange
from core.types import Origin, Symbols
from core.venues.binance import Binance
from core.venues.venue import RestCall

AGG, OLD = "/api/v3/aggTrades", "/api/v3/historicalTrades"


@pytest_asyncio.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[LocalExchange]:
    """The small recording, played to its end."""
    async with LocalExchange(recorded(tmp_path), speed=0, autostart=True) as exchange:
        async with asyncio.timeout(10):
            await exchange.finished.wait()
        yield exchange


async def rows(exchange: LocalExchange, path: str, **query: str | int) -> list[Any]:
    status, body, _ = await get(exchange, path, symbol="BTCUSDT", **query)
    assert status == 200, body
    assert isinstance(body, list)
    return body


async def test_aggregates_by_id_by_time_and_the_latest(exchange: LocalExchange) -> None:
    async def ids(**query: int) -> list[int]:
        return [row["a"] for row in await rows(exchange, AGG, **query)]

    assert await ids() == [1, 2, 3, 4]
    assert await ids(limit=2) == [3, 4]
    assert await ids(fromId=2) == [2, 3, 4]
    assert await ids(fromId=2, limit=1) == [2]
    assert await ids(fromId=99) == []
    assert await ids(startTime=TIME0 + 110) == [2, 3, 4]
    assert await ids(startTime=TIME0 + 110, endTime=TIME0 + 130) == [2, 3]
    assert await ids(startTime=(TIME0 + 110) * 1000, endTime=(TIME0 + 130) * 1000) == [2, 3]
    assert await ids(startTime=TIME0, limit=2) == [1, 2]
    assert await ids(endTime=TIME0 + 130, limit=1) == [3]
    assert await ids(startTime=TIME0 + 130, endTime=TIME0) == []


async def test_rows_have_the_venues_fields_and_unit_of_time(exchange: LocalExchange) -> None:
    agg = {"a": 3, "p": "100.30000000", "q": "0.20000000", "f": 504, "l": 505, "T": TIME0 + 130, "m": True, "M": True}
    assert await rows(exchange, AGG, fromId=3, limit=1) == [agg]
    assert await rows(exchange, AGG, fromId=3, limit=1, time_unit="MICROSECOND") == [agg | {"T": (TIME0 + 130) * 1000}]
    old = {"id": 504, "price": "100.30000000", "qty": "0.10000000", "quoteQty": "10.03000000", "time": TIME0 + 130}
    assert await rows(exchange, OLD, fromId=504, limit=1) == [old | {"isBuyerMaker": True, "isBestMatch": True}]
    assert [row["id"] for row in await rows(exchange, "/api/v3/trades", limit=2)] == [506, 507]


async def test_klines_are_made_of_the_trades(exchange: LocalExchange) -> None:
    minute = TIME0 // 60_000 * 60_000
    bar = [minute, "100.50000000", "100.50000000", "100.20000000", "100.20000000", "0.80000000", minute + 59_999]
    assert await rows(exchange, "/api/v3/klines", interval="1m") == [[*bar, "80.30000000", 7, "0.40000000", "40.20000000", "0"]]
    assert [row[0] for row in await rows(exchange, "/api/v3/klines", interval="1s")] == [TIME0 // 1000 * 1000]
    assert await rows(exchange, "/api/v3/klines", interval="1m", startTime=minute + 1) == []
    assert len(await rows(exchange, "/api/v3/klines", interval="1m", endTime=minute)) == 1
    assert await rows(exchange, "/api/v3/klines", interval="1m", endTime=minute - 1) == []


async def test_24_hour_figures_of_one_some_or_all(exchange: LocalExchange) -> None:
    _, one, headers = await get(exchange, "/api/v3/ticker/24hr", symbol="BTCUSDT")
    assert headers["X-MBX-USED-WEIGHT-1M"] == "2"
    assert (one["lastPrice"], one["openPrice"], one["highPrice"], one["lowPrice"]) == (
        "100.20000000",
        "100.50000000",
        "100.50000000",
        "100.20000000",
    )
    assert (one["priceChange"], one["priceChangePercent"], one["volume"], one["count"]) == ("-0.30000000", "-0.299", "0.80000000", 7)
    assert (one["bidPrice"], one["askPrice"], one["firstId"], one["lastId"]) == ("100.30000000", "100.40000000", 501, 507)
    _, some, _ = await get(exchange, "/api/v3/ticker/24hr", symbols='["ETHUSDT","BTCUSDT"]', type="MINI")
    assert [row["symbol"] for row in some] == ["ETHUSDT", "BTCUSDT"]
    assert "priceChange" not in some[0]
    _, all_, headers = await get(exchange, "/api/v3/ticker/24hr")
    assert [row["symbol"] for row in all_] == ["BTCUSDT", "ETHUSDT"]
    assert headers["X-MBX-USED-WEIGHT-1M"] == str(2 + 2 + 80)


async def test_what_is_listed_and_what_time_it_is(exchange: LocalExchange) -> None:
    _, info, _ = await get(exchange, "/api/v3/exchangeInfo", showPermissionSets="false")
    assert [(row["symbol"], row["status"]) for row in info["symbols"]] == [("BTCUSDT", "TRADING"), ("ETHUSDT", "TRADING")]
    assert info["rateLimits"][0]["limit"] == 6000
    _, one, _ = await get(exchange, "/api/v3/exchangeInfo", symbol="ETHUSDT")
    assert len(one["symbols"]) == 1
    assert (await get(exchange, "/api/v3/time"))[1] == {"serverTime": TIME0 + 591}
    assert (await get(exchange, "/api/v3/time", time_unit="MICROSECOND"))[1] == {"serverTime": (TIME0 + 591) * 1000}
    assert (await get(exchange, "/api/v3/ping"))[:2] == (200, {})


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        (AGG, {}, -1102),
        (AGG, {"symbol": ""}, -1102),
        (AGG, {"symbol": "NOPE"}, -1121),
        (AGG, {"symbol": "btcusdt"}, -1100),
        (AGG, {"symbol": "BTC USDT\x1b"}, -1100),
        (AGG, {"symbol": "BTCUSDT", "fromId": "-1"}, -1100),
        (AGG, {"symbol": "BTCUSDT", "fromId": ""}, -1105),
        (AGG, {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
        (AGG, {"symbol": "BTCUSDT", "limit": "0"}, -1130),
        (AGG, {"symbol": "BTCUSDT", "limit": "ten"}, -1100),
        (AGG, {"symbol": "BTCUSDT", "surprise": "1"}, -1101),
        ("/api/v3/klines", {"symbol": "BTCUSDT"}, -1102),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("/api/v3/ticker/24hr", {"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, -1128),
        ("/api/v3/ticker/24hr", {"symbols": "BTCUSDT"}, -1100),
        ("/api/v3/ticker/24hr", {"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151),
        ("/api/v3/ticker/24hr", {"symbol": "BTCUSDT", "type": "HUGE"}, -1139),
        ("/api/v3/time", {"time_unit": "FORTNIGHT"}, -1194),
    ],
)
async def test_a_bad_parameter_is_refused_with_the_venues_code(
    exchange: LocalExchange, path: str, query: dict[str, str], code: int
) -> None:
    status, body, _ = await get(exchange, path, **query)
    assert (status, body["code"]) == (400, code)
    assert body["msg"]


async def test_a_limit_is_capped_and_a_path_must_exist(exchange: LocalExchange) -> None:
    assert len(await rows(exchange, OLD, limit=5000)) == 7
    assert (await get(exchange, "/api/v3/depth", symbol="BTCUSDT"))[0] == 404
    async with aiohttp.ClientSession() as client, client.post(exchange.rest_url + "/api/v3/ping") as answer:
        assert answer.status == 405


async def test_more_weight_than_a_minute_allows_is_429_with_a_wait(tmp_path: Path) -> None:
    async with LocalExchange(recorded(tmp_path), policy=Policy(weight_per_min=30)) as exchange:
        answers = [await get(exchange, OLD, symbol="BTCUSDT") for _ in range(2)]
        # A minute may have turned between the two.
        if [status for status, _, _ in answers] == [200, 200]:
            answers.append(await get(exchange, OLD, symbol="BTCUSDT"))
        status, body, headers = answers[-1]
    assert (status, body["code"]) == (429, -1003)
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert headers["X-MBX-USED-WEIGHT-1M"] == "50"


async def call(exchange: LocalExchange, request: RestCall) -> bytes:
    url = exchange.rest_url + request.path
    async with aiohttp.ClientSession(headers=request.headers) as client, client.get(url, params=request.query) as answer:
        assert answer.status == 200
        return await answer.read()


@pytest.mark.parametrize("stream", ["aggTrade", "trade"])
async def test_the_venue_module_reads_every_answer(tmp_path: Path, stream: str) -> None:
    market: RecordedMarket = recorded(tmp_path)
    venue = Binance(Symbols(["binance:BTCUSDT"]), stream=stream)
    async with LocalExchange(market, speed=0, autostart=True) as exchange:
        await asyncio.wait_for(exchange.finished.wait(), 10)
        first = 2 if stream == "aggTrade" else 503
        ticks = venue.parse_trades("BTCUSDT", await call(exchange, venue.trades_from("BTCUSDT", first)), 5)
        assert ticks["id"].tolist() == list(range(first, 5 if stream == "aggTrade" else 508))
        assert (ticks["ts"][0], ticks["price"][0], ticks["side"][0]) == ((TIME0 + 110) * 1_000_000, 100.5, 1)
        assert set(ticks["origin"].tolist()) == {Origin.BACKFILL}
        assert len(venue.parse_trades("BTCUSDT", await call(exchange, venue.trades_recent("BTCUSDT", 2)), 5)) == 2
        bars = venue.parse_klines("BTCUSDT", await call(exchange, venue.klines("BTCUSDT", "1m", limit=10)))
        assert bars[["open", "price", "qty"]].tolist() == [(100.5, 100.2, 0.8)]
        assert np.isnan(bars["bid"]).all()
        assert [info.tick_size for info in venue.parse_symbols(await call(exchange, venue.symbols()))] == [0.1, 0.1]
        figures = venue.parse_tickers(await call(exchange, venue.tickers(["BTCUSDT"])))
        assert [(ticker.symbol, ticker.last) for ticker in figures] == [("BTCUSDT", 100.2)]
        assert venue.parse_time(await call(exchange, venue.server_time())) == (TIME0 + 591) * 1_000_000
