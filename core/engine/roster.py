"""The registered strategies as the engine knows them: what was asked for, how each is, its figures of the moment."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any

from core.commands import Register, SetLimits, SetStops, Terms, with_stops
from core.compile.blueprint import Blueprint
from core.engine.hearing import holds
from core.errors import UsageError
from core.kernels.records import BLOCK_NAMES, MAX_POSITION
from core.research.metrics import LEAST_SPAN_NS, sharpe_daily
from core.trading.bounds import FREE, Bound
from core.view import StrategyRow
from core.workers.frames import Assignment, Figures, Lever, Snapshot

SPARK_POINTS = 60

#: A strategy that was given so many bars, or ticks, after its warm-up and never gave a target is said to have no opinion yet.
LONG_BARS, LONG_TICKS = 20, 1000


class Entry:
    """One registered strategy.

    Attributes:
        since: it has run from the tick after this seq on.
        begun_ns: when it was registered.
        reached: ticks through this seq were sent to it already when its worker was sent the past again.
        reported: the newest seq of which anything it did is on its way to the ledger, or there.
        snapshot: its newest one since it started.
        opening: what it was sent to begin with, until its first snapshot is here.
        told: how many commands it was ever given.
        levers: what it was told, or heard, and after which seq, as far as its snapshot may not hold it.
        told_at: the seq after which it was told something last.
        forebear: the last snapshot of itself before it was edited or failed: whose books it takes over when it starts.
        stops: what was said of its stops, with the number each was said under.
        stance: what still holds of all it was ever told, by kind.
        standing: the stance of the forebear, which is said again when it starts.
        cause: what it starts for: registered | edited | resumed.
        limits: a person's, whatever the venue's state adds to them.
        bound: what the account lets it do.
        because, capped: why it was last held back, and why its largest position was last what it was: blocks are heard of later.
        halted: why the venue keeps it from trading, or empty.
        days, filled: its equity at the end of each UTC day, by that midnight; the number of its newest fill that was told.
        deaths: when its code was running as its worker died, monotonic seconds.
    """

    def __init__(self, id_: str, order: Register, plan: Blueprint | None) -> None:
        self.id = id_
        self.order = order
        self.plan = plan
        self.since = self.reached = self.reported = self.begun_ns = self.filled = self.told_at = 0
        self.snapshot: Snapshot | None = None
        self.levers: list[tuple[int, Lever]] = []
        self.told = 0
        self.stops: list[tuple[int, SetStops]] = []
        self.opening: tuple[Assignment, bytes] | None = None
        self.forebear: Snapshot | None = None
        self.stance: dict[str, Lever] = {}
        self.standing: tuple[Lever, ...] = ()
        self.cause = "registered"
        self.bound, self.because, self.capped = FREE, "", ""
        self.halted = ""
        self.days: dict[int, float] = {}
        self.deaths: list[float] = []
        self.state = "starting"  # starting | warming | running | paused | closing | restarting | failed
        self.detail = self.traceback = ""
        self.paused = False
        self.begun = asyncio.Event()  # it got past "starting", or never will
        self.limits: SetLimits | None = None
        self.figures: Figures | None = None
        self.spark: deque[float] = deque(maxlen=SPARK_POINTS)

    @property
    def terms(self) -> Terms:
        """How it trades."""
        return self.terms_at(self.told)

    def terms_at(self, told: int) -> Terms:
        """How it traded when it had been told so many commands: its stops are no part of its snapshots."""
        for number, stops in reversed(self.stops):
            if number <= told:
                return with_stops(self.order.terms, stops)
        return self.order.terms

    def fail(self, line: str, traceback: str = "") -> None:
        """It cannot go on: one line why, and the traceback."""
        self.state, self.detail, self.traceback = "failed", line, traceback

    def tell(self, after: int, lever: Lever) -> None:
        """It is told something that takes effect after this seq."""
        self.told, self.told_at = max(self.told, lever.number), max(self.told_at, after)
        self.levers.append((after, lever))
        if isinstance(lever.said, SetStops):
            self.stops.append((lever.number, lever.said))
        if lever.lever not in ("flatten", "reduce", "hear", "executed", "unplaced"):
            self.stance["pause" if lever.lever == "resume" else lever.lever] = lever

    def begin_again(self, plan: Blueprint, cause: str) -> None:
        """It starts afresh: with a new plan, the books it had, and what still holds of all it was told: all but what was closed."""
        self.plan, self.cause = plan, cause
        self.forebear, self.snapshot = self.snapshot or self.forebear, None
        self.standing = tuple(self.stance.values())
        self.state = "restarting"

    def interrupt(self, reached: int, detail: str) -> None:
        """Its worker is gone, another one takes it up."""
        self.state, self.detail, self.reached = "restarting", detail, max(reached, self.reached)

    def keep(self, snapshot: Snapshot) -> None:
        """Its newest state; levers that it holds need not be said again, but that it is closing: the desk alone knows."""
        self.snapshot, self.opening, self.forebear, self.standing = snapshot, None, None, ()
        self.reported = max(self.reported, snapshot.seq)
        held = [told for after, told in self.levers if holds(snapshot, after, told)]
        self.levers = [(after, told) for after, told in self.levers if not holds(snapshot, after, told)]
        if any(told.lever in ("close", "closing") for told in held):
            self.levers.insert(0, (snapshot.seq, Lever(id=self.id, lever="closing", number=snapshot.told)))

    def take(self, figures: Figures) -> None:
        """Take its figures; state and detail follow from them. Those of a past that is being run again are passed over."""
        if self.figures is not None and figures.seq < self.figures.seq:
            return
        self.figures = figures
        if self.state == "failed":
            return
        self.paused = figures.paused
        self.detail = ""
        if figures.closing:
            self.state = "closing"
        elif figures.paused:
            self.state = "paused"
        elif figures.seen < figures.warmup:
            self.state, self.detail = "warming", f"{figures.seen}/{figures.warmup}"
        else:
            self.state, self.detail = "running", self._silence(figures)
        if figures.blocked:
            told = self.bound.reason and (self.bound.mode != "normal" or figures.blocked == MAX_POSITION)
            self.detail = f"blocked: {BLOCK_NAMES[figures.blocked]}{f' ({self.bound.reason})' if told else ''}"
        if self.halted:
            self.detail = f"halted: {self.halted}"

    def bind(self, bound: Bound) -> None:
        """What the account lets it do from here on."""
        self.bound = bound
        if bound.mode != "normal":
            self.because = bound.reason or self.because
        if bound.max_position is not None:
            self.capped = bound.reason or self.capped

    def _silence(self, figures: Figures) -> str:
        """That it gave no target yet, once that is long: it may wait for something, or never come to one."""
        past = figures.seen - figures.warmup
        what, long = ("bars", LONG_BARS) if self.plan is None or self.plan.interval else ("ticks", LONG_TICKS)
        return f"no opinion yet: {past:,} {what} after warm-up" if figures.quiet and past >= long else ""

    def row(self) -> StrategyRow:
        """As the pane shows it."""
        f, terms = self.figures, self.terms
        return StrategyRow(
            id=self.id,
            name=self.order.name,
            symbols=self.order.symbols,
            state=self.state,
            detail=self.detail,
            traceback=self.traceback,
            position=f.position if f else 0.0,
            entry=f.entry if f and f.position else None,
            unrealised=f.unrealised if f else 0.0,
            realised=f.realised if f else 0.0,
            fees=f.fees if f else 0.0,
            trades=f.trades if f else 0,
            wins=f.wins if f else 0,
            equity=f.equity if f else terms.capital,
            capital=terms.capital,
            drawdown_pct=f.drawdown_ratio * 100 if f else 0.0,
            params=self.plan.values if self.plan else dict(self.order.params),
            spark=list(self.spark),
            sharpe=self._sharpe(f.equity) if f else None,
            stops=(terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct),
        )

    def _sharpe(self, equity: float) -> float | None:
        """Of its daily changes so far, today's included; None before the first midnight two days after it was registered."""
        ends = list(self.days)
        if not ends or ends[-1] - self.begun_ns < LEAST_SPAN_NS:
            return None
        return sharpe_daily(ends, list(self.days.values()), equity, ends[0] - 1, ends[-1], self.terms.capital)


