"""The engine: one asyncio process that owns the feed, the sequencer, the tape, the workers and the ledger of one home.

Ticks go one way: feed -> tape, market view, workers -> reports -> ledger, view. Commands come back through `submit`.
What comes in from the venue is `incoming`, what the workers say `answers`, what is shown `overview`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog

from core.clock import Clock
from core.compile import service
from core.config import Config
from core.engine import overview, rounds
from core.engine.alarms import Alarms
from core.engine.answers import Answers
from core.engine.blotter import Blotter
from core.engine.commands import Commands
from core.engine.environment import fingerprint
from core.engine.incoming import Incoming
from core.engine.market import Market
from core.engine.panes import Panes
from core.engine.recent import Recent
from core.engine.recovery import Recovery
from core.engine.roster import Roster
from core.engine.settle import Settler
from core.errors import UsageError, VenueError
from core.feed.batch import FeedState
from core.feed.connection import Timing
from core.feed.feed import Feed
from core.store.ledger import Ledger
from core.store.tape import Tape
from core.strategy_files import builtin_folder
from core.types import Symbols
from core.venues.venue import Venue
from core.view import AlertRow
from core.workers.pool import Pool

log = structlog.get_logger("engine")

DRAIN_S = 10.0


class Engine:
    """One home's engine. `await start(names)`, wait for `stopping`, then `await stop()`, also when `start` failed.

    Args:
        home: the folder it owns.
        mode: paper | demo | replay.
        venue: where its prices come from.
        symbols: the symbol table the venue's parser uses.
        trade: False records only: strategies of this home stay where they are.

    Attributes:
        last_seq: of the newest tick released.
        failure: why the engine cannot go on, once it can't.
    """

    tape: Tape
    ledger: Ledger
    feed: Feed
    settler: Settler

    def __init__(self, home: Path, mode: str, config: Config, venue: Venue, symbols: Symbols, clock: Clock, *, trade: bool = True) -> None:
        self.home = home
        self.mode = mode
        self.config = config
        self.venue = venue
        self.symbols = symbols
        self.clock = clock
        self.trade = trade
        self.folders = [builtin_folder(), config.strategy_folder(home)]
        self.stopping = asyncio.Event()
        self.failure: str | None = None
        self.started_ns = clock.now_ns()
        self.last_seq = 0
        self.feed_state = FeedState(venue.name, "connecting")
        self.market = Market(symbols, config.of_venue(venue.name).stale_after_s)
        self.roster = Roster()
        self.recent = Recent()
        self.blotter = Blotter(mode)
        self.alarms = Alarms(clock.now_ns, lambda: self.panes.touch("alerts", "header"))
        self.panes = Panes(
            {
                "header": lambda: overview.header(self),
                "prices": lambda: self.market.rows(self.clock.now_ns()),
                "strategies": lambda: [entry.row() for entry in self.roster],
                "trades": lambda: list(self.blotter.lines),
                "alerts": self.alarms.rows,
            }
        )
        self.answers = Answers(self)
        self.pool = Pool(config.engine.workers, self.answers.hear, self.answers.lost)
        self.commands = Commands(self)
        self._opened = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, names: list[str]) -> None:
        """Open the databases, take up where the last engine left off, and start streaming.

        Args:
            names: bare symbols to stream besides those the home already streams.

        Raises:
            CockpitError: a database cannot be used, or the venue does not list a symbol.
        """
        self.tape = await Tape.open(self.home / "tape.db", self.symbols)
        self._opened.push_async_callback(self.tape.close)
        self.ledger = await Ledger.open(self.home / "ledger.db")
        self._opened.push_async_callback(self.ledger.close)
        for alert in await self.ledger.open_alerts():  # of an engine that was killed: what still holds is raised again
            self.ledger.put_alert(alert["alert_id"], alert["ts_ns"], alert["level"], alert["text"], "closed")
        self.alarms.keep = self._keep_alert
        self._opened.push_async_callback(self.pool.stop)
        self.settler = Settler(self.tape.wait_synced)
        self.last_seq = max(self.tape.last_seq(), await self.ledger.last_seq())
        session = uuid.uuid4().hex
        await self.ledger.start_session(session, self.started_ns, mode=self.mode, first_seq=self.last_seq + 1, fingerprint=fingerprint())
        self._opened.push_async_callback(self._end_session, session)
        await self._make_feed()
        self.spawn(self.settler.run(), "settle")
        recovered = await Recovery(self).run() if self.trade else []
        self._follow(self.feed.start())
        self._opened.push_async_callback(self._quiesce)
        await self.add_symbols(names)
        await self._add_again(recovered)
        for work, title in ((rounds.sample(self), "sample"), (rounds.ask_figures(self), "figures"), (rounds.save(self), "snapshots")):
            self.spawn(work, title)
        log.info("engine started", home=str(self.home), mode=self.mode, symbols=self.market.watched, next_seq=self.last_seq + 1)

    async def _add_again(self, names: list[str]) -> None:
        """Stream what was streamed before, as far as it is still listed."""
        try:
            await self.add_symbols(names)  # all in one: a venue that is silent is waited for once
        except UsageError:
            for name in names:
                try:
                    await self.add_symbols([name])
                except UsageError as error:
                    self.alarms.raise_(f"symbol {name}", "critical", str(error))

    def _keep_alert(self, id_: str, row: AlertRow) -> None:
        if self.failure is None:
            self.ledger.put_alert(id_, row.ts_ns, row.level, row.text, "open" if row.open else "closed")

    async def _make_feed(self) -> None:
        incoming = Incoming(self)
        section = self.config.of_venue(self.venue.name)
        stream = self.venue.stream
        self.feed = Feed(
            self.venue,
            self.clock,
            self.symbols,
            last_ids=await self.tape.last_ids(stream),
            open_gaps=[incoming.event(gap) for gap in await self.tape.gaps("open") if gap.stream == stream],
            next_seq=self.last_seq + 1,
            on_batch=incoming.take,
            on_state=incoming.connection,
            on_tickers=incoming.tickers,
            on_symbols=incoming.listing,
            gap_deadline_s=section.gap_deadline_s,
            timing=Timing(stale_after_s=section.stale_after_s, reconnect_after_s=section.reconnect_after_s),
        )

    async def add_symbols(self, names: Iterable[str]) -> None:
        """Stream and record more symbols.

        Raises:
            UsageError: the venue does not list one; none is added.
        """
        new = [name for name in dict.fromkeys(names) if f"{self.venue.name}:{name}" not in self.market.watched]
        if new:
            await self.feed.watch(new)
            self.market.watch([f"{self.venue.name}:{name}" for name in new])
            self.panes.touch("prices")

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task as long as the engine runs; one that fails ends the engine."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        self._follow(task)

    def _follow(self, task: asyncio.Task[None]) -> None:
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task in self._tasks:
            self._tasks.remove(task)
        if task.cancelled() or task.exception() is None:
            return
        self.failure = f"{task.get_name()} failed: {task.exception()}"
        log.error("a task of the engine failed", task=task.get_name(), exc_info=task.exception())
        self.stopping.set()

    async def stop(self) -> None:
        """Flush everything, save every strategy, end the workers, close the databases; whatever of it was opened."""
        self.stopping.set()
        await self._opened.aclose()
        log.info("engine stopped", ticks=self.market.ticks_total, failure=self.failure)

    async def _quiesce(self) -> None:
        """Stop streaming, then wait until workers have seen all ticks and their last snapshots and fills are on disk."""
        await asyncio.gather(self.feed.aclose(), return_exceptions=True)  # what ended the feed is told in `failure`
        try:
            if self.failure is None:
                await asyncio.wait_for(self.tape.flush(), DRAIN_S)
                if not await self.answers.catch_up(save=True):
                    log.warning("workers did not answer in time")
                await asyncio.wait_for(self.settler.drain(), DRAIN_S)
        except TimeoutError:
            why = self.tape.trouble or self.ledger.trouble or "too slow"
            self.failure = self.failure or f"not all was saved, a database is {why}: the next start does the rest again"
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end_session(self, session: str) -> None:
        if self.failure is None:
            await self.ledger.end_session(session, self.clock.now_ns())

    async def venue_now(self) -> int:
        """The venue's time, ns: ours set right by how far its clock is from ours, asked for where that is not known yet."""
        skew = self.feed.skew_ms
        if skew is not None:
            return self.clock.now_ns() + int(skew * 1e6)
        try:
            return await self.feed.rest.ask(self.venue.server_time(), self.venue.parse_time)
        except VenueError:
            return self.clock.now_ns()

    async def catalogue(self) -> dict[str, Any]:
        """Every strategy there is, described."""
        return await service.catalogue(self.folders)

    def bare(self, symbol: str) -> str:
        """The venue's own name of a symbol as typed.

        Raises:
            UsageError: it names another venue.
        """
        head, sep, tail = symbol.rpartition(":")
        if sep and head.lower() != self.venue.name:
            raise UsageError(f"{symbol}: this engine streams {self.venue.name} only")
        return tail.upper()
