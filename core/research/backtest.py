"""One backtest: a source, a strategy, its terms, the live loop over all of it, and the figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.instance import Instance
from core.errors import SourceError
from core.kernels.records import FILL, FUNDING, MARK, REPORT
from core.research.account import account_run
from core.research.beginning import begun
from core.research.costs_text import held_back
from core.research.curve import Curve
from core.research.decisions import Decisions, decisions_of
from core.research.figures import figures
from core.research.guards_text import barred
from core.research.metrics import finite, metrics
from core.research.order import Order, refuse_holes, source_of, strategy_of
from core.research.regimes import Regimes, step_of
from core.research.rows import fill_rows
from core.research.short_bars import refuse_short_bars, short_bars_note
from core.research.signals import Signals
from core.research.source import Source
from core.research.tables import tables
from core.research.trips import closed_trips, trips_of_legs
from core.research.volatility import refuse_long_bars
from core.research.warming import after_warming, blaming, cold_words, reach_of
from core.research.watch import Watch
from core.strategy import Definition
from core.term_rules import refuse_idle, refuse_unfit
from core.types import Records, join

Progress = Callable[[Source, int], None]


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        figures: the metrics, then the figures of `core.research.figures`, JSON-ready; and `gaps` where the source lacks data
            (`Verdict.gaps`).
        fills: one dict a fill, the columns of the ledger's `fills`.
        equity: (ns, equity) at each UTC midnight inside the run, and at its end.
        first_ns: time of the first tick traded.
        trips: the closed round trips, TRIP records.
        tables: the trips in groups, JSON-ready.
        executed: the FILL reports that `fills` is made of.
        funded: the FUNDING reports.
        cold: why the strategy never had an opinion: there was too little for it to warm up; '' where there was enough.
        signals: its decisions, where anyone asked.
        state: the strategy's own record at the end, shape (1,).
    """

    figures: dict[str, Any]
    fills: list[dict[str, Any]]
    equity: list[tuple[int, float]]
    plan: Blueprint
    source: Source
    first_ns: int
    trips: Records
    tables: dict[str, list[dict[str, Any]]]
    executed: Records
    funded: Records
    cold: str = ""
    signals: Signals | None = None
    state: Any = None


def run_backtest(order: Order, progress: Progress | None = None, curve: Curve | None = None, reading: Progress | None = None) -> Result:
    """Run one backtest.

    Args:
        progress: called with the source and the rows done so far, after every batch; with a curve after every piece.
        curve: takes points of equity on the way, between the daily ones of the result.
        reading: called with the source and the rows that only warm up so far (0: nobody knows, or none), now and then while it is read.

    Raises:
        GapsError: the source lacks data, and the order does not allow that.
        UsageError: the source, the strategy, a value or a term is refused; one line.
    """
    refuse_idle(order.terms)
    definition = strategy_of(order)
    refuse_unfit(definition, order.terms)
    reach = reach_of(definition, order.params, order.from_ns)
    source = source_of(order, definition, reach)
    refuse_short_bars(definition, order.params, source.interval_ns)
    if (further := reach_of(definition, order.params, order.from_ns, source.interval_ns)) != reach:
        source = source_of(order, definition, further)
    source.since_ns = order.from_ns or 0
    source.told = None if reading is None else partial(reading, source)
    refuse_holes(source.text, source.listed(), order.allow_gaps)
    return run_over(source, order.priced(source.symbol), definition, progress, curve)


