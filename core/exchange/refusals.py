"""REST refused and slow: 429 and 418 with `Retry-After`, a ban for those who go on calling, answers that take long."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from core.exchange.query import RestRefusal

_QUEUED = "Too many requests queued."
_BANNED = "Way too much request weight used; IP banned."


@dataclass(frozen=True, slots=True)
class Rejection:
    """What is answered instead of the truth.

    Attributes:
        status: 429, 418, 503, …
        retry_after: seconds to wait; None says nothing, unless the rejection has an end, which is told then.
        count: how many requests are refused; None: all until `for_s` is over.
        for_s: after this many seconds it is over; None: never before `count` is.
        date: `Retry-After` as an HTTP date, not in seconds.
        ban_after: refusals of 429 after which one who goes on calling gets 418; None: never.
        ban_s: how long a ban lasts.
    """

    status: int
    retry_after: float | None = None
    count: int | None = 1
    for_s: float | None = None
    date: bool = False
    ban_after: int | None = None
    ban_s: float = 10.0


class Refusals:
    """What REST has been told to do to its callers.

    Attributes:
        hurry: set when no answer must take its time any more.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._rejection = Rejection(429, count=0)
        self._since = 0.0
        self._refused = 0
        self._banned_until = 0.0
        self._slow = (0.0, 0.0)
        self.hurry = asyncio.Event()

    def reject(self, rejection: Rejection) -> None:
        """Refuse requests from now on; replaces an earlier rejection, a ban in force included."""
        self._rejection, self._since = rejection, self._monotonic()
        self._refused, self._banned_until = 0, 0.0

    def slow_down(self, seconds: float, for_s: float) -> None:
        """Answers take this long for a while."""
        self._slow = (seconds, self._monotonic() + for_s)

    async def dawdle(self) -> None:
        """Let an answer take as long as answers take now."""
        seconds, until = self._slow
        if seconds > 0 and self._monotonic() < until:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.hurry.wait(), seconds)

    def refuse_if_told(self) -> None:
        """
        Raises:
            RestRefusal: this request is refused.
        """
        now, told = self._monotonic(), self._rejection
        if now < self._banned_until:
            raise self._refusal(418, self._banned_until - now)
        ends_in = math.inf if told.for_s is None else self._since + told.for_s - now
        if ends_in <= 0 or (told.count is not None and self._refused >= told.count):
            return
        self._refused += 1
        if told.ban_after is not None and self._refused > told.ban_after:
            self._banned_until = now + told.ban_s
            raise self._refusal(418, told.ban_s)
        raise self._refusal(told.status, ends_in if told.retry_after is None and math.isfinite(ends_in) else told.retry_after)

    def _refusal(self, status: int, retry_after: float | None) -> RestRefusal:
        message = _BANNED if status == 418 else _QUEUED if status == 429 else "The server is not available."
        code = -1003 if status in (418, 429) else -1001
        return RestRefusal(code, message, status=status, retry_after=retry_after, date=self._rejection.date)


def retry_after_header(seconds: float, *, date: bool) -> str:
    """A `Retry-After` (RFC 9110, section 10.2.3) in whole seconds or as a date, never too early."""
    return formatdate(math.ceil(time.time() + seconds), usegmt=True) if date else str(math.ceil(seconds))
