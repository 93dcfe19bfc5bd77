"""Faults of what the streams say: prints out of order, poisoned, renamed, halted, faster, and frames that nobody can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import websockets
from exchange_support import Frame, get, messages, recorded, small_market, streaming, texts, trade, until
from websockets.asyncio.client import ClientConnection, connect

from core.errors import UsageError
from core.exchange.alterations import GARBAGE, POISONS
from core.exchange.limits import Policy
from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange
from core.types import Symbols
from core.venues.binance import BinanceParser

CALM = Policy(messages_per_s=1000)
BTC = "/ws/btcusdt@trade"


@pytest.fixture
def market(tmp_path: Path) -> RecordedMarket:
    return recorded(tmp_path)


async def ids_on_rest(exchange: LocalExchange) -> list[tuple[int, str]]:
    _, rows, _ = await get(exchange, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=1)
    return [(row["id"], row["price"]) for row in rows]


TRUE = [(int(data["t"]), str(data["p"])) for _, stream, data in small_market() if stream == "btcusdt@trade"]


async def test_reordered_prints_all_come_and_in_another_order(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0) as exchange:
        exchange.reorder("BTCUSDT", 3)
        async with streaming(exchange, "/ws/btcusdt@trade/ethusdt@trade") as socket:
            seen = await messages(socket, 9)
        assert [message["t"] for message in seen if message["s"] == "BTCUSDT"] == [503, 502, 501, 504, 505, 506, 507]
        assert [message["t"] for message in seen if message["s"] == "ETHUSDT"] == [9, 10]
        assert await ids_on_rest(exchange) == TRUE


async def test_prints_that_wait_for_more_go_out_when_a_recording_ends(market: RecordedMarket) -> None:
    async with LocalExchange(market, speed=0) as exchange:
        exchange.reorder("BTCUSDT", 100)
        async with streaming(exchange, BTC) as socket:
            assert [message["t"] for message in await messages(socket, 7)] == list(range(507, 500, -1))


@pytest.mark.parametrize(
    ("kind", "price"),
    [("nan", "NaN"), ("infinity", "Infinity"), ("zero", "0.00000000"), ("negative", "-100.50000000"), ("spike", "150.75000000")],
)
async def test_poisoned_prints_carry_their_own_ids_and_rest_the_true_price(market: RecordedMarket, kind: str, price: str) -> None:
    assert kind in POISONS
    async with LocalExchange(market, speed=0) as exchange:
        exchange.poison("BTCUSDT", kind, 2)
        async with streaming(exchange, "/ws/btcusdt@trade/btcusdt@aggTrade") as socket:
            seen = await messages(socket, 7 + 4)
        assert [(message["t"], message["p"]) for message in seen if message["e"] == "trade"] == [(501, price), (502, price), *TRUE[2:]]
        assert [message["a"] for message in seen if message["e"] == "aggTrade"] == [1, 2, 3, 4]
        assert seen[2]["p"] == price
        assert await ids_on_rest(exchange) == TRUE


async def test_a_renamed_or_retyped_field_is_noticed_by_a_parser_and_its_time_ends(tmp_path: Path) -> None:
    market = recorded(tmp_path, [(5 * n, "btcusdt@trade", trade(n + 1, ms=5 * n)) for n in range(100)])
    async with LocalExchange(market) as exchange:
        exchange.rename("BTCUSDT", 0.2)
        async with streaming(exchange, BTC) as socket:
            frames = await texts(socket, 100)
        seen = [json.loads(frame) for frame in frames]
        other = [message for message in seen if "p" not in message]
        assert seen[0]["p_"] == "100.50000000"
        assert 0 < len(other) < 100
        assert seen[: len(other)] == other
        parser = BinanceParser(Symbols(["binance:BTCUSDT"]))
        parser.receive(frames[0], 1)
        assert len(parser.drain().ticks) == 0


@pytest.mark.parametrize(("field", "value"), [("p", 100.5), ("t", "501"), ("m", "False"), ("s", ["BTCUSDT"])])
async def test_a_field_can_come_with_another_type(market: RecordedMarket, field: str, value: Any) -> None:
    async with LocalExchange(market, speed=0) as exchange:
        exchange.rename("BTCUSDT", 60, field, retype=True)
        async with streaming(exchange, BTC) as socket:
            assert (await messages(socket, 1))[0][field] == value


async def read_to_the_end(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


def is_cut_json(frame: str | bytes) -> bool:
    return isinstance(frame, str) and frame.endswith('"p":"1.0')


def is_deep(frame: str | bytes) -> bool:
    return isinstance(frame, str) and "[" * 100_000 in frame


def is_binary(frame: str | bytes) -> bool:
    return isinstance(frame, bytes)


def is_unknown(frame: str | bytes) -> bool:
    return isinstance(frame, str) and '"e":"somethingNew"' in frame


@pytest.mark.parametrize(("kind", "looks"), [("malformed", is_cut_json), ("deep", is_deep), ("binary", is_binary), ("unknown", is_unknown)])
@pytest.mark.parametrize("path", ["/stream", "/ws"])
async def test_garbage_arrives_and_the_connection_lives(
    market: RecordedMarket, kind: str, looks: Callable[[str | bytes], bool], path: str
) -> None:
    parser = BinanceParser(Symbols(["binance:BTCUSDT"]))
    async with LocalExchange(market, policy=CALM) as exchange, streaming(exchange, path) as socket:
        await until(lambda: len(exchange.connects) == 1)
        await (await socket.ping())
        exchange.garbage(kind)
        frame = await socket.recv()
        assert looks(frame)
        parser.receive(frame, 1)
        assert len(parser.drain().ticks) == 0
        await (await socket.ping())


@pytest.mark.parametrize(("kind", "code"), [("huge", 1009), ("not-utf8", 1007)])
async def test_garbage_that_a_client_must_not_take(market: RecordedMarket, kind: str, code: int) -> None:
    assert kind in GARBAGE
    async with LocalExchange(market, policy=CALM) as exchange, connect(exchange.ws_url + "/stream", max_size=1 << 20) as socket:
        await (await socket.ping())
        exchange.garbage(kind)
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await read_to_the_end(socket)
        assert closed.value.sent is not None
        assert closed.value.sent.code == code


async def test_a_halted_symbol_is_listed_so_and_says_nothing_until_it_trades_again(tmp_path: Path) -> None:
    frames: list[Frame] = [(5 * n, "btcusdt@trade", trade(n + 1, ms=5 * n)) for n in range(200)]
    frames += [(5 * n, "ethusdt@trade", trade(n + 1, ms=5 * n, symbol="ETHUSDT")) for n in range(200)]
    async with LocalExchange(recorded(tmp_path, frames)) as exchange:
        async with streaming(exchange, "/ws/btcusdt@trade/ethusdt@trade") as socket:
            before = await messages(socket, 20)
            exchange.set_status("BTCUSDT", "CANCEL_ONLY")
            _, info, _ = await get(exchange, "/api/v3/exchangeInfo")
            assert [row["status"] for row in info["symbols"]] == ["CANCEL_ONLY", "TRADING"]
            told = len(await ids_on_rest(exchange))
            seen = await messages(socket, 60)
            assert {message["s"] for message in seen[-40:]} == {"ETHUSDT"}
            assert told == max(message["t"] for message in before + seen if message["s"] == "BTCUSDT")
            assert len(await ids_on_rest(exchange)) == told
            exchange.set_status("BTCUSDT", "TRADING")
            after = [message["t"] for message in await messages(socket, 10) if message["s"] == "BTCUSDT"]
        assert after[0] > told + 10
        assert [number for number, _ in await ids_on_rest(exchange)][: after[0]] == list(range(1, after[0] + 1))


async def test_a_delisted_symbol_is_not_listed_and_rest_knows_it_no_more(market: RecordedMarket) -> None:
    async with LocalExchange(market) as exchange:
        exchange.set_status("BTCUSDT", None)
        _, info, _ = await get(exchange, "/api/v3/exchangeInfo")
        assert [row["symbol"] for row in info["symbols"]] == ["ETHUSDT"]
        status, body, _ = await get(exchange, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=1)
        assert (status, body["code"]) == (400, -1121)
        exchange.set_status("BTCUSDT", "TRADING")
        _, info, _ = await get(exchange, "/api/v3/exchangeInfo")
        assert [row["symbol"] for row in info["symbols"]] == ["BTCUSDT", "ETHUSDT"]


async def test_a_recording_goes_on_faster_from_where_it_is(tmp_path: Path) -> None:
    hour = recorded(tmp_path, [(3600 * n, "btcusdt@trade", trade(n + 1, ms=3600 * n)) for n in range(1000)])
    async with LocalExchange(hour) as exchange, streaming(exchange, BTC) as socket:
        assert (await messages(socket, 1))[0]["t"] == 1
        exchange.set_speed(36_000)
        assert [message["t"] for message in await messages(socket, 999)] == list(range(2, 1001))


Hook = Callable[[LocalExchange], object]


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        (lambda exchange: exchange.skip("NOPE", 1), "no symbol 'NOPE' here: BTCUSDT, ETHUSDT"),
        (lambda exchange: exchange.poison("BTCUSDT", "arsenic"), "no poison 'arsenic': nan, infinity"),
        (lambda exchange: exchange.set_speed(-1), "not -1"),
    ],
)
async def test_what_cannot_be_done_is_said(market: RecordedMarket, hook: Hook, says: str) -> None:
    async with LocalExchange(market) as exchange:
        with pytest.raises(UsageError, match=says):
            hook(exchange)