def run_over(source: Source, order: Order, definition: Definition, progress: Progress | None = None, curve: Curve | None = None) -> Result:
    """The same over a source that is open: its rows from `core.research.warming.reach_of` on, whatever the order says of sources.

    Raises:
        GapsError: it turned out that the source lacks data.
        UsageError: a parameter is refused, or there is nothing in the span asked for.
        CockpitError: the strategy raised.
    """
    refuse_long_bars(order.terms, source.interval_ns)
    refuse_short_bars(definition, order.params, source.interval_ns)
    interval = definition.interval(definition.params(order.params))
    several = definition.legs > 1
    plan = blueprint(definition, order.params, backtest_variant(order.terms, bars=source.kind == "bars", legs=definition.legs))
    instance, batches = begun(plan, order.terms, source)
    started = time.perf_counter()
    watch = (
        Watch(order.terms, Regimes(step_of(interval, source.interval_ns), source.interval_ns)) if order.watched and not several else None
    )
    decisions = decisions_of(instance, plan, definition, order.signals)
    reports, first_ns, last_ns = _run(instance, plan, source, batches, order.from_ns, progress, curve, watch, decisions)
    gaps = source.verdict.gaps() if source.verdict is not None else None
    if source.verdict is not None and source.verdict.holes is not None:
        refuse_holes(source.text, source.verdict.holes, order.allow_gaps)
        source.notes.append(f"gaps were allowed: {source.verdict.holes.words()}")
    cold = "" if len(reports.compress(reports["kind"] == FILL)) else cold_words(instance, plan, order.from_ns, source.interval_ns)
    short = short_bars_note(interval, source.interval_ns)
    source.notes += [*([short] if short else []), *([f"the strategy {cold}"] if cold else []), *held_back(reports), *barred(reports)]
    result = _result(instance, plan, source, reports, first_ns, last_ns, cold, started, watch, decisions.signals)
    result.figures.update({} if gaps is None else {"gaps": gaps})
    return result


def _run(
    instance: Instance, plan: Blueprint, source: Source, batches: Iterable[Records], from_ns: int | None, progress: Progress | None,
    curve: Curve | None, watch: Watch | None, decisions: Decisions,
) -> tuple[Records, int, int]:  # fmt: skip
    parts: list[Records] = []
    first_ns = last_ns = done = 0
    for batch in after_warming(instance, plan, source, batches, from_ns):
        when = batch["start" if source.kind == "bars" else "ts"]
        first_ns = first_ns or int(when[0])
        last_ns = int(when[-1])
        before = len(parts)
        with blaming(plan):
            decisions.begin(batch)
        for piece in (batch,) if curve is None else curve.pieces(batch):
            with blaming(plan):
                parts.append(decisions.feed(piece))
            done += len(piece)
            if curve is not None:
                account = instance.account[0]
                falls = float(account.max_drawdown), float(account.max_drawdown_ratio)
                curve.note(int(piece["ts"][-1]), float(account.equity), float(account.peak), *falls)
            if progress is not None:
                progress(source, done)
        if watch is not None:
            watch.take(batch, join(parts[before:], REPORT))
    if not done:
        raise SourceError(f"{source.text}: nothing in the span asked for")
    return join(parts, REPORT), first_ns, last_ns


def _result(
    instance: Instance, plan: Blueprint, source: Source, reports: Records, first_ns: int, last_ns: int, cold: str, started: float,
    watch: Watch | None, signals: Signals | None,
) -> Result:  # fmt: skip
    account = instance.account[0]
    marks = reports.compress(reports["kind"] == MARK)
    run = account_run(instance, marks, first_ns, last_ns, source.interval_ns)
    equity = [*zip(marks["ts"].tolist(), marks["equity"].tolist(), strict=True), (last_ns, float(account.equity))]
    fills = reports.compress(reports["kind"] == FILL)
    found = metrics(run, time.perf_counter() - started)
    funded = reports.compress(reports["kind"] == FUNDING)
    moved = reports.compress((reports["kind"] == FILL) | (reports["kind"] == FUNDING))
    trips = trips_of_legs(moved, plan.legs) if plan.legs > 1 else closed_trips(moved, None if watch is None else watch.excursions())
    found |= figures(run, trips, fills, None if watch is None else watch.falls(int(account.ts)))
    found |= {"funding": finite(account.funding)} if instance.terms.funding_bps else {}
    return Result(
        figures=found, fills=fill_rows(fills, plan.name, source.symbols), equity=equity, plan=plan, source=source, first_ns=first_ns,
        trips=trips, executed=fills, funded=funded, cold=cold, signals=signals, state=instance.state,
        tables=tables(trips, source.interval_ns, None if watch is None else watch.regimes, funding="funding" in found),
    )  # fmt: skip
