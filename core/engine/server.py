"""The engine's one door for viewers and commands: a Unix socket, one reply a request, the caller's user checked.

Whatever a caller does, it costs the engine a bounded amount of memory and of the loop's time.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request as Opening
from websockets.http11 import Response

from core.engine.door import ARRIVING, MOST, SILENT_S, Budget, Caller, peer_of
from core.engine.listening import Listening
from core.errors import CockpitError
from core.view import PROTOCOL, Done, Hello, Pull, Refused, Reply, Request, Submit

log = structlog.get_logger("server")

T = TypeVar("T")

Answer = Callable[[Request], Awaitable[Reply]]

#: A request is a command or a question. Two of a connection may wait besides the one that is answered.
MAX_REQUEST_BYTES = 1 << 18
MAX_WAITING = 2

OPEN_S = 5.0

#: A caller that does not take its reply for so long is dropped.
SEND_S = 30.0

#: Requests that are none, after which a connection is closed.
MOST_JUNK = 20

#: Rows of a long answer that are packed at once; other work comes between.
SLICE = 500

#: What is refused again and again is one line in the log every so often.
LOG_S = 10.0

NO_REQUEST = "not a request this engine knows"

#: Why a caller is dropped that does not take what it asked for.
DEAF = "does not read"

#: Clients that are a screen somebody sits at; a `viewer` may not do anything.
SCREENS = ("tui", "viewer")


class Door:
    """Listens on the home's socket.

    Args:
        answer: what a request is answered with; CockpitErrors it raises become refusals.

    Attributes:
        viewers: connections of screens.
        refused: connections turned away or dropped, by reason.
    """

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = path
        self.viewers = 0
        self.refused: Counter[str] = Counter()
        self._answer = answer
        self._listening = Listening(path, self._bind)
        self._callers: set[Caller] = set()
        self._busy: set[asyncio.Task[Any]] = set()
        self._budget = Budget()
        self._logged = -LOG_S
        self._decoder = msgspec.msgpack.Decoder(Request)
        self._encoder = msgspec.msgpack.Encoder()

    async def open(self) -> None:
        """Listen."""
        await self._listening.open()

    async def keep(self) -> None:
        """Be reachable for ever, whoever deletes the socket; who is connected stays."""
        await self._listening.keep()

    async def _bind(self) -> Server:
        return await unix_serve(
            self._serve,
            str(self.path),
            create_connection=partial(Caller, self._arrived, self._left),
            process_request=self._let_in,
            compression=None,
            max_size=MAX_REQUEST_BYTES,
            max_queue=MAX_WAITING,
            open_timeout=OPEN_S,
            close_timeout=1,
            ping_interval=None,
        )

    async def close(self) -> None:
        """Stop listening and end every connection; what is not answered yet is given up."""
        for task in self._busy:
            task.cancel()
        await self._listening.close()

    def figures(self) -> dict[str, Any]:
        """Connections now, the screens that hold some of them (each has several), and those refused or dropped by reason."""
        screens = {caller.pid or id(caller) for caller in self._callers if caller.screen}
        return {"connections": len(self._callers), "screens": len(screens), "refused": dict(self.refused)}

    def _arrived(self, caller: Caller) -> bool:
        """Somebody connects; False where even being told to go would cost too much."""
        if len(self._callers) >= MOST + ARRIVING:
            self._note("too many connections")
            return False
        self._callers.add(caller)
        return True

    def _left(self, caller: Caller) -> None:
        self._callers.discard(caller)
        if caller.deaf:
            self._note(DEAF)

    def _let_in(self, connection: ServerConnection, _opening: Opening) -> Response | None:
        """None lets a caller in; else what it is told."""
        assert isinstance(connection, Caller)
        connection.pid, uid = peer_of(connection.transport.get_extra_info("socket"))
        if uid not in (os.geteuid(), 0, -1):
            self._note("another user")
            return connection.respond(403, "another user's engine\n")
        inside = [caller for caller in self._callers if caller is not connection]
        if len(inside) >= MOST:
            silent = min(inside, key=lambda caller: caller.heard)
            if time.monotonic() - silent.heard < SILENT_S:
                self._note("too many connections")
                return connection.respond(503, "too many connections\n")
            self._drop(silent, "silent while others wait")
        return None

    def _drop(self, caller: Caller, reason: str) -> None:
        self._note(reason)
        caller.transport.abort()

    def _note(self, reason: str) -> None:
        self.refused[reason] += 1
        now = time.monotonic()
        if now - self._logged >= LOG_S:
            self._logged = now
            log.warning("a connection was refused", reason=reason, so_far=dict(self.refused))

    async def _serve(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Caller)
        looks_only = False
        try:
            async for data in connection:
                await connection.wait_turn()
                await self._budget.wait()
                reply, client = await self._reply(data, looks_only)
                looks_only |= client == "viewer"
                if client in SCREENS and not connection.screen:
                    connection.screen = True
                    self.viewers += 1
                await self._send(connection, await self._pack(reply))
                connection.junk += isinstance(reply, Refused) and reply.message.startswith(NO_REQUEST)
                if connection.junk >= MOST_JUNK:
                    self._note("junk")
                    await connection.close(1008, "not our protocol")
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code == CloseCode.MESSAGE_TOO_BIG:
                self._note("request too long")
        finally:
            self.viewers -= connection.screen

    async def _send(self, caller: Caller, data: bytes) -> None:
        caller.owed = len(data)
        try:
            async with asyncio.timeout(SEND_S):
                await caller.send(data)
        except TimeoutError:
            self._drop(caller, DEAF)
        caller.owed = 0

    async def _pack(self, reply: Reply) -> bytes:
        """A reply as bytes; long answers in slices."""
        if isinstance(reply, Done) and isinstance(reply.data, list) and len(reply.data) > SLICE:
            rows, parts = reply.data, [b"\xdd" + len(reply.data).to_bytes(4, "big")]  # msgpack's array 32
            for start in range(0, len(rows), SLICE):
                parts += self._timed(partial(self._rows, rows[start : start + SLICE]))
                await asyncio.sleep(0)
            reply = Done(msgspec.Raw(b"".join(parts)))
        return self._timed(lambda: self._encoder.encode(reply))

    def _rows(self, rows: list[Any]) -> list[bytes]:
        return [self._encoder.encode(row) for row in rows]

    def _timed(self, work: Callable[[], T]) -> T:
        """Do it on the callers' account."""
        began = time.perf_counter()
        done = work()
        self._budget.spend(time.perf_counter() - began)
        return done

    async def _reply(self, data: str | bytes, looks_only: bool) -> tuple[Reply, str]:
        """The reply to a frame, and who says hello in it; '' nobody."""
        try:
            request = self._timed(lambda: self._decoder.decode(data if isinstance(data, bytes) else data.encode()))
        except (msgspec.MsgspecError, RecursionError) as error:
            return Refused(f"{NO_REQUEST}: {error}", 2), ""
        if isinstance(request, Hello):
            if request.protocol != PROTOCOL:
                return Refused(f"this engine speaks protocol {PROTOCOL}, the client {request.protocol}: restart the older one"), ""
            return Done({"protocol": PROTOCOL, "pid": os.getpid()}), request.client
        if looks_only and isinstance(request, Submit):
            return Refused("this connection only looks: it came as a viewer"), ""
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        began = time.perf_counter()
        try:
            return await self._answer(request), ""
        except CockpitError as error:
            return Refused(str(error), error.exit_code), ""
        except Exception:  # a viewer's request must not end the engine; it is logged and told
            log.exception("a request failed")
            return Refused("the engine failed on this request: see its log (cockpit logs)"), ""
        finally:
            self._busy.discard(task)
            if isinstance(request, Pull):  # the others wait for something most of the time
                self._budget.spend(time.perf_counter() - began)
