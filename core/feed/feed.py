"""One venue's feed: sockets, back-fill and sequencer tied together. What goes in are symbols, what comes out are batches."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence

from core.clock import Clock
from core.errors import VenueError
from core.feed.backfill import Backfill
from core.feed.batch import Batch, Counters, FeedState, GapEvent
from core.feed.connection import Timing
from core.feed.intake import Intake
from core.feed.listing import Listing, bare_names
from core.feed.pump import Pump
from core.feed.quota import Quota
from core.feed.refresh import Refresh
from core.feed.rest import Rest
from core.feed.sequencer import Sequencer
from core.feed.streams import Streams
from core.types import Symbols
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
        last_ids: Mapping[str, int] | None = None,
        open_gaps: Sequence[GapEvent] = (),
        next_seq: int = 1,
        sequencer: Sequencer | None = None,
        gap_deadline_s: float = 2.0,
        timing: Timing | None = None,
        tickers_every_s: float = 30.0,
        rng: random.Random | None = None,
    ) -> None:
        """
        Args:
            symbols: the process's table; symbols watched are added to it as `venue:SYMBOL`.
            last_ids: the newest id on the tape of symbols recorded before, by `venue:SYMBOL` or bare name.
            open_gaps: rows of the table of gaps that are still `open`; they are fetched on in the background.
            next_seq: the first number to give; above all given before.
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
        quota = Quota(venue.limits, clock)
        self.rest = rest = Rest(venue, quota, clock)
        self._listing = listing = Listing(venue, rest, clock)
        self._intake = intake = Intake(venue, sequencer or Sequencer(next_seq), deadline_s=gap_deadline_s)
        self._pump = pump = Pump(intake, clock, on_batch=on_batch, on_missing=lambda: self._backfill.wake())
        self._backfill = Backfill(
            venue, rest, clock, intake, ready, name_of=self._name_of, on_news=pump.emit, rng=rng, check_quiet_s=timing.check_quiet_s
        )
        self._streams = streams = Streams(
            venue,
            clock,
            quota,
            ready,
            timing=timing,
            rng=rng,
            on_frames=pump.touch,
            on_state=self._told,
            on_open=self._opened,
            on_lost=self._lost,
        )
        self._refresh = Refresh(
            venue, rest, clock, listing, names=streams.names, on_tickers=on_tickers, on_symbols=on_symbols, every_s=tickers_every_s
        )

    async def watch(self, names: Iterable[str]) -> list[str]:
        """Stream and record these symbols too; returns their bare names. Works before `run` as well.

        Raises:
            UsageError: a symbol the venue does not list; names the closest ones.
            VenueError: the venue is connected and refused.
        """
        bare = bare_names(names, self._venue.name)
        await self._listing.check(bare)
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
                for part in (self._pump, self._streams, self._backfill, self._refresh):
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
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.rest.aclose()

    def pause(self) -> None:
        """The consumer is full: read nothing more. What comes meanwhile waits in the sockets, then at the venue."""
        self._ready.clear()
        for session in self._streams.sessions():
            session.pause()

    def resume(self) -> None:
        """Read on."""
        self._ready.set()
        for session in self._streams.sessions():
            session.resume()

    @property
    def names(self) -> set[str]:
        """Bare names of the symbols watched."""
        return self._streams.names()

    @property
    def counters(self) -> Counters:
        """Running totals; the same object all the time."""
        return self._intake.counters

    @property
    def latency_ms(self) -> float | None:
        """Receive time minus venue time of the newest live tick: negative where our clock is behind. None before the first."""
        return self._pump.latency_ms

    @property
    def skew_ms(self) -> float | None:
        """The venue's clock minus ours; None before it was asked."""
        return self._refresh.skew_ms

    @property
    def unlisted(self) -> set[str]:
        """Watched symbols the venue does not list (found out after they were watched)."""
        return self._refresh.unlisted

    @property
    def trouble(self) -> str:
        """Why the last REST call for missing prints or figures failed, or empty."""
        return self._backfill.trouble or self._refresh.trouble

    def state(self) -> FeedState:
        """How the connections are."""
        return self._streams.state()

    def _park(self, names: Iterable[str]) -> None:
        for name in names:
            if self._full(name) in self._symbols:
                self._intake.park(self._symbols[self._full(name)])
        self._pump.emit()

    def _told(self, state: FeedState) -> None:
        if state != self._said:
            self._said = state
            self._on_state(state)

    def _opened(self, names: Iterable[str]) -> None:
        """From here on nothing is missed; before it, something may have been."""
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
