"""The streams of the local exchange, over a real socket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import websockets
from exchange_support import RECV0, TIME0, ask, envelope, messages, recorded, small_market, streaming, texts, trade, until
from websockets.asyncio.client import connect

from core.errors import UsageError
from core.exchange.limits import Policy
from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange
from core.types import Symbols
from core.venues.binance import Binance

CALM = Policy(messages_per_s=1000)


@pytest.fixture
def market(tmp_path: Path) -> RecordedMarket:
    return recorded(tmp_path)


async def test_a_combined_stream_gives_what_it_names_in_order(market: RecordedMarket) -> None:
    async with (
        LocalExchange(market, speed=0) as exchange,
        streaming(exchange, "/stream?streams=btcusdt@trade/btcusdt@bookTicker") as socket,
    ):
        expected = [envelope(stream, data) for _, stream, data in small_market() if stream.startswith("btc")]
        assert await texts(socket, len(expected)) == expected


async def test_a_raw_stream_gives_bare_payloads(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0) as exchange, streaming(exchange, "/ws/ethusdt@trade") as socket:
        assert await messages(socket, 2) == [data for _, stream, data in small_market() if stream == "ethusdt@trade"]


async def test_aggregates_are_sent_in_either_unit_of_time(market: RecordedMarket) -> None:
    async with (
        LocalExchange(market, speed=0) as exchange,
        streaming(exchange, "/stream?streams=btcusdt@aggTrade") as ms,
    ):
        first = (await messages(ms, 4))[0]["data"]
        head = {"e": "aggTrade", "E": TIME0 + 1, "s": "BTCUSDT", "a": 1, "p": "100.50000000", "q": "0.30000000"}
        assert first == head | {"f": 501, "l": 502, "T": TIME0, "m": False, "M": True}
    assert list(first) == ["e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"]


@pytest.mark.parametrize("unit", ["MICROSECOND", "microsecond"])
async def test_microseconds_are_given_when_asked_for(market: RecordedMarket, unit: str) -> None:
    async with (
        LocalExchange(market, speed=0) as exchange,
        streaming(exchange, f"/stream?timeUnit={unit}&streams=btcusdt@aggTrade") as socket,
    ):
        first = (await messages(socket, 1))[0]["data"]
    assert (first["E"], first["T"]) == ((TIME0 + 1) * 1000, TIME0 * 1000)


async def test_subscriptions_change_at_run_time_and_the_reply_comes_first(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0, policy=CALM) as exchange, streaming(exchange, "/stream") as socket:
        assert await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1}) == {"result": [], "id": 1}
        request = {"method": "SUBSCRIBE", "params": ["ethusdt@trade", "nosuch@depth"], "id": "a1"}
        assert await ask(socket, request) == {"result": None, "id": "a1"}
        assert [message["data"]["t"] for message in await messages(socket, 2)] == [9, 10]
        await exchange.finished.wait()
        listed = await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": None})
        assert listed == {"result": ["ethusdt@trade", "nosuch@depth"], "id": None}
        assert await ask(socket, {"method": "UNSUBSCRIBE", "params": ["ethusdt@trade"], "id": 4}) == {"result": None, "id": 4}
        assert (await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 5}))["result"] == ["nosuch@depth"]


async def test_an_unsubscribed_stream_stops(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=1, policy=CALM) as exchange, streaming(exchange, "/stream") as socket:
        exchange.pause()
        await ask(socket, {"method": "SUBSCRIBE", "params": ["btcusdt@trade", "ethusdt@trade"], "id": 1})
        await ask(socket, {"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 2})
        exchange.resume()
        assert [message["data"]["t"] for message in await messages(socket, 2)] == [9, 10]


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        ("{", 3, "Invalid JSON"),
        ("[" * 100_000, 3, "Invalid JSON"),
        ("[1]", 2, "Invalid request"),
        ({"params": [], "id": 1}, 2, "missing field `method`"),
        ({"method": "SUBSCRIB", "params": ["a@b"], "id": 1}, 2, "unknown variant `SUBSCRIB`"),
        ({"method": "SUBSCRIBE", "params": [], "id": 1}, 2, "invalid stream"),
        ({"method": "SUBSCRIBE", "params": ["not asdfads"], "id": 1}, 2, "invalid stream"),
        ({"method": "SUBSCRIBE", "params": [5], "id": 1}, 2, "invalid stream"),
        ({"method": "SUBSCRIBE", "params": {"a": 1}, "id": 1}, 2, "params"),
        ({"method": "SUBSCRIBE", "params": ["a@b"]}, 2, "request ID"),
        ({"method": "SUBSCRIBE", "params": ["a@b"], "id": 1.5}, 2, "request ID"),
        ({"method": "SUBSCRIBE", "params": ["a@b"], "id": "x" * 37}, 2, "request ID"),
        ({"method": "SUBSCRIBE", "params": [f"s{n}@trade" for n in range(11)], "id": 1}, 2, "10 streams"),
        ({"method": "GET_PROPERTY", "params": ["colour"], "id": 1}, 0, "Unknown property"),
        ({"method": "GET_PROPERTY", "params": [], "id": 1}, 2, "property name"),
        ({"method": "SET_PROPERTY", "params": ["combined", "yes"], "id": 1}, 1, "Boolean"),
    ],
)
async def test_a_bad_request_is_answered_with_the_venues_error(market: RecordedMarket, request_: Any, code: int, says: str) -> None:
    policy = Policy(messages_per_s=1000, max_streams=10)
    async with LocalExchange(market, policy=policy) as exchange, streaming(exchange, "/stream") as socket:
        reply = await ask(socket, request_)
        assert reply["error"]["code"] == code
        assert says in reply["error"]["msg"]
        assert await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 2}) == {"result": [], "id": 2}


async def test_the_envelope_can_be_switched_on(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0, policy=CALM) as exchange, streaming(exchange, "/ws") as socket:
        assert await ask(socket, {"method": "GET_PROPERTY", "params": ["combined"], "id": 1}) == {"result": False, "id": 1}
        assert await ask(socket, {"method": "SET_PROPERTY", "params": ["combined", True], "id": 2}) == {"result": None, "id": 2}
        await ask(socket, {"method": "SUBSCRIBE", "params": ["ethusdt@trade"], "id": 3})
        assert (await messages(socket, 1))[0]["stream"] == "ethusdt@trade"


async def test_nothing_plays_before_someone_listens_and_all_of_it_comes(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0, policy=CALM) as exchange:
        async with streaming(exchange, "/stream?streams=nosuch@trade") as idle:
            await ask(idle, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            assert market.visible == -1
        async with streaming(exchange, "/ws/btcusdt@trade") as socket:
            assert [message["t"] for message in await messages(socket, 7)] == list(range(501, 508))


async def test_a_recording_can_start_by_itself_and_stays_up_at_its_end(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0, autostart=True) as exchange:
        async with asyncio.timeout(10):
            await exchange.finished.wait()
        assert market.visible == RECV0 + 600_000_000
        async with streaming(exchange, "/ws/btcusdt@trade") as socket:
            assert await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1}) == {"result": ["btcusdt@trade"], "id": 1}


async def test_every_client_hears_the_same(market: RecordedMarket) -> None:
    async with (
        LocalExchange(market, speed=1) as exchange,
        streaming(exchange, "/stream") as one,
        streaming(exchange, "/ws") as two,
    ):
        exchange.pause()
        for socket in (one, two):
            await ask(socket, {"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade", "btcusdt@trade"], "id": 1})
        exchange.resume()
        first, second = await messages(one, 11), await messages(two, 11)
        assert [message["data"] for message in first] == second


async def test_the_venue_module_and_the_exchange_understand_each_other(market: RecordedMarket) -> None:
    symbols = Symbols(["binance:BTCUSDT", "binance:ETHUSDT"])
    async with LocalExchange(market, speed=0) as exchange:
        venue = Binance(symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url)
        parser = venue.parser()
        async with connect(venue.stream_url(), compression=None) as socket:
            for frame in venue.subscribe(3, ["BTCUSDT", "ETHUSDT"]):
                await socket.send(frame)
            for text in await texts(socket, 1 + 6 + 3):
                parser.receive(text, 1)
        out = parser.drain()
    assert out.replies == [(3, None)]
    assert (out.malformed, len(out.quotes)) == (0, 3)
    assert out.ticks[["symbol", "id", "price"]].tolist() == [
        (0, 1, 100.5),
        (1, 1, 10.1),
        (0, 2, 100.5),
        (0, 3, 100.3),
        (0, 4, 100.2),
        (1, 2, 10.2),
    ]
    assert out.ticks["ts"][0] == TIME0 * 1_000_000
    assert out.ticks["bid"].tolist() == [100.4, 10.0, 100.4, 100.3, 100.3, 10.0]


async def test_the_server_pings_and_cuts_those_who_do_not_answer(market: RecordedMarket) -> None:
    policy = Policy(ping_interval_s=0.02, pong_timeout_s=0.3, messages_per_s=1000)
    async with LocalExchange(market, policy=policy) as exchange, streaming(exchange, "/ws") as answering:
        # A bare TCP client upgrades by hand and never answers a ping.
        reader, writer = await asyncio.open_connection("127.0.0.1", int(exchange.ws_url.rsplit(":", 1)[1]))
        upgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        async with asyncio.timeout(10):
            heard = await reader.read()
        assert b"\x89\x0d" in heard
        assert b"Pong timeout" in heard
        writer.close()
        assert await ask(answering, {"method": "LIST_SUBSCRIPTIONS", "id": 1}) == {"result": [], "id": 1}


async def test_a_client_that_talks_too_much_is_closed_with_1008(market: RecordedMarket) -> None:
    async with LocalExchange(market) as exchange, streaming(exchange, "/ws") as socket:
        for number in range(6):
            await socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await texts(socket, 7)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Too many requests")


async def test_pings_are_answered_and_count_as_messages(market: RecordedMarket) -> None:
    async with LocalExchange(market) as exchange, streaming(exchange, "/ws") as socket:
        async with asyncio.timeout(10):
            for _ in range(5):
                await (await socket.ping())
            await socket.ping()
            await socket.wait_closed()
        assert socket.close_code == 1008


async def test_an_old_connection_is_closed(market: RecordedMarket) -> None:
    async with LocalExchange(market, policy=Policy(max_age_s=0.05)) as exchange, streaming(exchange, "/ws") as socket:
        async with asyncio.timeout(10):
            await socket.wait_closed()
        assert socket.close_code == 1001


async def test_more_connections_than_allowed_are_refused(market: RecordedMarket) -> None:
    async with LocalExchange(market, policy=Policy(connects_per_5min=2)) as exchange:
        for _ in range(2):
            async with streaming(exchange, "/ws"):
                pass
        with pytest.raises(websockets.InvalidStatus, match="429"):
            async with streaming(exchange, "/ws"):
                pass
        assert len(exchange.connects) == 3


async def test_an_unknown_unit_of_time_is_refused(market: RecordedMarket) -> None:
    async with LocalExchange(market) as exchange:
        with pytest.raises(websockets.InvalidStatus, match="400"):
            async with streaming(exchange, "/stream?timeUnit=FORTNIGHT"):
                pass


async def test_a_slow_reader_of_a_recording_loses_nothing(tmp_path: Path) -> None:
    frames = [(n, "btcusdt@trade", trade(n, ms=n)) for n in range(30_000)]
    async with (
        LocalExchange(recorded(tmp_path, frames), speed=0) as exchange,
        connect(exchange.ws_url + "/ws/btcusdt@trade", compression=None, max_queue=4) as socket,
    ):
        assert json.loads(await socket.recv())["t"] == 0
        await asyncio.sleep(0)
        assert not exchange.finished.is_set()
        async with asyncio.timeout(60):
            numbers = [json.loads(await socket.recv())["t"] for _ in range(29_999)]
        assert numbers == list(range(1, 30_000))


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "example.org", "::"])
def test_it_serves_nobody_but_this_machine(market: RecordedMarket, host: str) -> None:
    with pytest.raises(UsageError, match="loopback"):
        LocalExchange(market, host=host)


async def test_connections_end_with_the_exchange(market: RecordedMarket) -> None:
    exchange = LocalExchange(market)
    await exchange.start()
    async with streaming(exchange, "/ws/btcusdt@trade") as socket:
        await exchange.stop()
        await until(lambda: socket.close_code is not None)
