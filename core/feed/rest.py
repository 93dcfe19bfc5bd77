"""Sends a venue's REST calls within its limits and puts every failure in one line; knows no endpoint of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import aiohttp

from core.clock import Clock
from core.errors import RateLimited, VenueError, one_line
from core.feed.quota import SILENCE, Quota, retry_after
from core.feed.words import why_failed
from core.venues.venue import RestCall, Venue

T = TypeVar("T")

#: No answer is longer; the list of symbols is the longest, at about 20 MB.
MAX_BODY = 64 << 20


class Rest:
    """One venue's REST client. The session opens with the first call; `aclose` ends it."""

    def __init__(self, venue: Venue, quota: Quota, clock: Clock, *, timeout_s: float = 10.0) -> None:
        self._venue = venue
        self._quota = quota
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, call: RestCall, parse: Callable[[bytes], T]) -> T:
        """The parsed answer to a call, sent when the weight budget allows.

        Raises:
            RateLimited: the venue asked us to wait; calls made meanwhile wait for that long.
            VenueError: it refused, could not be reached, or answered with something else.
        """
        body = await self.call(call)
        try:
            return parse(body)
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as exc:
            raise VenueError(f"{self._venue.name} answered {call.path} with something else: {one_line(str(exc))}") from exc

    async def call(self, call: RestCall) -> bytes:
        """The body of the answer to a call; raises as `ask` does."""
        await self._quota.weight(call.weight)
        try:
            status, headers, body = await self._send(call)
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            raise VenueError(f"{self._venue.name} cannot be asked for {call.path}: {_words(exc)}") from exc
        if status in SILENCE:
            wait = retry_after(headers.get("retry-after"), self._clock.now_ns(), SILENCE[status])
            self._quota.hold(wait)
            raise RateLimited(f"{self._venue.name} asks to wait {wait:.0f} s ({self._refusal(status, body)})", wait)
        if status >= 300:
            raise VenueError(f"{self._venue.name} refused {call.path}: {self._refusal(status, body)}")
        return body

    async def aclose(self) -> None:
        """Close the connections it keeps."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send(self, call: RestCall) -> tuple[int, dict[str, str], bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, trust_env=True)
        query = {key: str(value) for key, value in call.query.items()}
        url = self._venue.rest_url + call.path
        async with self._session.get(url, params=query, headers=call.headers, allow_redirects=False) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY:
                    raise aiohttp.ClientPayloadError(f"the answer is longer than {MAX_BODY >> 20} MB")
            return answer.status, {key.lower(): value for key, value in answer.headers.items()}, bytes(body)

    def _refusal(self, status: int, body: bytes) -> str:
        return one_line(self._venue.parse_error(status, body))


def _words(exc: Exception) -> str:
    if isinstance(exc, aiohttp.ClientConnectorError):
        return why_failed(exc.os_error)
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return "the venue closed the connection"
    return why_failed(exc)
