"""Small recordings, clients and waiting, for the tests of the local exchange."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange

#: Receive time of the first frame and venue time of the first print of the small recording; the recorder's clock is behind.
RECV0 = 1_723_161_254_000_000_000
TIME0 = 1_723_161_255_300

Frame = tuple[int, str, dict[str, Any]]


def trade(
    number: int, price: str = "100.50", qty: str = "0.10", *, ms: int = 0, maker: bool = False, symbol: str = "BTCUSDT"
) -> dict[str, Any]:
    """A `trade` payload, `ms` after the first."""
    head = {"e": "trade", "E": TIME0 + ms + 1, "s": symbol, "t": number, "p": f"{price}000000", "q": f"{qty}000000"}
    return head | {"T": TIME0 + ms, "m": maker, "M": True}


def quote(update: int, bid: str = "100.40", ask: str = "100.50", *, symbol: str = "BTCUSDT") -> dict[str, Any]:
    """A `bookTicker` payload."""
    return {"u": update, "s": symbol, "b": f"{bid}000000", "B": "1.00000000", "a": f"{ask}000000", "A": "2.00000000"}


def small_market() -> list[Frame]:
    """Seven trades of BTCUSDT in four aggregates, two of ETHUSDT in two, quotes between, over 0.6 s."""
    return [
        (0, "btcusdt@bookTicker", quote(1)),
        (10, "btcusdt@trade", trade(501)),
        (10, "btcusdt@trade", trade(502, qty="0.20")),
        (100, "ethusdt@bookTicker", quote(7, "10.00", "10.10", symbol="ETHUSDT")),
        (110, "ethusdt@trade", trade(9, "10.10", ms=100, symbol="ETHUSDT")),
        (120, "btcusdt@trade", trade(503, ms=110)),
        (130, "btcusdt@bookTicker", quote(2, "100.30", "100.40")),
        (140, "btcusdt@trade", trade(504, "100.30", ms=130, maker=True)),
        (140, "btcusdt@trade", trade(505, "100.30", ms=130, maker=True)),
        (400, "btcusdt@trade", trade(506, "100.20", ms=390, maker=True)),
        (400, "btcusdt@trade", trade(507, "100.20", ms=390, maker=True)),
        (600, "ethusdt@trade", trade(10, "10.20", ms=590, symbol="ETHUSDT")),
    ]


def write(path: Path, frames: list[Frame]) -> Path:
    """A frame log; gzipped when its name says so."""
    lines = [f"{RECV0 + ms * 1_000_000} {envelope(stream, data)}\n" for ms, stream, data in frames]
    data = "".join(lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def envelope(stream: str, data: dict[str, Any]) -> str:
    """A combined-stream frame as the venue writes it."""
    return json.dumps({"stream": stream, "data": data}, separators=(",", ":"))


def recorded(folder: Path, frames: list[Frame] | None = None) -> RecordedMarket:
    """A market of these frames, by default the small one."""
    return RecordedMarket([write(folder / "market.log", small_market() if frames is None else frames)])


@asynccontextmanager
async def streaming(exchange: LocalExchange, path: str) -> AsyncIterator[ClientConnection]:
    """A connection to one of the exchange's stream paths."""
    async with connect(exchange.ws_url + path, compression=None, max_queue=None, close_timeout=1) as socket:
        yield socket


async def texts(socket: ClientConnection, count: int, deadline: float = 10.0) -> list[str]:
    """The next frames, as text."""
    async with asyncio.timeout(deadline):
        return [str(await socket.recv()) for _ in range(count)]


async def messages(socket: ClientConnection, count: int) -> list[Any]:
    """The next frames, decoded."""
    return [json.loads(text) for text in await texts(socket, count)]


async def ask(socket: ClientConnection, request: Any) -> Any:
    """Send a request and read the next frame."""
    await socket.send(request if isinstance(request, str) else json.dumps(request))
    return (await messages(socket, 1))[0]


async def get(exchange: LocalExchange, path: str, **query: str | int) -> tuple[int, Any, dict[str, str]]:
    """Status, decoded body and headers of a REST request; a `time_unit` goes into the header."""
    headers = {"X-MBX-TIME-UNIT": str(query.pop("time_unit"))} if "time_unit" in query else {}
    async with aiohttp.ClientSession() as client, client.get(exchange.rest_url + path, params=query, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None), dict(answer.headers)


async def until(condition: Callable[[], bool], deadline: float = 10.0) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(deadline):
        while not condition():  # noqa: ASYNC110  # what it waits for has no event
            await asyncio.sleep(0.005)
