"""What one address may ask of one venue: connects and REST weight by its limits, and nothing at all while it told us to wait."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

from core.clock import Clock
from core.feed.breaker import ASK_AGAIN_S, Breaker
from core.feed.buckets import TokenBucket, Usage
from core.venues.venue import Limits

#: Seconds of silence after a refusal that names none: 429 too many, 418 banned for going on.
SILENCE = {429: 10.0, 418: 120.0}

#: Binance's longest ban; a header that asks for more is a mistake.
LONGEST_SILENCE_S = 3 * 86_400.0

#: The windows of the limits, in seconds. A minute of weight is counted where it arrives: a second more, for what is on its way.
_CONNECTS_S, _WEIGHT_S = 300.0, 61.0

#: Of the weight, what calls nobody waits for may use; and from where on they go at an even pace, so that what is used also comes free
#: at one. How far behind that pace they may make up for, in seconds.
BACKGROUND_SHARE, FAST_SHARE, _BEHIND_S = 0.95, 2 / 3, 1.0

#: Of the weight, up to where a call may go that is to hold up nobody: the rest is free for whoever comes next.
SPARE_SHARE = 0.25


def retry_after(header: str | None, now_ns: int, default: float) -> float:
    """Seconds a `Retry-After` header asks for: a number or an HTTP date (RFC 9110, 10.2.3)."""
    text = (header or "").strip()
    if text.isdecimal() and len(text) < 10:
        return min(float(text), LONGEST_SILENCE_S)
    try:
        asked = parsedate_to_datetime(text).timestamp() - now_ns / 1e9
    except (ValueError, OverflowError):
        return default
    return min(max(0.0, asked), LONGEST_SILENCE_S)


class Quota:
    """The limits of one venue, shared by all its connections and REST calls; waiters are served in order.

    Attributes:
        connects: breaker around opening connections.
        calls: breaker around REST calls.
        connects_used: connections opened in the last five minutes.
        weight_used: REST weight spent in the last minute, by others from this address too where the venue says so.
    """

    def __init__(self, limits: Limits, clock: Clock, *, breaker_open_s: float = 30.0) -> None:
        self.held_until = float("-inf")
        self.connects = Breaker(open_s=breaker_open_s)
        self.calls = Breaker(open_s=breaker_open_s)
        self.connects_used = Usage(limits.connects_per_5min, _CONNECTS_S)
        self.weight_used = Usage(limits.rest_weight_per_min, _WEIGHT_S)
        self._clock = clock
        self._connects = TokenBucket(limits.connects_per_5min, _CONNECTS_S)
        self._pace = BACKGROUND_SHARE * limits.rest_weight_per_min / _WEIGHT_S
        self._next_background = float("-inf")
        self._connect_turn = asyncio.Lock()
        self._weight_turn = asyncio.Lock()
        self._background_turn = asyncio.Lock()

    def hold(self, seconds: float) -> None:
        """The venue asked for silence: nothing is sent for so long."""
        self.held_until = max(self.held_until, self._clock.monotonic() + seconds)

    def hold_left(self) -> float:
        """Seconds of silence still to keep, 0.0 when there is none."""
        return max(0.0, self.held_until - self._clock.monotonic())

    async def silence(self) -> None:
        """Return when no silence is asked for."""
        while True:
            wait = self.hold_left()
            if not wait:
                return
            await asyncio.sleep(wait)

    async def connect(self) -> None:
        """Return when one more connection may be opened."""
        async with self._connect_turn:
            await self.spend(self._connects, 1.0)
            self.connects_used.note(self._clock.monotonic())

    async def weight(self, amount: float, *, background: bool = False) -> None:
        """Return when a REST call of this weight may be sent; one in the background lets all others go first."""
        async with self._background_turn if background else self._weight_turn:
            while True:
                wait = self.hold_left() or self._weight_wait(amount, background)
                if not wait:
                    break
                await asyncio.sleep(wait)
            now = self._clock.monotonic()
            self.weight_used.note(now, amount)
            if background:
                self._next_background = max(self._next_background, now - _BEHIND_S) + amount / self._pace

    def _weight_wait(self, amount: float, background: bool) -> float:
        now, used = self._clock.monotonic(), self.weight_used
        if not background:
            return used.wait(now, amount)
        paced = self._next_background - now if used.used(now) > used.limit * FAST_SHARE else 0.0
        return max(paced, used.wait(now, amount, BACKGROUND_SHARE))

    def spare_wait(self, amount: float) -> float:
        """Seconds until a REST call of this weight may be sent that is to hold up no other, 0.0 when now: no silence is asked for, calls
        are answered, and little of the budget is used."""
        now = self._clock.monotonic()
        if self.calls.state(now) != "closed":  # one try at a time is let through: it is for others
            return max(self.calls.wait(now), ASK_AGAIN_S)
        return self.hold_left() or self.weight_used.wait(now, amount, SPARE_SHARE)

    def weight_said(self, used: int | None) -> None:
        """What the venue says was used in the last minute: others use it from this address too, and so did we before a restart."""
        now = self._clock.monotonic()
        unknown = (used or 0) - self.weight_used.used(now)
        if unknown > 0:
            self.weight_used.note(now, unknown)

    async def spend(self, bucket: TokenBucket, amount: float) -> None:
        """Return when `amount` is spent of a bucket and no silence is asked for."""
        while True:
            wait = self.hold_left() or bucket.take(self._clock.monotonic(), amount)
            if not wait:
                return
            await asyncio.sleep(wait)
