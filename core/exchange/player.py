"""Releases a market as its time comes: a recording at its own pace, faster, or as fast as clients read; a live market on the wall clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from core.exchange.hub import Hub
from core.exchange.market import Market
from core.exchange.rows import Segment

#: Events published at once: keeps one turn of the loop to a few milliseconds.
BATCH = 2048

_IDLE_S = 0.05
_SHORTEST_S = 0.002
_FULL_S = 0.001


class Player:
    """Plays one market to one hub.

    Attributes:
        finished: set when a recording has been played to its end.
    """

    def __init__(
        self,
        market: Market,
        hub: Hub,
        *,
        speed: float = 1.0,
        start_delay: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._market = market
        self._hub = hub
        self._speed = speed
        self._start_delay = start_delay
        self._started = asyncio.Event()
        self._running = asyncio.Event()
        self._running.set()
        # A recording was at `_from_when` on its own timeline when the clock said `_from_at`.
        self._from_when: int | None = None
        self._from_at = 0.0
        self._paused_at = 0.0
        self.finished = asyncio.Event()

    def start(self) -> None:
        """Let a recording begin; a live market needs no start."""
        self._started.set()

    def pause(self) -> None:
        """Release nothing until told to resume."""
        if self._running.is_set():
            self._paused_at = self._monotonic()
            self._running.clear()

    def resume(self) -> None:
        """Go on: a recording where it stopped, a live market with all that came due meanwhile."""
        if not self._running.is_set():
            self._from_at += self._monotonic() - self._paused_at
            self._running.set()

    @property
    def speed(self) -> float:
        """Times its own pace; 0 is as fast as clients read."""
        return self._market.timeline.rate if self._market.live else self._speed

    def set_speed(self, speed: float) -> None:
        """Go on at another speed from where it is; a live market's must be more than 0."""
        if self._market.live:
            self._market.timeline.set_rate(speed, self._now())
            return
        now = self._monotonic() if self._running.is_set() else self._paused_at
        if self._from_when is not None:
            self._from_when = self._market.visible if self._speed == 0 else self._moment(now)
            self._from_at = now
        self._speed = speed

    async def run(self) -> None:
        """Play until the recording ends, or for ever."""
        market = self._market
        if not market.live:
            await self._started.wait()
            await asyncio.sleep(self._start_delay)
            await self._running.wait()
        self._from_at = self._monotonic()
        number = market.number_at(market.visible) if market.live else market.first()
        changes, segment = await self._load(number)
        while segment is not None:
            following = asyncio.create_task(self._load(number + 1))
            try:
                if await self._play(segment, changes):
                    changes, segment = await following
                    number += 1
                else:
                    changes, segment = await self._load(number)
            finally:
                following.cancel()
        self.finished.set()

    async def _load(self, number: int) -> tuple[int, Segment | None]:
        """A segment, and the state of the timeline it is good for."""
        changes = self._market.timeline.changes
        return changes, await asyncio.to_thread(self._market.segment, number)

    async def _play(self, segment: Segment, changes: int) -> bool:
        """Publish what is not released yet, each event when it is due; true when the segment is over, false when it must be had anew."""
        market, when = self._market, segment.when
        if self._from_when is None:
            self._from_when = int(when[0]) if len(when) else 0
        position = int(when.searchsorted(market.visible, side="right"))
        while True:
            await self._running.wait()
            if market.timeline.changes != changes:
                return False
            due = self._due(segment, position)
            end = min(due, position + BATCH)
            if end > position:
                # REST knows of a print before a client can ask about it.
                market.visible = max(market.visible, int(when[end - 1]))
                self._hub.publish(segment, position, end)
                position = end
                await self._let_read()
                continue
            if market.live:
                market.visible = max(market.visible, min(self._now(), segment.end - 1))
            if position == len(when) and (not market.live or self._now() >= segment.end):
                if not market.live:
                    self._hub.flush(segment)
                return True
            await asyncio.sleep(self._until_next(segment, position))

    def _due(self, segment: Segment, position: int) -> int:
        """The position up to which events are due."""
        if self._market.live:
            moment = self._now()
        elif self._speed == 0:
            return min(len(segment.when), position + BATCH)
        else:
            moment = self._moment(self._monotonic())
        return int(segment.when.searchsorted(moment, side="right"))

    def _moment(self, now: float) -> int:
        """Where a recording is on its own timeline."""
        return (self._from_when or 0) + int((now - self._from_at) * self._speed * 1e9)

    def _now(self) -> int:
        return self._market.clock_us() * 1000

    def _until_next(self, segment: Segment, position: int) -> float:
        """Seconds until there may be something to do."""
        if position == len(segment.when) or (self._market.live and not self._hub.listening):
            return _IDLE_S
        if self._market.live:
            gap = (int(segment.when[position]) - self._now()) / 1e9
        elif self._speed == 0:
            gap = 0.0
        else:
            gap = (int(segment.when[position]) - self._moment(self._monotonic())) / 1e9 / self._speed
        return min(max(gap, _SHORTEST_S), _IDLE_S)

    async def _let_read(self) -> None:
        """Give clients their turn; a recording waits for the slowest."""
        await asyncio.sleep(0)
        if self._market.live:
            self._hub.cut_off_laggards()
            return
        while self._hub.full:  # noqa: ASYNC110  # a transport tells nobody when its buffer has drained
            await asyncio.sleep(_FULL_S)