class Roster:
    """All registered strategies, oldest first."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, id_: object) -> bool:
        return id_ in self.entries

    def __getitem__(self, id_: str) -> Entry:
        """The strategy of an id.

        Raises:
            UsageError: there is none; the message names those there are.
        """
        try:
            return self.entries[id_]
        except KeyError:
            known = ", ".join(self.entries) or "none is registered"
            raise UsageError(f"no strategy {id_!r}: {known}") from None

    def chosen(self, id_: str | None) -> list[Entry]:
        """One strategy, or all for None."""
        return list(self) if id_ is None else [self[id_]]

    def symbols(self) -> set[str]:
        """Every symbol a strategy has a leg on."""
        return {symbol for entry in self if entry.state != "failed" for symbol in entry.order.symbols}

    def equity(self) -> tuple[float, float]:
        """(equity, capital) of all strategies together."""
        equity = sum(e.figures.equity if e.figures else e.terms.capital for e in self)
        return equity, sum(e.terms.capital for e in self)

    def sample(self) -> None:
        """Take a point of every equity sparkline."""
        for entry in self:
            if entry.figures is not None:
                entry.spark.append(entry.figures.equity)

    def summary(self) -> list[dict[str, Any]]:
        """For `status`."""
        names = ("id", "name", "symbols", "state", "detail", "equity", "position", "entry", "stops")
        return [{name: getattr(row, name) for name in names} for row in (entry.row() for entry in self)]
