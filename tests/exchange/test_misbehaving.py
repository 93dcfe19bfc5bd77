"""The local exchange misbehaving as it is told to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import websockets
from exchange_support import ask, get, messages, recorded, streaming, texts, until

from core.exchange.limits import Policy
from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange
from core.types import Symbols
from core.venues.binance import BinanceParser


@pytest.fixture
def market(tmp_path: Path) -> RecordedMarket:
    return recorded(tmp_path)


async def test_skipped_prints_are_on_rest_only(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0) as exchange:
        exchange.skip("BTCUSDT", 2)
        async with streaming(exchange, "/ws/btcusdt@trade/btcusdt@aggTrade/ethusdt@trade") as socket:
            seen = await messages(socket, 5 + 2 + 2)
        assert [message["t"] for message in seen if message["e"] == "trade" and message["s"] == "BTCUSDT"] == [503, 504, 505, 506, 507]
        assert [message["a"] for message in seen if message["e"] == "aggTrade"] == [3, 4]
        assert [message["t"] for message in seen if message["s"] == "ETHUSDT"] == [9, 10]
        _, rows, _ = await get(exchange, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=1)
        assert [row["id"] for row in rows] == list(range(501, 508))


async def test_duplicated_prints_come_twice(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0) as exchange:
        exchange.duplicate("BTCUSDT", 2)
        async with streaming(exchange, "/ws/btcusdt@trade") as socket:
            assert [message["t"] for message in await messages(socket, 9)] == [501, 501, 502, 502, 503, 504, 505, 506, 507]


async def test_dropped_connections_end_without_a_close_frame(market: RecordedMarket) -> None:
    async with LocalExchange(market) as exchange, streaming(exchange, "/ws") as one, streaming(exchange, "/ws") as two:
        await exchange.drop_connections()
        for socket in (one, two):
            with pytest.raises(websockets.ConnectionClosedError):
                await texts(socket, 1)
            assert socket.close_code == 1006
        async with streaming(exchange, "/ws") as again:
            assert await ask(again, {"method": "LIST_SUBSCRIPTIONS", "id": 1}) == {"result": [], "id": 1}


async def test_rejected_requests_say_how_long_to_wait(market: RecordedMarket) -> None:
    async with LocalExchange(market) as exchange:
        exchange.reject_rest(418, retry_after=1.2, count=2)
        for _ in range(2):
            status, body, headers = await get(exchange, "/api/v3/ping")
            assert (status, body["code"], headers["Retry-After"]) == (418, -1003, "2")
        assert (await get(exchange, "/api/v3/ping"))[0] == 200
        assert [path for _, path, _ in exchange.rest.requests] == ["/api/v3/ping"] * 3


async def test_paused_it_is_connected_and_silent(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0, policy=Policy(messages_per_s=100)) as exchange, streaming(exchange, "/ws") as socket:
        exchange.pause()
        await ask(socket, {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1})
        assert (await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 2}))["id"] == 2
        assert market.visible == -1
        exchange.resume()
        assert (await messages(socket, 1))[0]["t"] == 501


async def test_frames_can_be_injected_and_a_shutdown_announced(market: RecordedMarket) -> None:
    parser = BinanceParser(Symbols(["binance:BTCUSDT"]))
    async with LocalExchange(market) as exchange, streaming(exchange, "/stream") as combined, streaming(exchange, "/ws") as raw:
        await until(lambda: len(exchange.connects) == 2)
        for socket in (combined, raw):
            await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
        exchange.inject('{"e":"trade","s":')
        exchange.announce_shutdown()
        for socket in (combined, raw):
            broken, notice = await texts(socket, 2)
            parser.receive(broken, 1)
            assert parser.drain().malformed == 1
            parser.receive(notice, 1)
            assert parser.drain().shutdown
        assert json.loads(notice)["e"] == "serverShutdown"
