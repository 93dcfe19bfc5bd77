"""A venue that costs next to nothing: prints rendered by the thousand and written straight to the socket, so that the reader is measured.

One process: Binance's stream and the few REST calls an engine needs, on loopback. It prints five times a second by itself, and at a rate,
or as fast as it is read, when told to over a pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection as Pipe
from typing import Any

import numpy as np
import uvloop
from aiohttp import web
from numpy.typing import NDArray
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

NAMES = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT")
FIRST_ID = 1_000_000_000
PRINT = (
    '{"stream":"%s@aggTrade","data":{"e":"aggTrade","E":TTTTTTTTTTTTTTTT,"s":"%s","a":IIIIIIIIII,"p":"PPPPP.PP000000",'
    '"q":"0.02000000","f":1,"l":1,"T":TTTTTTTTTTTTTTTT,"m":true,"M":true}}'
)
QUOTE = '{"stream":"%s@bookTicker","data":{"u":IIIIIIIIII,"s":"%s","b":"PPPPP.PP000000","B":"3.78826000","a":"99999.00000000","A":"1.5"}}'

#: Frames of a block in a flood, and bytes that may wait in the process before it stops writing.
BLOCK, HIGH_WATER = 500, 1 << 18

#: The walk of prices, in cents, goes round.
_WALK = 1 << 16


class Template:
    """The same frame of every symbol as rows of bytes, and where its digits lie; the names are of one length."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        payloads = [(text % (name.lower(), name)).encode() for name in names]
        size = len(payloads[0])
        assert 125 < size < 65_536
        head = bytes((0x81, 126, size >> 8, size & 255))
        self.rows = np.frombuffer(b"".join(head + payload for payload in payloads), np.uint8).reshape(len(names), -1)
        frame = head + payloads[0]
        self.times = [at for at in range(len(frame)) if frame[at : at + 16] == b"T" * 16]
        self.id = frame.index(b"I" * 10)
        self.price = frame.index(b"PPPPP.PP")


