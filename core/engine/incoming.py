"""What comes from the venue: batches of released ticks, changes of the connection, listings and day figures.

Ticks go to the workers at once. Tape, memory and view get them a few milliseconds later, many batches in one: what they cost
a batch would otherwise stand in the way of the next tick.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.feed.batch import Batch, FeedState, GapEvent
from core.store.arrivals import NOT_IMPORTED
from core.store.gaps import Gap
from core.types import QUOTE, Records, join
from core.venues.venue import SymbolInfo, Ticker

if TYPE_CHECKING:
    from core.engine.engine import Engine


#: Batches are gathered for so long, or until they hold so many ticks.
LINGER_S = 0.005
MOST = 2048


class Incoming:
    """The feed's callbacks: synchronous and short, they hand everything on.

    Attributes:
        imported: of symbols that were imported long ago and not recorded since, the last id on the tape.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.imported: dict[str, int] = {}
        self._waiting_for_room = False
        self._gathered: list[Batch] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def take(self, batch: Batch) -> None:
        """The one place every released tick passes: workers, then tape, memory and view."""
        engine = self.engine
        if len(batch.ticks):
            engine.last_seq = int(batch.ticks["seq"][-1])
            engine.passage.released(batch.ticks)
            engine.pool.send_ticks(batch.ticks)
        self._gathered.append(batch)
        self._count += len(batch.ticks)
        if self._count >= MOST or len(batch.late) or batch.gaps or batch.spikes:
            self.absorb()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._absorb_or_fail)

    def _absorb_or_fail(self) -> None:
        try:
            self.absorb()
        except Exception as error:  # a batch the tape did not take is a hole in it: nothing goes on
            self.engine.fail("tape", error)

    def absorb(self) -> None:
        """Give tape, memory and view what was gathered; whoever reads the tape or the recent ticks to the last one calls this first."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batches, self._gathered, self._count = self._gathered, [], 0
        if not batches:
            return
        engine = self.engine
        stream = engine.venue.stream
        ticks = join([batch.ticks for batch in batches])
        if self.imported and len(ticks):
            self._begin_anew(ticks, stream)
        for gap in (gap for batch in batches for gap in batch.gaps if gap.state != "filled"):
            self._keep(gap)  # before the ticks beyond it: a kill between the two must not leave a hole that nobody lists
        if len(ticks):
            engine.tape.append(ticks, stream)
            engine.recent.add(ticks)
        for batch in batches:
            self._note(batch, stream)
        engine.market.held = batches[-1].held
        engine.market.take(ticks, join([batch.quotes for batch in batches], QUOTE))
        engine.sentinel.look(ticks)
        engine.analyst.take(ticks)
        engine.panes.touch("prices")
        if engine.tape.full and not self._waiting_for_room:
            self._waiting_for_room = True
            engine.gate.hold("tape")
            engine.spawn(self._resume_with_room(), "room on the tape")

    def _begin_anew(self, ticks: Records, stream: str) -> None:
        """List what lies between an import of long ago and the first print of a symbol since."""
        for name in list(self.imported):
            mine = ticks.compress(ticks["symbol"] == self.engine.symbols[name]) if name in self.engine.symbols else ticks[:0]
            if len(mine):
                first, last = int(mine["id"].min()), self.imported.pop(name)
                if first > last + 1 and self.engine.venue.ids == "dense":
                    self.engine.tape.record_gap(
                        name, stream, last + 1, first - 1, from_ns=None, to_ns=None, state="lost", cause=NOT_IMPORTED
                    )

    def _note(self, batch: Batch, stream: str) -> None:
        """What is rare in a batch."""
        engine = self.engine
        if len(batch.late):
            engine.tape.append(batch.late, stream)
        for gap in batch.gaps:
            if gap.state == "filled":  # after the ticks that fill it
                self._keep(gap)
        for spike in batch.spikes:
            name = engine.symbols.names[spike.symbol]
            engine.alarms.note("warning", f"{name} jumped from {spike.before:g} to {spike.price:g} in one print")

    async def _resume_with_room(self) -> None:
        """Reading stands still while the disk catches up; nothing read is dropped."""
        engine = self.engine
        engine.alarms.raise_("tape", "critical", f"the tape is {engine.tape.trouble or 'too slow'}: reading waits for it")
        await engine.tape.wait_room()
        self._waiting_for_room = False
        engine.alarms.resolve("tape")
        engine.gate.release("tape")

    def _keep(self, gap: GapEvent) -> None:
        engine = self.engine
        name = engine.symbols.names[gap.symbol]
        engine.tape.record_gap(
            name, gap.stream, gap.from_id, gap.to_id, from_ns=gap.from_ns, to_ns=gap.to_ns, state=gap.state, cause=gap.cause
        )
        span = f"{name} {gap.from_id}..{gap.to_id}"
        cause = f"gap {span}"
        if gap.state == "open":
            engine.alarms.raise_(cause, "warning", f"gap: {span} ({gap.to_id - gap.from_id + 1:,} ids): {gap.cause}")
        else:
            engine.alarms.resolve(cause)
            engine.alarms.note("info" if gap.state == "filled" else "warning", f"gap {gap.state}: {span}: {gap.cause}")

    def event(self, gap: Gap) -> GapEvent:
        """A gap on the tape as the feed takes it up."""
        symbol = self.engine.symbols.add(gap.symbol)
        return GapEvent(symbol, gap.stream, gap.from_id, gap.to_id, gap.from_ns or 0, gap.to_ns or 0, gap.state, gap.cause)

    def connection(self, state: FeedState) -> None:
        """The connection changed."""
        engine = self.engine
        engine.feed_state = state
        if state.state != "live":
            engine.sentinel.heard.deafen()
        cause = f"feed {state.venue}"
        if state.state in ("stale", "backoff"):
            engine.alarms.raise_(cause, "warning", f"{state.venue} {state.state}: {state.detail}")
        elif state.state in ("live", "degraded"):
            engine.alarms.resolve(cause)
        if state.state == "degraded":
            engine.alarms.raise_(f"{cause} degraded", "critical", f"{state.venue} degraded: {state.detail}")
        elif state.state == "live":
            engine.alarms.resolve(f"{cause} degraded")
        engine.panes.touch("header", "prices")

    def listing(self, listed: dict[str, SymbolInfo]) -> None:
        """What the venue lists arrived."""
        market = self.engine.market
        for full in market.watched:
            info = listed.get(full.rpartition(":")[2])
            if info is None:
                market.halted[full] = "not listed"
            elif info.status != "TRADING":
                market.halted[full] = info.status
            else:
                market.halted.pop(full, None)
            if info is not None:
                market.learn(full, info)
        if self.engine.external is not None:
            self.engine.external.learn(listed)
        self.engine.halts.look(*self.engine.roster)
        self.engine.panes.touch("prices")

    def tickers(self, rows: list[Ticker]) -> None:
        """24 h figures arrived."""
        self.engine.market.tickers(self.engine.venue.name, rows)
        self.engine.panes.touch("prices")
