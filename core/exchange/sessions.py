"""One client of the streams: what it listens to, and the requests it may send, answered in the venue's words.

Source: "Live Subscribing/Unsubscribing to streams", https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from core.exchange.market import Listing
from core.exchange.rows import STREAMS, Source
from core.exchange.wire import stream_name, websocket_frame

_STREAM = re.compile(r"!?[^\s@!/]{1,64}(@[^\s@!/]{1,40}){1,2}|![^\s/]{1,64}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class Catalogue:
    """The streams that carry data, by name."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._sources: dict[str, Source] = {
            stream_name(item.symbol, kind): (int(kind), number) for number, item in enumerate(listings) for kind in STREAMS
        }

    def source(self, stream: str) -> Source | None:
        """Where a stream's events come from; None when nothing is ever sent on it."""
        name, at, kind = stream.partition("@")
        return self._sources.get(name.lower() + at + kind)


class Session:
    """A connection's subscriptions, and the way to its socket.

    Attributes:
        half_open: the server neither reads nor writes any more; the connection stays.
        mute: it reads, and writes nothing but answers to requests.
        acknowledges: requests are answered.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        socket: web.WebSocketResponse,
        catalogue: Catalogue,
        *,
        combined: bool,
        unit: int,
        max_streams: int,
    ) -> None:
        self.socket = socket
        self.half_open = False
        self.mute = False
        self.acknowledges = True
        self._transport = transport
        self._catalogue = catalogue
        self._max_streams = max_streams
        self._streams: dict[str, Source | None] = {}
        self._inbound: deque[float] = deque()
        self.combined = combined
        self.unit = unit
        self.gone = asyncio.Event()
        self.sources: frozenset[Source] = frozenset()
        self.last_pong = self.opened = asyncio.get_running_loop().time()

    @property
    def backlog(self) -> int:
        """Bytes the client has yet to read; of one that gets no more, none."""
        return 0 if self._transport.is_closing() or self.half_open else self._transport.get_write_buffer_size()

    @property
    def speaks(self) -> bool:
        """Data and pings go out on it."""
        return not (self.half_open or self.mute)

    def write(self, frames: bytes) -> None:
        """Send whole frames; to a connection that is going away, or that must not get any, nothing."""
        if self.speaks and not self._transport.is_closing():
            self._transport.write(frames)

    def freeze(self) -> None:
        """Read and write no more; the connection stays."""
        self.half_open = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    async def close(self, code: int, reason: str) -> None:
        """Close it in due form; one that gets nothing more is let be."""
        if not self.half_open:
            await self.socket.close(code=code, message=reason.encode())

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._transport.abort()

    def exceeds(self, messages_per_s: float, now: float) -> bool:
        """Note a message from the client; true when it sent more than it may in the last second."""
        self._inbound.append(now)
        while self._inbound[0] <= now - 1.0:
            self._inbound.popleft()
        return len(self._inbound) > messages_per_s

    def subscribe(self, streams: Sequence[str]) -> None:
        """Listen to these too."""
        self._streams |= {stream: self._catalogue.source(stream) for stream in streams}
        self._changed()

    def answer(self, text: str) -> None:
        """Carry out one request and send the reply before anything it makes flow."""
        request_id: Any = None
        try:
            request = json.loads(text)
            if not isinstance(request, dict):
                raise _Refused(2, "Invalid request: invalid type, expected struct Request")
            request_id = _request_id(request)
            reply: dict[str, Any] = {"result": self._result(request), "id": request_id}
        except (json.JSONDecodeError, RecursionError) as exc:
            line, column = (exc.lineno, exc.colno) if isinstance(exc, json.JSONDecodeError) else (1, 1)
            reply = _error(_Refused(3, f"Invalid JSON: expected value at line {line} column {column}"), None)
        except _Refused as exc:
            reply = _error(exc, request_id)
        if self.acknowledges and not self.half_open and not self._transport.is_closing():
            self._transport.write(websocket_frame(json.dumps(reply, separators=(",", ":"), ensure_ascii=False)))
        self._changed()

    def _result(self, request: dict[str, Any]) -> Any:
        method, params = request.get("method"), request.get("params", [])
        if method is None:
            raise _Refused(2, "Invalid request: missing field `method` at line 1 column 1")
        if method not in _METHODS:
            expected = ", ".join(f"`{name}`" for name in _METHODS)
            raise _Refused(2, f"Invalid request: unknown variant `{method}`, expected one of {expected}")
        if not isinstance(params, list):
            raise _Refused(2, "Invalid request: invalid type for `params`, expected a sequence")
        if method == "LIST_SUBSCRIPTIONS":
            return list(self._streams)
        if method in ("SET_PROPERTY", "GET_PROPERTY"):
            return self._property(method, params)
        if not params or not all(isinstance(name, str) and _STREAM.fullmatch(name) for name in params):
            raise _Refused(2, "Invalid request: invalid stream")
        if method == "UNSUBSCRIBE":
            for name in params:
                self._streams.pop(name, None)
            return None
        if len(self._streams.keys() | set(params)) > self._max_streams:
            raise _Refused(2, f"Invalid request: a connection may listen to {self._max_streams} streams")
        self._streams |= {name: self._catalogue.source(name) for name in params}
        return None

    def _property(self, method: str, params: list[Any]) -> bool | None:
        if not params or not isinstance(params[0], str):
            raise _Refused(2, "Invalid request: property name must be a string")
        if params[0] != "combined":
            raise _Refused(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self.combined
        if len(params) < 2 or not isinstance(params[1], bool):
            raise _Refused(1, "Invalid value type: expected Boolean")
        self.combined = params[1]
        return None

    def _changed(self) -> None:
        self.sources = frozenset(source for source in self._streams.values() if source is not None)


class _Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _error(refused: _Refused, request_id: Any) -> dict[str, Any]:
    return {"error": {"code": refused.code, "msg": str(refused)}, "id": request_id}


def _request_id(request: dict[str, Any]) -> Any:
    """The id to answer under: a 64-bit integer, a short string, or null."""
    value = request.get("id", False)
    if value is None or (isinstance(value, str) and _REQUEST_ID.fullmatch(value)):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    raise _Refused(2, "Invalid request: request ID must be an unsigned integer")
