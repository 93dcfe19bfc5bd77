"""One venue's feed: sockets, back-fill and sequencer tied together. What goes in are symbols, what comes out are batches."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.clock import Clock
from core.config import QualityConfig
from core.ending import end
from core.errors import VenueError
from core.feed.backfill import Backfill
from core.feed.batch import Batch, Counters, FeedState, GapEvent
from core.feed.checks import Checks
from core.feed.health import Health
from core.feed.intake import Intake
from core.feed.listing import Listing, bare_names
from core.feed.pump import Pump
from core.feed.quality import Quality
from core.feed.quota import Quota
from core.feed.refresh import Refresh
from core.feed.rest import Rest
from core.feed.sequencer import Sequencer
from core.feed.streams import Streams
from core.feed.timing import Timing
from core.feed.venue_clock import VenueClock
from core.types import Records, Symbols
from core.venues.venue import SymbolInfo, Ticker, Venue


class Feed:
    """Streams the watched symbols of one venue: deduplicated, in order, gaps filled or on record.

    Callbacks are called in the event loop and must return soon; an exception one raises ends `run`.

    Attributes:
        rest: the venue's REST client, under the same limits as the feed's own calls.
    """

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        symbols: Symbols,
        *,
        on_batch: Callable[[Batch], None],
        on_state: Callable[[FeedState], None],
        on_tickers: Callable[[list[Ticker]], None] = lambda _tickers: None,
        on_symbols: Callable[[dict[str, SymbolInfo]], None] = lambda _listed: None,
        on_parsed: Callable[[Records], None] = lambda _ticks: None,
        last_ids: Mapping[str, int] | None = None,
        open_gaps: Sequence[GapEvent] = (),
        next_seq: int = 1,
        sequencer: Sequencer | None = None,
        gap_deadline_s: float = 2.0,
        timing: Timing | None = None,
        tickers_every_s: float = 30.0,
        checks: QualityConfig | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """
        Args:
            symbols: the process's table; symbols watched are added to it as `venue:SYMBOL`.
            last_ids: the newest id on the tape of symbols recorded before, by `venue:SYMBOL` or bare name.
            open_gaps: rows of the table of gaps that are still `open`; they are fetched on in the background.
            next_seq: the first number to give; above all given before.
            on_parsed: called with ticks as parsed, before they are in order.
            checks: what of the prints and quotes is flagged.
            sequencer: given instead of `next_seq` where several feeds number one order.
        """
        rng = rng or random.Random()
        self._venue = venue
        self._clock = clock
        self._timing = timing = timing or Timing()
        self._symbols = symbols
        self._on_state = on_state
        self._last_ids = {bare_names([name], venue.name)[0]: last for name, last in (last_ids or {}).items()}
        self._open_gaps = open_gaps
        self._task: asyncio.Task[None] | None = None
        self._said: FeedState | None = None
        self._changing = asyncio.Lock()
        self._ready = ready = asyncio.Event()
        ready.set()
        self._quality, self._checks = quality, odd = Quality(), Checks(checks)
        quota = Quota(venue.limits, clock, breaker_open_s=timing.breaker_open_s)
        self.rest = rest = Rest(venue, quota, clock)
        self._listing = listing = Listing(venue, rest, clock)
        self._intake = intake = Intake(venue, sequencer or Sequencer(next_seq), deadline_s=gap_deadline_s)
        self._pump = pump = Pump(intake, quality, odd, clock, on_batch=on_batch, on_missing=lambda: self._backfill.wake())
        pump.on_parsed, pump.on_quality = on_parsed, self._told
        self._backfill = Backfill(venue, rest, clock, intake, quality, ready, timing, rng, name_of=self._name_of, on_news=pump.emit)
        self._streams = streams = Streams(
            venue, clock, quota, ready, timing, rng, on_frames=pump.touch, on_change=self._told, on_open=self._opened, on_lost=self._lost
        )
        self._venue_clock = VenueClock(venue, rest, clock)
        told: dict[str, Any] = {"on_tickers": on_tickers, "on_symbols": on_symbols, "every_s": tickers_every_s}
        self._refresh = Refresh(venue, rest, listing, names=streams.names, **told)
        parts = (clock, ready, quota, streams, pump, intake, quality, odd, self._backfill, self._refresh, self._venue_clock)
        self._health = Health(*parts, self._name_of)

    async def watch(self, names: Iterable[str]) -> list[str]:
        """Stream and record these symbols too; returns their bare names. Works before `run` as well.

        One that was recorded before is taken as it is: if the venue lists it no more, that is a state of the symbol (`unlisted`).
        While the venue wants silence they are asked for later, and nobody waits for that.

        Raises:
            UsageError: a symbol the venue does not list; names the closest ones.
            VenueError: the venue is connected and refused.
        """
        bare = bare_names(names, self._venue.name)
        await self._listing.check([name for name in bare if name not in self._last_ids])
        async with self._changing:
            new = [name for name in bare if name not in self._streams.names()]
            for name in new:
                index = self._symbols.add(self._full(name))
                rows = [gap for gap in self._open_gaps if gap.symbol == index]
                self._intake.follow(index, last=self._last_ids.get(name), open_rows=rows)
            try:
                await self._streams.watch(new)
            except VenueError:
                self._park(new)
                raise
        self._opened(new)
        self._refresh.wake()
        return bare

    async def unwatch(self, names: Iterable[str]) -> None:
        """Stream these symbols no more; what waits for missing ids is released with an open gap.

        Raises:
            VenueError: the venue is connected and refused.
        """
        bare = bare_names(names, self._venue.name)
        async with self._changing:
            try:
                await self._streams.unwatch(bare)
            finally:
                self._park(bare)

    async def symbols(self) -> dict[str, SymbolInfo]:
        """What the venue lists, by bare name, at most an hour old.

        Raises:
            VenueError: it did not say.
        """
        return await self._listing.refresh()

    async def run(self) -> None:
        """Feed until cancelled. A venue that cannot be reached is no reason to end.

        Raises:
            ExceptionGroup: of what a callback raised.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._pump, self._streams, self._backfill, self._refresh, self._venue_clock):
                    group.create_task(part.run())
        finally:
            self._pump.close()
            await self.rest.aclose()

    def start(self) -> asyncio.Task[None]:
        """`run` as a task; `aclose` ends it."""
        self._task = asyncio.create_task(self.run(), name=f"feed {self._venue.name}")
        return self._task

    async def aclose(self) -> None:
        """Hand over what has arrived and close every connection."""
        await end(self._task)
        await self.rest.aclose()

    def pause(self) -> None:
        """The consumer is full: read nothing more. What comes meanwhile waits in the sockets, then at the venue."""
        self._ready.clear()
        self._streams.pause()

    def resume(self) -> None:
        """Read on."""
        self._ready.set()
        self._streams.resume()

    @property
    def names(self) -> set[str]:
        """Bare names of the symbols watched."""
        return self._streams.names()

    @property
    def counters(self) -> Counters:
        """Running totals; the same object all the time."""
        return self._intake.counters

    @property
    def skew_ms(self) -> float | None:
        """The venue's clock minus ours; None before it was asked."""
        return self._venue_clock.skew_ms

    @property
    def degraded(self) -> dict[str, str]:
        """Symbols of which nothing usable comes at the moment, by bare name, and why."""
        return self._health.degraded()

    @property
    def trouble(self) -> str:
        """Why the last REST call for missing prints, figures or the time failed, or empty."""
        return self._health.trouble()

    def state(self) -> FeedState:
        """How the connections are, and if they are well, whether what they bring is."""
        return self._health.state()

    def health(self) -> dict[str, Any]:
        """Everything that is known of how it is, in plain JSON types: the keys are those in `core.feed.health`."""
        return self._health.figures()

    def _park(self, names: Iterable[str]) -> None:
        for symbol in [self._symbols[full] for full in map(self._full, names) if full in self._symbols]:
            self._intake.park(symbol)
            self._quality.forget(symbol)
            self._checks.forget(symbol)
        self._pump.emit()
        if self._said is not None:
            self._told()

    def _told(self) -> None:
        if (state := self.state()) != self._said:
            self._said = state
            self._on_state(state)

    def _opened(self, names: Iterable[str]) -> None:
        """From here on nothing is missed; before it, something may have been."""
        self._venue_clock.connected()
        due = self._clock.monotonic() + self._timing.check_after_s
        for name in names:
            self._intake.doubt(self._symbols[self._full(name)], "disconnected", due)
        self._backfill.wake()

    def _lost(self, _names: list[str]) -> None:
        self._intake.counters.reconnects += 1

    def _full(self, name: str) -> str:
        return f"{self._venue.name}:{name}"

    def _name_of(self, symbol: int) -> str:
        return self._symbols.names[symbol].partition(":")[2]