class Printer:
    """Renders frames: symbols in turn, the ids of each without a hole, prices on a random walk."""

    def __init__(self, names: Sequence[str] = NAMES, seed: int = 1) -> None:
        self.printed = 0
        rng = np.random.default_rng(seed)
        steps = rng.integers(-300, 301, (len(names), _WALK // 2))
        walk = np.cumsum(np.concatenate([steps, -steps[:, ::-1]], axis=1), axis=1, dtype="i4")  # ends where it began
        self._cents = np.clip(5_000_000 + walk, 1_000_000, 9_000_000)
        self._names = len(names)
        self._print, self._quote = Template(PRINT, names), Template(QUOTE, names)

    def frames(self, count: int, quotes: bool = False) -> bytes:
        """The next prints, stamped with the time it is now; each after a quote of its symbol if there are to be quotes."""
        return self.rows(count, quotes)[1].tobytes()

    def rows(self, count: int, quotes: bool) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """The same as ((n,) places of their names, (n, bytes) frames)."""
        number = np.arange(self.printed, self.printed + count)
        self.printed += count
        symbol, turn = number % self._names, number // self._names
        cents = self._cents[symbol, turn % _WALK]
        prints = self._fill(self._print, symbol, turn + FIRST_ID, cents)
        if not quotes:
            return symbol, prints
        return symbol, np.concatenate([self._fill(self._quote, symbol, turn + FIRST_ID, cents), prints], axis=1)

    @staticmethod
    def _fill(template: Template, symbol: NDArray[Any], id_: NDArray[Any], cents: NDArray[Any]) -> NDArray[np.uint8]:
        rows: NDArray[np.uint8] = template.rows[symbol]
        now = np.frombuffer(b"%016d" % (time.time_ns() // 1000), np.uint8)
        for at in template.times:
            rows[:, at : at + 16] = now
        for place in range(10):
            rows[:, template.id + 9 - place] = id_ // 10**place % 10 + 48
        for place, column in enumerate((7, 6, 4, 3, 2, 1, 0)):
            rows[:, template.price + column] = cents // 10**place % 10 + 48
        return rows


class LeanVenue:
    """The streams and their reader; one engine at a time.

    Attributes:
        reader: the newest connection that subscribed to anything.
    """

    def __init__(self, names: Sequence[str] = NAMES) -> None:
        self.names = names
        self.printer = Printer(names)
        self.reader: ServerConnection | None = None
        self._telling = asyncio.Lock()

    async def stream(self, socket: ServerConnection) -> None:
        """One connection: subscriptions are confirmed, prints go to the newest one."""
        socket.transport.set_write_buffer_limits(high=HIGH_WATER)
        try:
            async for message in socket:
                asked = json.loads(message)
                await socket.send(json.dumps({"result": None, "id": asked["id"]}))
                self.reader = socket
                self.subscribed(socket, asked["params"])
        except ConnectionClosed:
            pass
        finally:
            if self.reader is socket:
                self.reader = None

    def subscribed(self, socket: ServerConnection, streams: list[str]) -> None:
        """A connection listens to these, too."""

    async def write(self, count: int, quotes: bool = False) -> None:
        """The next prints, to the reader, as fast as it reads."""
        if self.reader is not None:
            self.reader.transport.write(self.printer.frames(count, quotes))
            await self.reader.drain()

    async def idle(self) -> None:
        """A quiet market."""
        while True:
            await asyncio.sleep(1.0)
            if not self._telling.locked() and self.reader is not None:
                await self.write(len(self.names))

    async def pace(self, rate: float, seconds: float, quotes: bool) -> dict[str, float]:
        """At a rate, in turns of about a millisecond, whatever the reader does; how far the reader made it fall behind."""
        assert self.reader is not None
        async with self._telling:
            began, first, held = time.perf_counter(), self.printer.printed, 0
            while (passed := time.perf_counter() - began) < seconds and self.reader is not None:
                due = int(passed * rate) - (self.printer.printed - first)
                held = max(held, due)
                if due > 0:
                    await self.write(min(due, 4 * BLOCK), quotes)
                time.sleep(0.0001)  # noqa: ASYNC251 - uvloop sleeps whole milliseconds and spins through shorter ones
                await asyncio.sleep(0)
            return {"printed": self.printer.printed - first, "seconds": time.perf_counter() - began, "held_back": held}

    async def flood(self, seconds: float, quotes: bool) -> dict[str, float]:
        """As fast as the reader reads."""
        assert self.reader is not None
        async with self._telling:
            began, first = time.perf_counter(), self.printer.printed
            while time.perf_counter() - began < seconds and self.reader is not None:
                await self.write(BLOCK, quotes)
            return {"printed": self.printer.printed - first, "seconds": time.perf_counter() - began}


def _listed(names: Sequence[str]) -> dict[str, Any]:
    filters = [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}, {"filterType": "LOT_SIZE", "stepSize": "0.00001"}]
    asset = {"status": "TRADING", "quoteAsset": "USDT", "filters": filters, "permissions": []}
    return {"symbols": [{"symbol": name, "baseAsset": name.removesuffix("USDT"), **asset} for name in names]}


async def _time(_request: web.Request) -> web.Response:
    return web.json_response({"serverTime": time.time_ns() // 1000})


async def _nothing(_request: web.Request) -> web.Response:
    return web.json_response([])


async def _serve(pipe: Pipe, venue: LeanVenue) -> None:
    async def info(_request: web.Request) -> web.Response:
        return web.json_response(_listed(venue.names))

    app = web.Application()
    app.router.add_get("/api/v3/exchangeInfo", info)
    app.router.add_get("/api/v3/time", _time)
    app.router.add_get("/{path:.*}", _nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    loop = asyncio.get_running_loop()
    async with serve(venue.stream, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        idle = asyncio.create_task(venue.idle())
        pipe.send((f"ws://127.0.0.1:{_port(server.sockets)}", f"http://127.0.0.1:{runner.addresses[0][1]}"))
        while (order := await loop.run_in_executor(None, pipe.recv)) is not None:
            work, *arguments = order
            pipe.send(await (venue.flood(*arguments) if work == "flood" else venue.pace(*arguments)))
        idle.cancel()
    await runner.cleanup()


def _port(sockets: Any) -> int:
    return int(next(iter(sockets)).getsockname()[1])


def run(pipe: Pipe, venue: type[LeanVenue] = LeanVenue) -> None:
    """The process: says its two addresses, then obeys ("pace", rate, seconds, quotes) and ("flood", seconds, quotes); None ends it."""
    with contextlib.suppress(KeyboardInterrupt, EOFError):
        uvloop.run(_serve(pipe, venue()))
