"""Gathering what the copilot's rules look at: a snapshot of the engine every two seconds, in a fraction of a millisecond a strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from core.copilot.facts import AlertRuleFact, Facts, FeedFact, StrategyFact, StudyFact, SymbolFact, WorkerFact, short
from core.engine.copilot_asked import Asked
from core.engine.copilot_machine import BACK_S, Points, Rises, Since
from core.engine.copilot_market import EquityPast, MarketPast
from core.engine.copilot_trades import Done, Trades
from core.engine.roster import Entry
from core.terms import Terms

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: What changes slowly is looked at every so many looks: alerts, rules, studies.
SLOW = 5

_NOTHING = Done()


class Gathering:
    """Makes snapshots, and remembers what it takes to tell what changed.

    Attributes:
        disk_free: bytes, as somebody looked last; None not looked yet.
    """

    def __init__(self, engine: Engine, asked: Asked) -> None:
        self.engine = engine
        self.asked = asked
        self.disk_free: float | None = None
        self._began = engine.clock.monotonic()
        self._market, self._equities, self._trades = MarketPast(engine), EquityPast(), Trades(engine.blotter)
        self._states, self._feed_states = Since(), Since()
        self._restarts, self._firings = Rises(), Rises()
        self._disk, self._gaps = Points(), Points()
        self._worst: dict[str, tuple[float, float]] = {}
        self._looks = 0
        self._slow: tuple[tuple[AlertRuleFact, ...], tuple[StudyFact, ...], tuple[int, float, str]] = ((), (), (0, 0.0, ""))
        self._assumed: dict[tuple[str, str], tuple[str, Terms]] = {}

    def look(self) -> Facts:
        """The engine as of now."""
        engine, now, now_ns = self.engine, self.engine.clock.monotonic(), self.engine.clock.now_ns()
        self._trades.look(now)
        if self._looks % SLOW == 0:
            self._slow = (self._alert_rules(now), self._studies(now_ns), self._unseen(now_ns))
        self._looks += 1
        symbols = self._market.facts(now, now_ns, self.asked.trends)
        strategies = self._strategies(now, now_ns, symbols)
        worth = {id_: _worth(one, symbols) for id_, one in strategies.items()}
        self._equities.put(now, {id_: one.equity for id_, one in strategies.items() if one.equity is not None})
        gaps = engine.feed.counters.gaps_open
        self._gaps.put(now, gaps)
        if self.disk_free is not None:
            self._disk.put(now, self.disk_free)
        before, (fall, hours) = self._gaps.ago(now, BACK_S), self._disk.fall_a_day(now)
        equity, capital = engine.roster.equity()
        rules, studies, (unseen, unseen_s, text) = self._slow
        return Facts(
            now_ns, now - self._began, engine.mode, symbols, self._feeds(now), strategies, self._equities.facts(worth), self.asked.pairs,
            rules, self._workers(now), studies, equity if strategies else None, capital, sum(worth.values()), engine.sentinel.fall.percent,
            self.disk_free, fall, hours, gaps, None if before is None else int(before), unseen, unseen_s, text,
        )  # fmt: skip

    def _feeds(self, now: float) -> tuple[FeedFact, ...]:
        feeds = self.engine.system.feeds()
        since = self._feed_states.look(now, {feed.venue: "live" if feed.state == "live" else "away" for feed in feeds})
        return tuple(
            FeedFact(feed.venue, feed.state, feed.detail, _latency(feed.latency_ms), 0.0 if feed.state == "live" else since[feed.venue])
            for feed in feeds
        )

    def _strategies(self, now: float, now_ns: int, symbols: Mapping[str, SymbolFact]) -> dict[str, StrategyFact]:
        roster = self.engine.roster
        since = self._states.look(now, {entry.id: entry.state for entry in roster})
        found = {entry.id: self._strategy(entry, now, now_ns, since[entry.id], symbols.get(entry.order.symbols[0])) for entry in roster}
        self._trades.keep(set(found))
        working = self.engine.blotter.working
        for key in [key for key in working if key[0] not in found]:
            del working[key]
        self._worst = {id_: worst for id_, worst in self._worst.items() if id_ in found}
        return found

    def _strategy(self, entry: Entry, now: float, now_ns: int, state_s: float, symbol: SymbolFact | None) -> StrategyFact:
        figures, done = entry.figures, self._trades.of.get(entry.id, _NOTHING)
        fall, worst = self._falls(entry)
        params = entry.plan.values if entry.plan is not None else entry.order.params
        assumed_in, assumed = self._assumed.get((entry.order.name, _named(entry.order.symbols)), ("", entry.terms))
        working = self.engine.blotter.working
        waits = [working[entry.id, symbol] for symbol in entry.order.symbols if (entry.id, symbol) in working] if working else []
        return StrategyFact(
            entry.id, entry.order.name, tuple(entry.order.symbols), str(params.get("interval", "")), params, entry.terms, entry.state,
            entry.detail, state_s, figures.seen if figures else 0, figures.warmup if figures else 0, figures.position if figures else 0.0,
            figures.equity if figures else None, fall, worst, tuple(done.trips), done.fills,
            (now_ns - done.last_ns) / 1e9 if done.last_ns else None, done.usual_gap_s, done.refused(now), done.paid_bps, done.paid_fills,
            _cost_bps(assumed), assumed_in, (now_ns - min(waits)) / 1e9 if waits else None,
            figures.entry if figures else None, symbol.last if symbol else None,
        )  # fmt: skip

    def _falls(self, entry: Entry) -> tuple[float | None, float | None]:
        """How far it is below its peak, and the deepest it was before it made this peak, percent."""
        figures = entry.figures
        if figures is None or figures.peak <= 0:
            return None, None
        peak, worst = self._worst.get(entry.id, (0.0, 0.0))
        if figures.peak > peak:  # what was deepest so far is before this fall from here on
            worst = figures.drawdown_ratio * 100
            self._worst[entry.id] = figures.peak, worst
        return max(0.0, (figures.peak - figures.equity) / figures.peak * 100), worst

    def _workers(self, now: float) -> tuple[WorkerFact, ...]:
        places = self.engine.pool.places
        rises = self._restarts.look(now, {str(number): place.restarts for number, place in places.items()})
        alive = {worker.number: worker for worker in self.engine.pool.workers}
        return tuple(
            WorkerFact(
                number, rises.get(str(number), 0), place.last_end, tuple(sorted(alive[number].strategies)) if number in alive else ()
            )
            for number, place in places.items()
        )

    # What changes slowly

    def _alert_rules(self, now: float) -> tuple[AlertRuleFact, ...]:
        book = self.engine.sentinel.book
        rises = self._firings.look(now, {id_: done.fired for id_, done in book.done.items()})
        often: Iterable[str] = (id_ for id_ in rises if id_ in book.rules)
        return tuple(
            AlertRuleFact(id_, book.rules[id_].sentence, rises[id_], book.rules[id_].cooldown_s, msgspec.to_builtins(book.rules[id_]))
            for id_ in often
        )

    def _studies(self, now_ns: int) -> tuple[StudyFact, ...]:
        """Studies that ended; besides, which run of each strategy and symbol came out last, whose costs count as assumed."""
        view = self.engine.lab.view()
        self._assumed = {
            (run.order.strategy, _named(run.symbol.split(","))): (run.id, run.order.terms)
            for run in reversed(view.runs)
            if run.state == "done" and run.symbol
        }
        return tuple(
            StudyFact(row.id, ", ".join(row.order.strategies), row.state, (now_ns - row.ended_ns) / 1e9, row.verdict or "", row.line)
            for row in view.studies
            if row.ended_ns > self.engine.started_ns
        )

    def _unseen(self, now_ns: int) -> tuple[int, float, str]:
        rows = [row for row in self.engine.alarms.rows() if row.open and row.level != "info" and not row.acked_ns and not row.snoozed_ns]
        oldest = min(rows, key=lambda row: row.ts_ns, default=None)
        return (0, 0.0, "") if oldest is None else (len(rows), max(0.0, (now_ns - oldest.ts_ns) / 1e9), oldest.text)


def _latency(ms: float | None) -> float | None:
    """Further off than a day, it is a recording of another one."""
    return None if ms is None or abs(ms) > 86_400_000 else ms


def _worth(strategy: StrategyFact, symbols: dict[str, SymbolFact]) -> float:
    """What its position is worth; of several symbols, that in the first."""
    symbol = symbols.get(strategy.symbols[0]) if strategy.symbols else None
    return abs(strategy.position) * ((symbol.last if symbol is not None else None) or 0.0)


def _named(symbols: Sequence[str]) -> str:
    """The symbols of a strategy, or of a run, as one name."""
    return "+".join(map(short, symbols))


def _cost_bps(terms: Terms) -> float | None:
    """What a fill at the market is assumed to cost, in basis points of its value; None where the quote tells."""
    return None if terms.spread == "quote" else terms.fee_bps + terms.slippage_bps + terms.spread_bps / 2
