"""The engine: one asyncio process that owns the feed, the sequencer, the tape, the workers and the ledger of one home.

Ticks go one way: feed -> tape, market view, workers -> reports -> ledger, view. Commands come back through `submit`.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import structlog

from core.clock import Clock
from core.compile import service
from core.config import Config
from core.engine.alarms import Alarms
from core.engine.blotter import Blotter
from core.engine.commands import Commands
from core.engine.environment import fingerprint
from core.engine.market import Market
from core.engine.panes import Panes
from core.engine.recent import Recent
from core.engine.recovery import Recovery
from core.engine.roster import Roster
from core.engine.settle import Settler
from core.errors import UsageError, VenueError
from core.feed.batch import Batch, FeedState, GapEvent
from core.feed.connection import Timing
from core.feed.feed import Feed
from core.store.gaps import Gap
from core.store.ledger import Ledger
from core.store.tape import Tape
from core.strategy import builtin_folder
from core.types import Symbols
from core.venues.venue import SymbolInfo, Venue
from core.view import FeedState as FeedView
from core.view import HeaderView
from core.workers import frames
from core.workers.pool import Pool, Worker

log = structlog.get_logger("engine")

SAMPLE_S = 0.5
FIGURES_S = 0.2
DRAIN_S = 10.0


class Engine:
    """One home's engine. `await start()`, then `await wait()` until something stops it, then `await stop()`.

    Args:
        home: the folder it owns.
        mode: paper | demo | replay.
        venue: where its prices come from.
        symbols: the symbol table the venue's parser uses.
        trade: False records only: strategies of this home stay where they are.
    """

    def __init__(self, home: Path, mode: str, config: Config, venue: Venue, symbols: Symbols, clock: Clock, *, trade: bool = True) -> None:
        self.home = home
        self.mode = mode
        self.config = config
        self.venue = venue
        self.symbols = symbols
        self.clock = clock
        self.trade = trade
        self.stopping = asyncio.Event()
        self.failure: str | None = None
        self.started_ns = clock.now_ns()
        self.market = Market(symbols, config.of_venue(venue.name).stale_after_s)
        self.roster = Roster()
        self.recent = Recent()
        self.blotter = Blotter(mode)
        self.panes = Panes(
            {
                "header": self.header,
                "prices": lambda: self.market.rows(self.clock.now_ns()),
                "strategies": lambda: [entry.row() for entry in self.roster],
                "trades": lambda: list(self.blotter.lines),
                "alerts": lambda: self.alarms.rows(),
            }
        )
        self.alarms = Alarms(clock.now_ns, lambda: self.panes.touch("alerts", "header"))
        self.pool = Pool(config.engine.workers, self.hear, self.lost)
        self.commands = Commands(self)
        self.last_seq = 0
        self.feed_state = FeedState(venue.name, "connecting")
        self.folders = [builtin_folder(), config.strategy_folder(home)]
        self.tape: Tape
        self.ledger: Ledger
        self.feed: Feed
        self.settler: Settler
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = asyncio.Event()
        self._unheard: set[int] = set()
        self._waiting_for_room = False
        self.session_id = ""

    async def start(self, names: list[str]) -> None:
        """Open the databases, take up where the last engine left off, and start streaming.

        Args:
            names: bare symbols to stream besides those the home already streams.
        """
        self.tape = await Tape.open(self.home / "tape.db", self.symbols)
        self.ledger = await Ledger.open(self.home / "ledger.db")
        self.settler = Settler(self.tape.wait_synced)
        self.last_seq = max(self.tape.last_seq(), await self.ledger.last_seq())
        section = self.config.of_venue(self.venue.name)
        self.feed = Feed(
            self.venue,
            self.clock,
            self.symbols,
            last_ids=await self.tape.last_ids(self.venue.stream),
            open_gaps=[self._gap_event(gap) for gap in await self.tape.gaps("open") if gap.stream == self.venue.stream],
            next_seq=self.last_seq + 1,
            on_batch=self.on_batch,
            on_state=self.on_state,
            on_tickers=self.on_tickers,
            on_symbols=self.on_symbols,
            gap_deadline_s=section.gap_deadline_s,
            timing=Timing(stale_after_s=section.stale_after_s, reconnect_after_s=section.reconnect_after_s),
        )
        self.session_id = uuid.uuid4().hex
        await self.ledger.start_session(
            self.session_id, self.started_ns, mode=self.mode, first_seq=self.last_seq + 1, fingerprint=fingerprint()
        )
        self.spawn(self.settler.run(), "settle")
        recovered = await Recovery(self).run() if self.trade else []
        feeding = self.feed.start()
        feeding.add_done_callback(self._ended)
        for name in names:
            await self.add_symbol(name)
        for name in recovered:
            try:
                await self.add_symbol(name)
            except UsageError as error:
                self.alarms.raise_(f"symbol {name}", "critical", str(error))
        for work, name in ((self._sample(), "sample"), (self._figures(), "figures"), (self._snapshots(), "snapshots")):
            self.spawn(work, name)
        log.info("engine started", home=str(self.home), mode=self.mode, symbols=self.market.watched, next_seq=self.last_seq + 1)

    async def add_symbol(self, name: str) -> None:
        """Stream and record one more symbol.

        Raises:
            UsageError: the venue does not list it.
        """
        full = f"{self.venue.name}:{name}"
        if full in self.market.watched:
            return
        await self.feed.watch([name])
        self.symbols.add(full)
        self.market.watched.append(full)
        self.panes.touch("prices")

    def _gap_event(self, gap: Gap) -> GapEvent:
        return GapEvent(
            self.symbols.add(gap.symbol), gap.stream, gap.from_id, gap.to_id, gap.from_ns or 0, gap.to_ns or 0, gap.state, gap.cause
        )

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            return
        self.failure = f"{task.get_name()} failed: {task.exception()}"
        log.error("a task of the engine failed", task=task.get_name(), exc_info=task.exception())
        self.stopping.set()

    async def stop(self) -> None:
        """Flush everything, save every strategy, end the workers. Safe to call after a failure."""
        await self.feed.aclose()
        await self.tape.flush()
        if self.failure is None:
            await self._quiesce()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pool.stop()
        await self.tape.close()
        if self.failure is None:
            await self.ledger.end_session(self.session_id, self.clock.now_ns())
        await self.ledger.close()
        log.info("engine stopped", ticks=self.market.ticks_total, failure=self.failure)

    async def _quiesce(self) -> None:
        """Wait until workers have seen all ticks and their last snapshots and fills are on disk."""
        waiting = self._unheard = {worker.number for worker in self.pool.workers if worker.strategies}
        self.pool.broadcast(frames.frame(frames.SNAP) + frames.frame(frames.STATUS))
        if not await self.until(lambda: not waiting, DRAIN_S):
            log.warning("workers did not answer in time", workers=sorted(waiting))
        await asyncio.wait_for(self.settler.drain(), DRAIN_S)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for something the workers' answers bring about; False when it did not come in time."""
        deadline = self.clock.monotonic() + seconds
        while not condition():
            self._heard.clear()
            try:
                await asyncio.wait_for(self._heard.wait(), deadline - self.clock.monotonic())
            except TimeoutError:
                return False
        return True

    async def wait_flat(self) -> bool:
        """Wait until no strategy holds a position; False when prints to fill on did not come in time."""
        return await self.until(lambda: all(e.figures is None or e.figures.position == 0 for e in self.roster), DRAIN_S)

    def on_batch(self, batch: Batch) -> None:
        """The one place every released tick passes: tape, view, workers."""
        if len(batch.ticks):
            self.last_seq = int(batch.ticks["seq"][-1])
            self.tape.append(batch.ticks, self.venue.stream)
            self.recent.add(batch.ticks)
            self.pool.send_ticks(batch.ticks)
        if len(batch.late):
            self.tape.append(batch.late, self.venue.stream)
        for gap in batch.gaps:
            self._keep_gap(gap)
        for spike in batch.spikes:
            name = self.symbols.names[spike.symbol]
            self.alarms.note("warning", f"{name} jumped from {spike.before:g} to {spike.price:g} in one print")
        self.market.held = batch.held
        self.market.take(batch.ticks, batch.quotes)
        self.panes.touch("prices")
        if self.tape.full and not self._waiting_for_room:
            self._waiting_for_room = True
            self.feed.pause()
            self.spawn(self._resume_with_room(), "room on the tape")

    async def _resume_with_room(self) -> None:
        """Reading stands still while the disk catches up; nothing read is dropped."""
        self.alarms.raise_("tape", "critical", f"the tape is {self.tape.trouble or 'too slow'}: reading waits for it")
        await self.tape.wait_room()
        self._waiting_for_room = False
        self.alarms.resolve("tape")
        self.feed.resume()

    def _keep_gap(self, gap: GapEvent) -> None:
        name = self.symbols.names[gap.symbol]
        self.tape.record_gap(
            name, gap.stream, gap.from_id, gap.to_id, from_ns=gap.from_ns, to_ns=gap.to_ns, state=gap.state, cause=gap.cause
        )
        span = f"{name} {gap.from_id}..{gap.to_id}"
        cause = f"gap {span}"
        if gap.state == "open":
            self.alarms.raise_(cause, "warning", f"gap: {span} ({gap.to_id - gap.from_id + 1} ids): {gap.cause}")
        else:
            self.alarms.resolve(cause)
            self.alarms.note("info" if gap.state == "filled" else "warning", f"gap {gap.state}: {span}: {gap.cause}")

    def on_state(self, state: FeedState) -> None:
        """The connection changed."""
        self.feed_state = state
        cause = f"feed {state.venue}"
        if state.state in ("stale", "backoff"):
            retry = f", next try in {state.retry_in_s:.0f} s" if state.retry_in_s is not None else ""
            self.alarms.raise_(cause, "warning", f"{state.venue} {state.state}: {state.detail}{retry}")
        elif state.state == "live":
            self.alarms.resolve(cause)
        self.panes.touch("header", "prices")

    def on_symbols(self, listed: dict[str, SymbolInfo]) -> None:
        """What the venue lists arrived."""
        for full in self.market.watched:
            info = listed.get(self.bare(full))
            if info is None:
                self.market.halted[full] = "not listed"
            elif info.status != "TRADING":
                self.market.halted[full] = info.status
            else:
                self.market.halted.pop(full, None)
            if info is not None:
                self.market.learn(full, info)
        self.panes.touch("prices")

    def on_tickers(self, rows: list[Any]) -> None:
        """24 h figures arrived."""
        self.market.tickers(self.venue.name, rows)
        self.panes.touch("prices")

    def hear(self, worker: Worker, kind: int, seq: int, payload: bytearray) -> None:
        """One frame of a worker."""
        if kind == frames.REPORTS:
            size = int.from_bytes(payload[:2], "little")
            self.commands.report(payload[2 : 2 + size].decode(), payload[2 + size :], seq)
        elif kind == frames.FIGURES:
            for figures in msgspec.msgpack.decode(payload, type=list[frames.Figures]):
                if figures.id in self.roster:
                    self.roster[figures.id].take(figures)
            self._unheard.discard(worker.number)
            self._heard.set()
            self.panes.touch("strategies", "header")
        elif kind == frames.SNAPSHOT:
            snapshot = msgspec.msgpack.decode(payload, type=frames.Snapshot)
            self.settler.put(snapshot.seq, lambda: self._save(snapshot))
        elif kind == frames.FAILED:
            self.commands.failed(worker, msgspec.msgpack.decode(payload, type=frames.Failure))
        elif kind == frames.GONE:
            self.commands.gone(worker, payload.decode(), seq)

    async def _save(self, snapshot: frames.Snapshot) -> None:
        await self.ledger.add_snapshot(
            snapshot.id,
            snapshot.seq,
            self.clock.now_ns(),
            layout_hash=snapshot.layout,
            source_hash=snapshot.source_hash,
            state=snapshot.data,
        )

    def lost(self, worker: Worker) -> None:
        """A worker's process ended on its own: its strategies are shown as failed."""
        if self.stopping.is_set():
            return
        for id_ in worker.strategies:
            self.roster[id_].fail("its worker process died", "")
        self.alarms.raise_(f"worker {worker.number}", "critical", f"worker {worker.number} (pid {worker.pid}) died")
        if worker in self.pool.workers:
            self.pool.workers.remove(worker)
        self.panes.touch("strategies")

    async def _sample(self) -> None:
        ticks = 0
        while True:
            self.market.sample(self.clock.monotonic())
            ticks += 1
            if ticks % 10 == 0:
                self.roster.sample()
            self.panes.touch("header", "prices")
            await asyncio.sleep(SAMPLE_S)

    async def _figures(self) -> None:
        ask = frames.frame(frames.STATUS)
        while True:
            await asyncio.sleep(FIGURES_S)
            self.pool.broadcast(ask)

    async def _snapshots(self) -> None:
        ask = frames.frame(frames.SNAP)
        while True:
            await asyncio.sleep(self.config.engine.snapshot_every_s)
            self.pool.broadcast(ask)

    def header(self) -> HeaderView:
        """The header pane."""
        counters = self.feed.counters
        equity, capital = self.roster.equity()
        state = self.feed_state
        return HeaderView(
            mode=self.mode,
            feeds=[FeedView(state.venue, state.state, state.detail, self.market.latency_ms)],
            now_ns=self.clock.now_ns(),
            started_ns=self.started_ns,
            ticks_total=self.market.ticks_total,
            ticks_per_s=self.market.rate(),
            gaps_open=counters.gaps_open,
            tape_backlog=self.tape.backlog,
            duplicates=counters.duplicates,
            quarantined=counters.quarantined,
            equity=equity,
            capital=capital,
            drawdown_pct=self.roster.drawdown_pct,
            pid=os.getpid(),
            home=str(self.home),
        )

    def status(self) -> dict[str, Any]:
        """What `cockpit status` prints."""
        equity, capital = self.roster.equity()
        state = self.feed_state
        healthy = state.state == "live" and not any(e.state == "failed" for e in self.roster)
        return {
            "state": "running",
            "health": "ok" if healthy else "degraded",
            "mode": self.mode,
            "pid": os.getpid(),
            "home": str(self.home),
            "venues": [{"venue": state.venue, "state": state.state, "detail": state.detail, "latency_ms": self.market.latency_ms}],
            "symbols": self.market.watched,
            "started_ns": self.started_ns,
            "ticks_total": self.market.ticks_total,
            "ticks_per_s": round(self.market.rate(), 3),
            "tape_backlog": self.tape.backlog,
            "last_seq": self.last_seq,
            "feed": {key: getattr(self.feed.counters, key) for key in type(self.feed.counters).__slots__},
            "strategies": self.roster.summary(),
            "workers": self.pool.figures(),
            "equity": equity,
            "capital": capital,
        }

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
