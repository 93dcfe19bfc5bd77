"""The engine: one asyncio process that owns the feed, the sequencer, the tape, the workers and the ledger of one home.

Ticks go one way: feed -> tape, market view, workers -> reports -> ledger, view. Commands come back through `submit`.
What comes in from the venue is `incoming`, what the workers say `answers`, what is shown `overview`, what is kept `storage`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from core.clock import Clock
from core.compile import service
from core.config import Config
from core.engine import overview, rounds, storage, streaming
from core.engine.alarms import Alarms
from core.engine.analyst import Analyst
from core.engine.answers import Answers
from core.engine.blotter import Blotter
from core.engine.charts import Charts
from core.engine.commands import Commands
from core.engine.conditions import Conditions
from core.engine.copilot import Copilot
from core.engine.curves import Curves
from core.engine.desk_pane import Desk
from core.engine.dispatch import Dispatch
from core.engine.external import External
from core.engine.gate import Gate
from core.engine.guard import Guard
from core.engine.halts import Halts
from core.engine.incoming import Incoming
from core.engine.inquests import Inquests
from core.engine.journal import Journal
from core.engine.lab import Lab
from core.engine.limiting import Limiting
from core.engine.market import Market
from core.engine.memory import Memory
from core.engine.pauses import Pauses
from core.engine.portfolio import Positions
from core.engine.recent import Recent
from core.engine.recovery import Recovery
from core.engine.rescue import Rescue
from core.engine.roster import Roster
from core.engine.sentinel import Sentinel
from core.engine.session import Session
from core.engine.settle import Settler
from core.engine.sources import Sources
from core.engine.stages import Passage
from core.engine.supply import Supply
from core.engine.system import System
from core.engine.trail import LINES, Trail
from core.engine.upkeep import Upkeep
from core.engine.variants import Variants
from core.errors import UsageError
from core.feed.batch import FeedState
from core.feed.feed import Feed
from core.store.ledger import Ledger
from core.store.ledger_reader import newest_commands
from core.store.tape import Tape
from core.strategy_files import builtin_folder
from core.types import Symbols
from core.venues.venue import Past
from core.workers.pool import Pool

if TYPE_CHECKING:  # loaded where there is a recording to play
    from core.engine.replaying import Replay
    from core.replay.feed import ReplayFeed
    from core.trading.broker import Broker

log = structlog.get_logger("engine")


class Engine:
    """One home's engine. `await start(names)`, wait for `stopping`, then `await stop()`, also when `start` failed.

    Args:
        home: the folder it owns.
        mode: paper | demo | replay.
        venue: where its prices come from.
        symbols: the symbol table the venue's parser uses.
        trade: False records only: strategies of this home stay where they are.
        broker: fills the strategies' orders, in mode live; None: their own loops do.

    Attributes:
        last_seq: of the newest tick released.
        failure: why the engine cannot go on, once it can't.
        replay: what plays a recording in place of a venue's streams, in mode replay.
        external: where orders go that the broker fills.
        no_history_until: the venue is not asked for history before (monotonic seconds): it took too long.
    """

    tape: Tape
    ledger: Ledger
    feed: Feed | ReplayFeed
    settler: Settler
    external: External | None

    def __init__(
        self, home: Path, mode: str, config: Config, venue: Past, symbols: Symbols, clock: Clock, *, trade: bool = True,
        broker: Broker | None = None,
    ) -> None:  # fmt: skip
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
        self.no_history_until = float("-inf")
        self.feed_state = FeedState(venue.name, "connecting")
        self.market = Market(symbols, config.of_venue(venue.name).stale_after_s)
        self.roster, self.recent, self.blotter = Roster(), Recent(), Blotter(mode)
        self.alarms = Alarms(clock.now_ns, lambda: self.panes.touch("alerts", "header"))
        self.panes = overview.panes(self)
        self.trail, self.passage = Trail(lambda: self.panes.touch("trail")), Passage(clock)
        self.positions, self.desk = Positions(self), Desk(self)
        self.charts, self.curves = Charts(self), Curves(self)
        self.incoming = Incoming(self)
        self.answers, self.supply, self.rescue = Answers(self), Supply(self), Rescue(self)
        self.pool = Pool(config.engine.workers, self.answers.hear, self.rescue.lost, self.rescue.ended, self.supply.late)
        self.halts, self.limiting, self.session, self.guard = Halts(self), Limiting(self), Session(self), Guard(self)
        self.pauses = Pauses()
        self.memory = Memory(self, config.engine.memory_mb)
        self.pool.room = self.memory.has_room_for_worker
        self.gate = Gate(lambda: self.feed.pause(), lambda: self.feed.resume())
        self.journal, self.commands = Journal(self), Commands(self)
        self.system, self.sentinel, self.dispatch = System(self), Sentinel(self), Dispatch(self)
        self.sources, self.conditions, self.inquests = Sources(self), Conditions(self), Inquests(self)
        self.lab = Lab(self, config.research.processes)
        self.analyst, self.copilot = Analyst(self), Copilot(self)
        self.upkeep, self.variants = Upkeep(self), Variants(self)
        self.replay: Replay | None = None
        self.broker, self.external = broker, None
        self._opened = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, names: list[str]) -> None:
        """Open the databases, take up where the last engine left off, and start streaming.

        Args:
            names: bare symbols to stream besides those the home already streams.

        Raises:
            CockpitError: a database cannot be used, or the venue does not list a symbol.
        """
        await storage.open_files(self, self._opened)
        self._opened.push_async_callback(self.pool.stop)
        self._opened.push_async_callback(self.analyst.stop)
        await self.lab.open()
        self._opened.push_async_callback(self.lab.close)
        await self.sentinel.recall_alerts()
        self.last_seq = self.recent.floor = max(self.tape.last_seq(), await self.ledger.last_seq())
        self.trail.load(await asyncio.to_thread(newest_commands, self.home / "ledger.db", LINES))
        await storage.begin_session(self, self._opened)
        await self._make_feed()
        self.spawn(self.settler.run(), "settle")
        self.spawn(self.rescue.watch(), "watch over workers")
        if self.broker is not None and self.trade:
            self.external = await External.open(self, self.broker)
        recovered = await Recovery(self).run() if self.trade else []
        await self.sentinel.recall_rules()
        await self.session.recall()
        self._opened.push_async_callback(self.sentinel.trials.close)
        self._opened.push_async_callback(self.inquests.close)
        self._follow(self.feed.start())
        self._opened.push_async_callback(self._quiesce)
        await self.add_symbols(names if self.replay is None else self.replay.recording.names)
        await streaming.add_again(self, recovered)
        rounds.begin(self)
        log.info("engine started", home=str(self.home), mode=self.mode, symbols=self.market.watched, next_seq=self.last_seq + 1)

    async def _make_feed(self) -> None:
        self.feed = await (streaming.make_feed(self) if self.replay is None else self.replay.make_feed())

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
        self.fail(task.get_name(), task.exception())

    def fail(self, part: str, error: BaseException | None) -> None:
        """The engine cannot go on, because of this."""
        self.failure = f"{part} failed: {error}"
        log.error("a part of the engine failed", part=part, exc_info=error)
        self.stopping.set()

    async def stop(self) -> None:
        """Flush everything, save every strategy, end the workers, close the databases; whatever of it was opened."""
        self.stopping.set()
        await self._opened.aclose()
        log.info("engine stopped", ticks=self.market.ticks_total, failure=self.failure)

    async def _quiesce(self) -> None:
        """Stop streaming, save what came of it, then end all tasks."""
        await asyncio.gather(self.feed.aclose(), return_exceptions=True)  # what ended the feed is told in `failure`
        await storage.save_all(self)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def venue_now(self) -> int:
        """The venue's time, ns."""
        return await streaming.venue_now(self)

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
