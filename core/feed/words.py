"""Failures in words: one clean line a person can read on the screen, whoever raised it."""

from __future__ import annotations

import os

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.frames import Close

from core.errors import CockpitError, one_line


def why_failed(exc: BaseException) -> str:
    """Why a connection or a call failed, such as `connection refused` or `HTTP 503`."""
    if isinstance(exc, CockpitError):
        return one_line(str(exc))
    if isinstance(exc, TimeoutError):
        return "no answer in time"
    if isinstance(exc, InvalidStatus):
        return f"the venue answered HTTP {exc.response.status_code}"
    if isinstance(exc, ConnectionClosed):
        return why_closed(exc.rcvd, exc.sent)
    if isinstance(exc, InvalidHandshake | WebSocketException):
        return one_line(f"no WebSocket there: {exc}")
    if isinstance(exc, OSError) and exc.errno is not None:
        return one_line((os.strerror(exc.errno) if exc.errno > 0 else exc.strerror or str(exc)).lower())
    return one_line(str(exc)) or type(exc).__name__


def why_closed(received: Close | None, sent: Close | None) -> str:
    """Why a live connection ended, by the close frames of either side."""
    if received is not None:
        return _closed("the venue closed the connection", received)
    return "the connection was lost" if sent is None else _closed("the connection was closed from here", sent)


def _closed(who: str, close: Close) -> str:
    return one_line(f"{who} ({close.code}{': ' + close.reason if close.reason else ''})")
