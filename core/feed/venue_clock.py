"""How far the venue's clock is from ours: asked for at each connect and every ten minutes, and at once where ours was set."""

from __future__ import annotations

import asyncio

import structlog

from core.clock import Clock, StepWatch
from core.errors import VenueError
from core.feed.rest import Rest
from core.venues.venue import Venue

#: How often it is asked for, in seconds; how soon again after a connect, and after a failure.
EVERY_S = 600.0
SOON_S = 10.0
RETRY_S = 30.0

#: How often wall and monotonic time are compared.
LOOK_S = 1.0

#: An answer that took so long tells no time: what it says may be wrong by half of it.
LONGEST_TRIP_S = 1.0

log = structlog.get_logger(__name__)


class VenueClock:
    """Asks the venue for its time, and looks for steps of the wall clock. All waiting is by monotonic time.

    Attributes:
        skew_ms: the venue's clock minus ours; None before the first answer.
        error_ms: how far off that may be: half the round trip of its answer.
        steps: the watch over our own wall clock.
        trouble: why it could not be asked for last, or empty.
    """

    def __init__(self, venue: Venue, rest: Rest, clock: Clock) -> None:
        self.skew_ms: float | None = None
        self.error_ms: float | None = None
        self.steps = StepWatch(clock)
        self.trouble = ""
        self._venue = venue
        self._rest = rest
        self._clock = clock
        self._asked = float("-inf")
        self._due = float("-inf")

    def connected(self) -> None:
        """A socket opened: ask soon."""
        self._due = min(self._due, max(self._clock.monotonic(), self._asked + SOON_S))

    async def run(self) -> None:
        """Look and ask until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_all_the_time())
            group.create_task(self._ask_when_due())

    def look(self) -> None:
        """See whether the wall clock was set; if so, set the skew right by as much and have it asked for."""
        step = self.steps.look()
        if not step:
            return
        log.warning("the wall clock was set", by_s=round(step, 3))
        if self.skew_ms is not None:
            self.skew_ms -= step * 1000
        self._due = float("-inf")

    async def _look_all_the_time(self) -> None:
        """Apart from the asking, which may have to wait."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    async def _ask_when_due(self) -> None:
        while True:
            if self._clock.monotonic() >= self._due:
                await self._ask()
            await asyncio.sleep(LOOK_S)

    async def _ask(self) -> None:
        self._due = float("inf")
        self._asked = sent = self._clock.monotonic()
        steps = self.steps.steps
        try:
            theirs, ours, received = await self._rest.ask(
                self._venue.server_time(), lambda body: (self._venue.parse_time(body), self._clock.now_ns(), self._clock.monotonic())
            )
        except VenueError as exc:
            self._failed(str(exc))
            return
        self.look()
        trip = received - sent
        if steps != self.steps.steps:
            self._due = float("-inf")
        elif trip > LONGEST_TRIP_S:
            self._failed(f"{self._venue.name} took {trip:.1f} s to tell its time")
        else:
            self.trouble = ""
            self.skew_ms = (theirs - (ours - trip * 1e9 / 2)) / 1e6
            self.error_ms = trip * 1000 / 2
            self._due = min(self._due, self._asked + EVERY_S)

    def _failed(self, why: str) -> None:
        if why != self.trouble:
            log.warning("the venue's clock is not known", venue=self._venue.name, reason=why)
        self.trouble = why
        self._due = min(self._due, self._clock.monotonic() + RETRY_S)
