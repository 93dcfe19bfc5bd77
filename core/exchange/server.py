"""The local exchange: one port on loopback that serves a market's streams and REST as Binance does, and can misbehave on request."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections import deque
from types import TracebackType

from aiohttp import WSMsgType, web

from core.errors import UsageError
from core.exchange import wire
from core.exchange.hub import Hub
from core.exchange.limits import Policy
from core.exchange.market import Market
from core.exchange.player import Player
from core.exchange.rest import Rejection, Rest
from core.exchange.sessions import Catalogue, Session

_log = logging.getLogger(__name__)

_WINDOW_S = 300.0
_LARGEST_REQUEST = 1 << 18
_POLICY_VIOLATION, _GOING_AWAY = 1008, 1001
_PING, _PONG = b"\x89", b"\x8a"


class LocalExchange:
    """Serves a market; an async context manager.

    A recording starts to play with the first subscription (or at once with `autostart`), at `speed` times its own pace; speed 0 is as
    fast as clients read. `ws_url` and `rest_url` are bases without a path, as the venue documents its own.

    Attributes:
        ws_url, rest_url: where it listens.
        connects: loop times of the latest connections.
        rest: the REST side; its `requests` tell what was asked.
        finished: set when a recording has been played to its end.
    """

    def __init__(
        self,
        market: Market,
        *,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        autostart: bool = False,
        start_delay: float = 0.0,
        policy: Policy | None = None,
    ) -> None:
        """
        Raises:
            UsageError: `host` is not a loopback address, or `speed` is negative.
        """
        if not _is_loopback(host):
            raise UsageError(f"the local exchange serves loopback only, not {host}")
        if not 0 <= speed < float("inf"):
            raise UsageError(f"speed is a factor of 0 (as fast as it is read) or more, not {speed}")
        self._market = market
        self._policy = policy or Policy()
        self._hub = Hub(market.listings)
        self._player = Player(market, self._hub, speed=speed, start_delay=start_delay)
        self._catalogue = Catalogue(market.listings)
        self._numbers = {item.symbol: number for number, item in enumerate(market.listings)}
        self._address = (host, port)
        self._autostart = autostart
        self._connects: deque[float] = deque()
        self._task: asyncio.Task[None] | None = None
        self.rest = Rest(market, self._policy.weight_per_min)
        self.connects: deque[float] = deque(maxlen=10_000)
        self.finished = self._player.finished
        app = web.Application()
        app.router.add_get("/ws", self._raw)
        app.router.add_get("/ws/{streams:.*}", self._raw)
        app.router.add_get("/stream", self._combined)
        app.router.add_route("*", "/{path:.*}", self.rest.handle)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)

    async def __aenter__(self) -> LocalExchange:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        host, port = self._address
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound_host, bound_port = self._runner.addresses[0][:2]
        authority = f"[{bound_host}]:{bound_port}" if ":" in bound_host else f"{bound_host}:{bound_port}"
        self.ws_url, self.rest_url = f"ws://{authority}", f"http://{authority}"
        self._task = asyncio.create_task(self._player.run())
        if self._autostart:
            self._player.start()

    async def stop(self) -> None:
        """Cut every connection and close the port."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.drop_connections()
        await self._runner.cleanup()

    async def wait(self) -> None:
        """Until playing fails; a recording that has ended is still served.

        Raises:
            Exception: what playing failed with.
        """
        assert self._task is not None
        await self._task
        await asyncio.Event().wait()

    async def drop_connections(self) -> None:
        """Cut every stream without a close frame, as a broken line does."""
        sessions = list(self._hub.sessions)
        for session in sessions:
            session.drop()
        for session in sessions:
            await session.gone.wait()

    def skip(self, symbol: str, count: int) -> None:
        """Keep the next prints of a symbol from the streams; REST has them."""
        self._hub.withhold(self._numbers[symbol], count)

    def duplicate(self, symbol: str, count: int) -> None:
        """Send the next prints of a symbol twice."""
        self._hub.repeat(self._numbers[symbol], count)

    def reject_rest(self, status: int, retry_after: float | None = None, count: int = 1) -> None:
        """Refuse the next requests with this status."""
        self.rest.rejection = Rejection(status, retry_after, count)

    def inject(self, text: str) -> None:
        """Send a text frame as it is to every client."""
        for session in self._hub.sessions:
            session.write(wire.websocket_frame(text))

    def announce_shutdown(self) -> None:
        """Tell every client that the server is about to close."""
        for session in self._hub.sessions:
            session.write(wire.websocket_frame(wire.shutdown_notice(self._market.clock_us(), session.unit, session.combined)))

    def pause(self) -> None:
        """Connected and silent, until resumed."""
        self._player.pause()

    def resume(self) -> None:
        """Go on where it stopped."""
        self._player.resume()

    async def _raw(self, request: web.Request) -> web.StreamResponse:
        streams = request.match_info.get("streams", "")
        return await self._serve(request, [name for name in streams.split("/") if name], combined=False)

    async def _combined(self, request: web.Request) -> web.StreamResponse:
        streams = request.query.get("streams", "")
        return await self._serve(request, [name for name in streams.split("/") if name], combined=True)

    async def _serve(self, request: web.Request, streams: list[str], *, combined: bool) -> web.StreamResponse:
        now = asyncio.get_running_loop().time()
        self.connects.append(now)
        unit = {"MILLISECOND": wire.MILLISECOND, "MICROSECOND": wire.MICROSECOND}.get(request.query.get("timeUnit", "MILLISECOND").upper())
        if unit is None or len(streams) > self._policy.max_streams or request.transport is None:
            raise web.HTTPBadRequest
        if sum(moment > now - _WINDOW_S for moment in self.connects) > self._policy.connects_per_5min:
            raise web.HTTPTooManyRequests
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=_LARGEST_REQUEST, timeout=2.0)
        await socket.prepare(request)
        session = Session(request.transport, self._catalogue, combined=combined, unit=unit, max_streams=self._policy.max_streams)
        self._hub.sessions.add(session)
        keeper = asyncio.create_task(self._keep(session, socket))
        try:
            session.subscribe(streams)
            self._start_if_listened_to(session)
            await self._listen(session, socket)
        finally:
            self._hub.sessions.discard(session)
            session.gone.set()
            keeper.cancel()
        return socket

    async def _listen(self, session: Session, socket: web.WebSocketResponse) -> None:
        """Take a client's requests until it leaves."""
        async for message in socket:
            now = asyncio.get_running_loop().time()
            if session.exceeds(self._policy.messages_per_s, now):
                await socket.close(code=_POLICY_VIOLATION, message=b"Too many requests")
            elif message.type is WSMsgType.TEXT:
                session.answer(message.data)
                self._start_if_listened_to(session)
            elif message.type is WSMsgType.PING:
                session.write(_control(_PONG, bytes(message.data)))
            elif message.type is WSMsgType.PONG:
                session.last_pong = now

    async def _keep(self, session: Session, socket: web.WebSocketResponse) -> None:
        """Ping a client, and close when it does not answer or its day is over."""
        policy, loop = self._policy, asyncio.get_running_loop()
        next_ping = session.opened + policy.ping_interval_s
        while True:
            silent_at, old_at = session.last_pong + policy.pong_timeout_s, session.opened + policy.max_age_s
            await asyncio.sleep(max(0.0, min(next_ping, silent_at, old_at) - loop.time()))
            now = loop.time()
            if now >= old_at:
                await socket.close(code=_GOING_AWAY, message=b"")
                return
            if now >= session.last_pong + policy.pong_timeout_s:
                await socket.close(code=_POLICY_VIOLATION, message=b"Pong timeout")
                return
            if now >= next_ping:
                session.write(_control(_PING, str(self._market.clock_us() // 1000).encode()))
                next_ping += policy.ping_interval_s

    def _start_if_listened_to(self, session: Session) -> None:
        if session.sources:
            self._player.start()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _control(opcode: bytes, payload: bytes) -> bytes:
    return opcode + bytes((len(payload),)) + payload
