"""Sends a venue's REST calls within its limits and puts every failure in one line; knows no endpoint of its own."""

from __future__ import annotations

import asyncio
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

#: What a parser may trip over in a body that is not what it should be.
SENSELESS = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError)


class Rest:
    """One venue's REST client. The session opens with the first call; `aclose` ends it.

    A venue that failed five calls in a row (no answer, HTTP 5xx, an answer without sense) is left alone for a while, and calls fail
    at once. One that refuses a call (HTTP 4xx) works.
    """

    def __init__(self, venue: Venue, quota: Quota, clock: Clock, *, timeout_s: float = 10.0) -> None:
        self._venue = venue
        self._quota = quota
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._try_ended = asyncio.Event()
        self._last_failure = ""

    async def ask(self, call: RestCall, parse: Callable[[bytes], T], *, background: bool = False) -> T:
        """The parsed answer to a call, sent when the weight budget allows; one in the background leaves some of that to others.

        Raises:
            RateLimited: the venue asked us to wait; calls made meanwhile wait for that long.
            VenueError: it refused, could not be reached, answered with something else, or is left alone after failing too often.
        """
        self._refuse_while_open()
        await self._quota.weight(call.weight, background=background)
        ticket = await self._admitted()
        ok: bool | None = None
        try:
            status, headers, body = await self._send(call)
            ok = None if status in SILENCE else status < 500
            self._quota.weight_said(self._venue.used_weight(headers))
            self._judge(call, status, headers, body)
            ok = False
            answer = parse(body)
            ok = True
            return answer
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            ok = False
            raise self._noted(ok, f"{self._venue.name} cannot be asked for {call.path}: {_words(exc)}") from exc
        except SENSELESS as exc:
            raise self._noted(ok, f"{self._venue.name} answered {call.path} with something else: {one_line(str(exc))}") from exc
        except VenueError as exc:
            self._noted(ok, str(exc))
            raise
        finally:
            self._quota.calls.end(ticket, self._clock.monotonic(), ok)
            self._try_ended.set()

    async def call(self, call: RestCall) -> bytes:
        """The body of the answer to a call; raises as `ask` does."""
        return await self.ask(call, bytes)

    def left_alone_s(self) -> float:
        """Seconds until calls are sent again, 0.0 when they are."""
        now, breaker = self._clock.monotonic(), self._quota.calls
        return breaker.wait(now) if breaker.state(now) == "open" else 0.0

    def silence_s(self) -> float:
        """Seconds of silence the venue still wants, 0.0 when none: calls wait for that long."""
        return self._quota.hold_left()

    def spare_s(self, call: RestCall) -> float:
        """Seconds until a call may be sent that is to hold up no other, 0.0 when now."""
        return self._quota.spare_wait(call.weight)

    async def aclose(self) -> None:
        """Close the connections it keeps; there are no more calls."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _admitted(self) -> int:
        """The breaker's leave for one try; while it allows one at a time, wait for the others."""
        while (ticket := self._quota.calls.admit(self._clock.monotonic())) is None:
            self._refuse_while_open()
            self._try_ended.clear()
            await self._try_ended.wait()
        return ticket

    def _refuse_while_open(self) -> None:
        if wait := self.left_alone_s():
            raise VenueError(f"{self._venue.name} is not asked for another {wait:.0f} s, it failed too often: {self._last_failure}")

    def _judge(self, call: RestCall, status: int, headers: dict[str, str], body: bytes) -> None:
        """Raise what a status that is no answer means."""
        if status in SILENCE:
            wait = retry_after(headers.get("retry-after"), self._clock.now_ns(), SILENCE[status])
            self._quota.hold(wait)
            raise RateLimited(f"{self._venue.name} asks to wait {wait:.0f} s ({self._refusal(status, body)})", wait)
        if status >= 300:
            raise VenueError(f"{self._venue.name} refused {call.path}: {self._refusal(status, body)}")

    async def _send(self, call: RestCall) -> tuple[int, dict[str, str], bytes]:
        if self._closed:  # who asks on while all ends must not open what nobody closes
            raise VenueError(f"{self._venue.name} is not asked any more: its feed has ended")
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

    def _noted(self, ok: bool | None, words: str) -> VenueError:
        """The error to raise; what failed is remembered for those who are refused later."""
        if ok is False:
            self._last_failure = words
        return VenueError(words)


def _words(exc: Exception) -> str:
    if isinstance(exc, aiohttp.ClientConnectorError):
        return why_failed(exc.os_error)
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return "the venue closed the connection"
    return why_failed(exc)
