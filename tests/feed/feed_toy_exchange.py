"""A venue of a few lines that speaks Binance's dialect on loopback and does exactly what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from aiohttp import WSMsgType, web

from core.types import Symbols
from core.venues.binance import Binance


class ToyExchange:
    """Prints have ids in order; `print` sends one, `hush` keeps it to REST, and the switches break what they name."""

    def __init__(self) -> None:
        self.prints: dict[str, dict[int, dict[str, Any]]] = {"BTCUSDT": {}, "ETHUSDT": {}, "BNBUSDT": {}}
        self.sockets: list[web.WebSocketResponse] = []
        self.subscribed: dict[web.WebSocketResponse, set[str]] = {}
        self.requests: Counter[str] = Counter()
        self.connects = 0
        self.answers_subscriptions = True
        self.subscription_error: str | None = None
        self.handshake_status = 0
        self.rest_status = 0
        self.rest_body: bytes | None = None
        self.retry_after = ""
        self.unknown: set[int] = set()  # ids REST does not know either
        self.base = ""

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_get("/stream", self._stream)
        app.router.add_get("/api/v3/{what}", self._rest)
        app.router.add_get("/api/v3/ticker/24hr", self._rest)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        self.drop()
        await self._runner.cleanup()

    def venue(self, symbols: Symbols) -> Binance:
        base = f"127.0.0.1:{self.port}"
        return Binance(symbols, ws_url=f"ws://{base}", rest_url=f"http://{base}")

    def hush(self, name: str, ids: Iterable[int], price: float = 100.0) -> None:
        """Prints that happen, and are not streamed."""
        for id_ in ids:
            row = {"e": "aggTrade", "E": 1, "s": name, "a": id_, "p": f"{price:.2f}", "q": "1.0", "f": id_, "l": id_}
            self.prints[name][id_] = {**row, "T": 1_700_000_000_000_000 + id_, "m": False, "M": True}

    async def print(self, name: str, ids: Iterable[int], price: float = 100.0) -> None:
        """Prints that happen and are streamed to whoever subscribed."""
        ids = list(ids)
        self.hush(name, ids, price)
        await self.send(name, ids)

    async def send(self, name: str, ids: Iterable[int]) -> None:
        """Stream prints (again)."""
        stream = f"{name.lower()}@aggTrade"
        frames = [json.dumps({"stream": stream, "data": self.prints[name][id_]}) for id_ in ids]
        for socket in self.sockets:
            if stream in self.subscribed[socket] and not socket.closed:
                for frame in frames:
                    await socket.send_str(frame)

    async def say(self, text: str) -> None:
        """Send any frame to all."""
        for socket in self.sockets:
            await socket.send_str(text)

    def drop(self) -> None:
        """Cut every socket without a word."""
        for socket in self.sockets:
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    def listens(self, name: str) -> bool:
        """Whether a live socket has subscribed to a symbol's prints."""
        return any(f"{name.lower()}@aggTrade" in self.subscribed[socket] for socket in self.sockets if not socket.closed)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.connects += 1
        if self.handshake_status:
            return web.Response(status=self.handshake_status, headers={"Retry-After": self.retry_after} if self.retry_after else {})
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self.sockets.append(socket)
        self.subscribed[socket] = set()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._answer(socket, json.loads(message.data))
        finally:
            self.sockets.remove(socket)
        return socket

    async def _answer(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        self.requests[message["method"]] += 1
        if self.subscription_error:
            await socket.send_str(json.dumps({"error": {"code": 2, "msg": self.subscription_error}, "id": message["id"]}))
            return
        if message["method"] == "SUBSCRIBE":
            self.subscribed[socket] |= set(message["params"])
        else:
            self.subscribed[socket] -= set(message["params"])
        if self.answers_subscriptions:
            await socket.send_str(json.dumps({"result": None, "id": message["id"]}))

    async def _rest(self, request: web.Request) -> web.Response:
        what = request.path.rpartition("/")[2]
        self.requests[what] += 1
        if self.rest_status:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=self.rest_status, body=b'{"code":-1003,"msg":"Too many requests."}', headers=headers)
        if self.rest_body is not None:
            return web.Response(body=self.rest_body)
        if what == "exchangeInfo":
            return web.json_response({"symbols": [self._listed(name) for name in self.prints]})
        if what == "24hr":
            names = json.loads(request.query["symbols"])
            figures = {"lastPrice": "100.0", "priceChangePercent": "1.5", "volume": "7.0"}
            return web.json_response([{"symbol": name, **figures} for name in names])
        if what == "time":
            return web.json_response({"serverTime": 1_700_000_000_000})
        if what == "aggTrades":
            first, limit = int(request.query["fromId"]), int(request.query["limit"])
            known = self.prints[request.query["symbol"]]
            return web.json_response([known[id_] for id_ in sorted(known) if id_ >= first and id_ not in self.unknown][:limit])
        return web.Response(status=404, body=b"{}")

    @staticmethod
    def _listed(name: str) -> dict[str, Any]:
        return {"symbol": name, "status": "TRADING", "baseAsset": name[:3], "quoteAsset": "USDT", "filters": []}


async def until(condition: Any, within_s: float = 30.0) -> None:
    """Return once the condition holds.

    Raises:
        TimeoutError: it did not in time.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the condition may be anything, and has no event
            await asyncio.sleep(0.005)
