"""What comes from the venue: batches of released ticks, changes of the connection, listings and day figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.feed.batch import Batch, FeedState, GapEvent
from core.store.gaps import Gap
from core.venues.venue import SymbolInfo, Ticker

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Incoming:
    """The feed's callbacks: synchronous and short, they hand everything on."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._waiting_for_room = False

    def take(self, batch: Batch) -> None:
        """The one place every released tick passes: tape, workers, view."""
        engine = self.engine
        stream = engine.venue.stream
        if len(batch.ticks):
            engine.last_seq = int(batch.ticks["seq"][-1])
            engine.passage.released(batch.ticks)
            engine.pool.send_ticks(batch.ticks)  # first: what strategies make of them is on disk after them anyway
            engine.tape.append(batch.ticks, stream)
            engine.recent.add(batch.ticks)
        if len(batch.late):
            engine.tape.append(batch.late, stream)
        for gap in batch.gaps:
            self._keep(gap)
        for spike in batch.spikes:
            name = engine.symbols.names[spike.symbol]
            engine.alarms.note("warning", f"{name} jumped from {spike.before:g} to {spike.price:g} in one print")
        engine.market.held = batch.held
        engine.market.take(batch.ticks, batch.quotes)
        engine.panes.touch("prices")
        if engine.tape.full and not self._waiting_for_room:
            self._waiting_for_room = True
            engine.gate.hold("tape")
            engine.spawn(self._resume_with_room(), "room on the tape")

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
        self.engine.halts.look(*self.engine.roster)
        self.engine.panes.touch("prices")

    def tickers(self, rows: list[Ticker]) -> None:
        """24 h figures arrived."""
        self.engine.market.tickers(self.engine.venue.name, rows)
        self.engine.panes.touch("prices")
