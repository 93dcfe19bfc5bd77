"""Faults of connections: half open, silent, mute, refused, cut off by a shutdown; each seen by a real client."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import websockets
from exchange_support import Frame, ask, get, messages, recorded, streaming, texts, trade, until
from websockets.asyncio.client import connect

from core.exchange.limits import Policy
from core.exchange.server import LocalExchange

CALM = Policy(messages_per_s=1000, ping_interval_s=0.05)
STREAM = "/ws/btcusdt@trade"


def steady(count: int = 400) -> list[Frame]:
    """A print of BTCUSDT every 10 ms, numbered from 1."""
    return [(10 * n, "btcusdt@trade", trade(n + 1, f"{100 + n}.00", ms=10 * n)) for n in range(count)]


@pytest_asyncio.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[LocalExchange]:
    """Four seconds of steady prints, not begun."""
    async with LocalExchange(recorded(tmp_path, steady()), policy=CALM) as exchange:
        yield exchange


async def nothing_comes(socket: websockets.ClientConnection, seconds: float = 0.2) -> bool:
    """No frame and no end of the connection in this time."""
    try:
        await asyncio.wait_for(socket.recv(), seconds)
    except TimeoutError:
        return True
    return False


async def drained(socket: websockets.ClientConnection) -> int:
    """Read what is on its way; the id of the last print."""
    last = 0
    while True:
        try:
            last = json.loads(await asyncio.wait_for(socket.recv(), 0.1))["t"]
        except TimeoutError:
            return last


async def test_a_half_open_connection_stays_and_neither_speaks_nor_listens(exchange: LocalExchange) -> None:
    async with streaming(exchange, STREAM) as old:
        await messages(old, 3)
        exchange.half_open()
        await drained(old)
        await old.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        pong = asyncio.ensure_future(await old.ping())
        assert await nothing_comes(old)
        assert not pong.done()
        assert old.close_code is None
        async with streaming(exchange, STREAM) as new:
            assert (await messages(new, 2))[1]["t"] > 3
        assert await nothing_comes(old, 0.05)
        await exchange.drop_connections()
        with pytest.raises(websockets.ConnectionClosedError):
            await texts(old, 1)


async def test_a_half_open_connection_is_reset_in_the_end(exchange: LocalExchange) -> None:
    async with streaming(exchange, STREAM) as socket:
        await messages(socket, 1)
        exchange.half_open(0.1)
        with pytest.raises(websockets.ConnectionClosedError):
            await texts(socket, 100)
        assert socket.close_code == 1006


async def test_when_all_is_half_open_a_handshake_is_not_answered(exchange: LocalExchange) -> None:
    exchange.half_open(math.inf, new_too=True)
    with pytest.raises(TimeoutError):
        async with connect(exchange.ws_url + STREAM, open_timeout=0.2):
            pass
    assert len(exchange.connects) == 1
    assert (await get(exchange, "/api/v3/ping"))[0] == 200


async def test_one_who_was_left_hanging_and_went_is_no_trouble(exchange: LocalExchange, caplog: pytest.LogCaptureFixture) -> None:
    exchange.half_open(0.4, new_too=True)
    with pytest.raises(TimeoutError):
        async with connect(exchange.ws_url + STREAM, open_timeout=0.1):
            pass
    with pytest.raises((websockets.InvalidMessage, ConnectionError)):
        await connect(exchange.ws_url + STREAM)
    async with streaming(exchange, STREAM) as socket:
        await messages(socket, 1)
    assert caplog.records == []


async def test_in_a_silence_pings_go_on_and_rest_has_what_was_not_said(exchange: LocalExchange) -> None:
    async with streaming(exchange, STREAM) as socket:
        await messages(socket, 1)
        exchange.silence(0.5)
        last = await drained(socket)
        await asyncio.wait_for(await socket.ping(), 5)
        assert (await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1}))["result"] == ["btcusdt@trade"]
        after = (await messages(socket, 1))[0]["t"]
    assert after > last + 10
    _, rows, _ = await get(exchange, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=last + 1, limit=after - last - 1)
    assert [row["id"] for row in rows] == list(range(last + 1, after))


@pytest.mark.parametrize("acknowledge", [True, False])
async def test_a_mute_connection_is_taken_and_never_sends(exchange: LocalExchange, acknowledge: bool) -> None:
    async with streaming(exchange, STREAM) as old:
        await messages(old, 1)
        exchange.mute(0.3, acknowledge=acknowledge)
        async with streaming(exchange, "/ws") as mute:
            await mute.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
            if acknowledge:
                assert await messages(mute, 1) == [{"result": None, "id": 1}]
            pong = asyncio.ensure_future(await mute.ping())
            assert await nothing_comes(mute, 0.5)
            assert not pong.done()
            # Its time is over, and it stays mute; a new connection does not.
            async with streaming(exchange, STREAM) as new:
                await messages(new, 1)
            assert await nothing_comes(mute, 0.05)
        await messages(old, 1)


async def test_a_refused_connection_is_told_503_and_later_taken(exchange: LocalExchange) -> None:
    exchange.refuse(0.3)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(exchange.ws_url + STREAM)
    assert refused.value.response.status_code == 503

    async def taken() -> list[Any]:
        while True:
            try:
                async with streaming(exchange, STREAM) as socket:
                    return await messages(socket, 1)
            except websockets.InvalidStatus:
                await asyncio.sleep(0.05)

    assert await asyncio.wait_for(taken(), 5)
    assert len(exchange.connects) > 2


async def test_a_connection_can_be_closed_at_once(exchange: LocalExchange) -> None:
    exchange.refuse(60, "close")
    with pytest.raises((websockets.InvalidMessage, ConnectionError)):
        await connect(exchange.ws_url + STREAM)


async def test_a_shutdown_is_announced_and_closes_the_old_connections_only(exchange: LocalExchange) -> None:
    async with streaming(exchange, STREAM) as old:
        await messages(old, 1)
        exchange.announce_shutdown(grace_s=0.2)
        async with streaming(exchange, STREAM) as new:
            async with asyncio.timeout(5):
                seen = [json.loads(text) async for text in old]
            assert [message["e"] for message in seen].count("serverShutdown") == 1
            assert seen[-1]["e"] == "trade"
            assert old.close_code == 1001
            fresh = await messages(new, 20)
            # The two overlap.
            assert fresh[0]["t"] <= seen[-1]["t"]
            await until(lambda: len(exchange.connects) == 2)
