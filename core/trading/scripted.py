"""A broker that misbehaves by a script and a seed: what it tells comes twice, late, in the wrong order, or never. Its books are true.

It needs a running event loop, whose time it waits by. Everything a network or a venue may do to an order is in `FAULTS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from random import Random

from core.clock import Clock
from core.errors import VenueError
from core.trading.broker import Executed, Heard, Interrupted, Outcome, Report, Said
from core.trading.events import Accepted, Event, Fill
from core.trading.order import Intent
from core.trading.scripted_venue import ScriptedVenue

#: What can go wrong, and how likely it is unless a script says otherwise.
FAULTS: dict[str, float] = {
    # an order on its way
    "no_line": 0.03,  # the connection is gone before the wire
    "maintenance": 0.03,  # come again later
    "lost_before": 0.03,  # gone on the wire
    "lost_after": 0.03,  # taken, and the answer is gone
    "dawdles": 0.03,  # not known, and it arrives later, or too late to be taken
    "hangs": 0.02,  # no answer at all
    "raises": 0.02,
    # what is told of it
    "silent": 0.03,
    "told_twice": 0.06,
    "fill_first": 0.06,
    "fill_lost": 0.06,
    "slow_word": 0.1,
    "interrupted": 0.01,
    # what the venue does
    "refuses": 0.02,
    "overfills": 0.02,
    "dries_up": 0.03,
    "cancels": 0.1,
    "expires": 0.03,
    "crosses": 0.3,
    "third_fee": 0.1,
    # questions
    "no_answer": 0.05,
    "fills_lag": 0.05,
}

#: Seconds: an answer takes up to the first, a slow one up to the second; a resting order meets the market so often.
_QUICK, _SLOW, _MARKET = 0.05, 20.0, 2.0


class ScriptedBroker:
    """Implements `Broker` for a venue in memory.

    Args:
        pace: how many times faster than usual everything happens.

    Attributes:
        venue: the truth.
        odds: by fault; empty: it behaves.
        blind: client ids handed over again although nobody knew what became of the time before.
        submits: times an order was handed over.
    """

    name = "scripted"
    window_s = 8.0

    def __init__(self, venue: ScriptedVenue, rng: Random, clock: Clock, odds: Mapping[str, float], *, pace: float = 1.0) -> None:
        self.venue = venue
        self.window_s = self.window_s / pace
        self._pace = pace
        self.odds = odds
        self.blind: list[str] = []
        self.submits = 0
        self._rng = rng
        self._clock = clock
        self._doubtful: set[str] = set()
        self._line: asyncio.Queue[Said | None] = asyncio.Queue()

    async def submit(self, intent: Intent) -> Outcome:
        self.submits += 1
        if intent.client_id in self._doubtful or intent.client_id in self.venue.entries:
            self.blind.append(intent.client_id)
        if self._happens("no_line"):
            return Outcome("not_sent", "no connection")
        self._doubtful.add(intent.client_id)
        if self._happens("lost_before"):
            return Outcome("uncertain", "connection reset")
        if self._happens("dawdles"):
            self._later(self._rng.uniform(0, 2 * self.window_s), self._arrive, intent, self._clock.monotonic())
            return Outcome("uncertain", "HTTP 504")
        if self._happens("raises"):
            raise VenueError("Unexpected response")
        await asyncio.sleep(self._rng.uniform(0, _QUICK / self._pace))
        if self._happens("maintenance"):
            self._doubtful.discard(intent.client_id)
            return Outcome("not_sent", "system maintenance", 1.0)
        self._arrive(intent, self._clock.monotonic())
        if self._happens("hangs"):
            await asyncio.sleep(3600)
        return Outcome("uncertain", "connection reset") if self._happens("lost_after") else Outcome("sent")

    async def cancel(self, intent: Intent) -> Outcome:
        if self._happens("no_line"):
            return Outcome("not_sent", "no connection")
        if self._happens("hangs"):
            await asyncio.sleep(3600)
        await asyncio.sleep(self._rng.uniform(0, _QUICK / self._pace))
        self._tell(intent.client_id, self.venue.cancel(intent.client_id, self._clock.now_ns()))
        return Outcome("uncertain", "connection reset") if self._happens("lost_after") else Outcome("sent")

    async def query(self, intent: Intent) -> Report | None:
        await self._asked()
        report = self.venue.report(intent.client_id)
        if report is not None and self._happens("fills_lag"):
            return Report(
                client_id=report.client_id, state=report.state, venue_id=report.venue_id, executed=report.executed, reason=report.reason
            )
        return report

    async def open_orders(self) -> Sequence[Report]:
        await self._asked()
        reports = [self.venue.report(id_) for id_, entry in self.venue.entries.items() if entry.state == "working"]
        return [report for report in reports if report is not None]

    async def executions(self, since_ns: int) -> Sequence[Executed]:
        await self._asked()
        return [each for each in self.venue.executions if each.fill.ts_ns >= since_ns]

    async def balances(self) -> Mapping[str, Decimal]:
        await self._asked()
        return dict(self.venue.balances)

    async def heard(self) -> AsyncIterator[Said]:
        line: asyncio.Queue[Said | None] = asyncio.Queue()
        self._line = line
        while (said := await line.get()) is not None:
            yield said

    def _arrive(self, intent: Intent, sent: float) -> None:
        """An order reaches the venue, which takes none that is older than the window."""
        if self._clock.monotonic() - sent > self.window_s:
            return
        self._tell(intent.client_id, self.venue.take(intent, self._clock.now_ns()))
        self._later(self._rng.uniform(0, _MARKET / self._pace), self._move_on, intent.client_id)

    def _move_on(self, client_id: str) -> None:
        entry = self.venue.entries[client_id]
        if entry.state == "working":
            self._tell(client_id, self.venue.move_on(entry, self._clock.now_ns()))
            self._later(self._rng.uniform(0, _MARKET / self._pace), self._move_on, client_id)

    def _tell(self, client_id: str, events: Sequence[Event]) -> None:
        """Say what happened, more or less."""
        if self._happens("silent"):
            return
        told = list(events)
        if isinstance(told[0] if told else None, Accepted) and self._happens("fill_first"):
            told = [*told[1:], told[0]]
        for event in told:
            if isinstance(event, Fill) and self._happens("fill_lost"):
                continue
            for _ in range(1 + self._happens("told_twice")):
                if self._happens("slow_word"):
                    self._later(self._rng.uniform(0, _SLOW / self._pace), self._say, Heard(client_id, event))
                else:
                    self._say(Heard(client_id, event))
        if self._happens("interrupted"):
            self._cut()

    def _cut(self) -> None:
        """What was said and not read yet is gone; now and then the connection with it."""
        while not self._line.empty():
            self._line.get_nowait()
        self._line.put_nowait(Interrupted("connection reset") if self._rng.random() < 0.5 else None)

    async def _asked(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, _QUICK / self._pace))
        if self._happens("no_answer"):
            raise VenueError("HTTP 503")

    def _say(self, said: Said) -> None:
        self._line.put_nowait(said)

    def _later(self, seconds: float, what: Callable[..., None], *values: object) -> None:
        asyncio.get_running_loop().call_later(seconds, what, *values)

    def _happens(self, what: str) -> bool:
        return self._rng.random() < self.odds.get(what, 0.0)
