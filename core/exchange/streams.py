"""The WebSocket side: handshakes within the venue's limits, requests answered, clients pinged and shown out; and doors that stay shut."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Sequence
from typing import Literal, TypeAlias

from aiohttp import WSMsgType, web

from core.exchange import wire
from core.exchange.hub import Hub
from core.exchange.limits import Policy
from core.exchange.market import Market
from core.exchange.player import Player
from core.exchange.sessions import Catalogue, Session

_WINDOW_S = 300.0
_LARGEST_REQUEST = 1 << 18
POLICY_VIOLATION, GOING_AWAY = 1008, 1001
_PING, _PONG = b"\x89", b"\x8a"

#: How a connection is not taken: told 503, closed without a word, or never answered.
Refused: TypeAlias = Literal["503", "close", "hang"]


class Door:
    """How new connections are met; times are the event loop's.

    Attributes:
        acknowledge: requests on a mute connection are answered.
        open: set when nobody must be left hanging any more.
    """

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self._refused: Refused = "503"
        self._refused_until = 0.0
        self._mute_until = 0.0
        self.acknowledge = True

    def refuse(self, how: Refused, until: float) -> None:
        """Take no connection."""
        self._refused, self._refused_until = how, until

    def mute(self, until: float) -> None:
        """Take connections, and never send on them."""
        self._mute_until = until

    def is_mute(self, now: float) -> bool:
        return now < self._mute_until

    async def meet(self, request: web.Request, now: float) -> None:
        """
        Raises:
            HTTPException: this connection is not taken.
        """
        if now >= self._refused_until:
            return
        if self._refused == "hang":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.open.wait(), None if math.isinf(self._refused_until) else self._refused_until - now)
        # One who was left hanging may have gone.
        if self._refused != "503" and request.transport is not None:
            request.transport.abort()
        raise web.HTTPServiceUnavailable


class Streams:
    """Takes connections for a hub.

    Attributes:
        connects: loop times of the latest connections, refused ones included.
        subscribed: set with the first subscription to something that flows.
    """

    def __init__(self, market: Market, hub: Hub, player: Player, policy: Policy) -> None:
        self._market = market
        self._hub = hub
        self._player = player
        self._policy = policy
        self._catalogue = Catalogue(market.listings)
        self.door = Door()
        self.connects: deque[float] = deque(maxlen=10_000)
        self.subscribed = asyncio.Event()

    async def raw(self, request: web.Request) -> web.StreamResponse:
        """`/ws` and `/ws/<streams>`."""
        return await self._serve(request, request.match_info.get("streams", ""), combined=False)

    async def combined(self, request: web.Request) -> web.StreamResponse:
        """`/stream?streams=<streams>`."""
        return await self._serve(request, request.query.get("streams", ""), combined=True)

    async def drop(self, sessions: Sequence[Session]) -> None:
        """Cut these without a close frame, as a broken line does."""
        for session in sessions:
            session.drop()
        for session in sessions:
            await session.gone.wait()

    async def _serve(self, request: web.Request, names: str, *, combined: bool) -> web.StreamResponse:
        now = asyncio.get_running_loop().time()
        self.connects.append(now)
        await self.door.meet(request, now)
        streams = [name for name in names.split("/") if name]
        unit = {"MILLISECOND": wire.MILLISECOND, "MICROSECOND": wire.MICROSECOND}.get(request.query.get("timeUnit", "MILLISECOND").upper())
        if unit is None or len(streams) > self._policy.max_streams or request.transport is None:
            raise web.HTTPBadRequest
        if sum(moment > now - _WINDOW_S for moment in self.connects) > self._policy.connects_per_5min:
            raise web.HTTPTooManyRequests
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=_LARGEST_REQUEST, timeout=2.0)
        await socket.prepare(request)
        session = Session(request.transport, socket, self._catalogue, combined=combined, unit=unit, max_streams=self._policy.max_streams)
        session.mute, session.acknowledges = self.door.is_mute(now), self.door.acknowledge or not self.door.is_mute(now)
        self._hub.sessions.add(session)
        keeper = asyncio.create_task(self._keep(session))
        try:
            session.subscribe(streams)
            self._start_if_listened_to(session)
            await self._listen(session)
        finally:
            self._hub.sessions.discard(session)
            session.gone.set()
            keeper.cancel()
        return socket

    async def _listen(self, session: Session) -> None:
        """Take a client's requests until it leaves."""
        async for message in session.socket:
            now = asyncio.get_running_loop().time()
            if session.half_open:
                continue
            if session.exceeds(self._policy.messages_per_s, now):
                await session.socket.close(code=POLICY_VIOLATION, message=b"Too many requests")
            elif message.type is WSMsgType.TEXT:
                session.answer(message.data)
                self._start_if_listened_to(session)
            elif message.type is WSMsgType.PING:
                session.write(_control(_PONG, bytes(message.data)))
            elif message.type is WSMsgType.PONG:
                session.last_pong = now

    async def _keep(self, session: Session) -> None:
        """Ping a client, and close when it does not answer or its day is over; one that gets nothing more is let be."""
        policy, loop = self._policy, asyncio.get_running_loop()
        next_ping = session.opened + policy.ping_interval_s
        while True:
            silent_at, old_at = session.last_pong + policy.pong_timeout_s, session.opened + policy.max_age_s
            await asyncio.sleep(max(0.0, min(next_ping, silent_at, old_at) - loop.time()))
            now = loop.time()
            if not session.speaks:
                return
            if now >= old_at:
                await session.close(GOING_AWAY, "")
                return
            if now >= session.last_pong + policy.pong_timeout_s:
                await session.close(POLICY_VIOLATION, "Pong timeout")
                return
            if now >= next_ping:
                session.write(_control(_PING, str(self._market.clock_us() // 1000).encode()))
                next_ping += policy.ping_interval_s

    def _start_if_listened_to(self, session: Session) -> None:
        if session.sources:
            self._player.start()
            self.subscribed.set()


def _control(opcode: bytes, payload: bytes) -> bytes:
    return opcode + bytes((len(payload),)) + payload
