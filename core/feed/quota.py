"""What one address may ask of one venue: connects and REST weight by its limits, and nothing at all while it told us to wait."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

from core.clock import Clock
from core.feed.buckets import TokenBucket
from core.venues.venue import Limits

#: Seconds of silence after a refusal that names none: 429 too many, 418 banned for going on.
SILENCE = {429: 10.0, 418: 120.0}


def retry_after(header: str | None, now_ns: int, default: float) -> float:
    """Seconds a `Retry-After` header asks for: a number or an HTTP date (RFC 9110, 10.2.3)."""
    text = (header or "").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_ns / 1e9)
    except (ValueError, OverflowError):
        return default


class Quota:
    """The limits of one venue, shared by all its connections and REST calls; waiters are served in order."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.held_until = float("-inf")
        self._clock = clock
        self._connects = TokenBucket(limits.connects_per_5min, 300.0)
        self._weight = TokenBucket(limits.rest_weight_per_min, 60.0)
        self._connect_turn = asyncio.Lock()
        self._weight_turn = asyncio.Lock()

    def hold(self, seconds: float) -> None:
        """The venue asked for silence: nothing is sent for so long."""
        self.held_until = max(self.held_until, self._clock.monotonic() + seconds)

    def hold_left(self) -> float:
        """Seconds of silence still to keep, 0.0 when there is none."""
        return max(0.0, self.held_until - self._clock.monotonic())

    async def connect(self) -> None:
        """Return when one more connection may be opened."""
        async with self._connect_turn:
            await self.spend(self._connects, 1.0)

    async def weight(self, amount: float) -> None:
        """Return when a REST call of this weight may be sent."""
        async with self._weight_turn:
            await self.spend(self._weight, amount)

    async def spend(self, bucket: TokenBucket, amount: float) -> None:
        """Return when `amount` is spent of a bucket and no silence is asked for."""
        while True:
            wait = self.hold_left() or bucket.take(self._clock.monotonic(), amount)
            if not wait:
                return
            await asyncio.sleep(wait)
