"""One backtest: a source, a strategy, its terms, the live loop over all of it, and the figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.commands import Terms
from core.compile.blueprint import Blueprint, backtest_variant, blueprint
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.errors import CockpitError, SourceError, StrategyError, UsageError, telling
from core.kernels.records import FILL, MARK, REPORT
from core.research.costs_text import held_back
from core.research.curve import Curve
from core.research.figures import figures
from core.research.metrics import Run, finite, metrics
from core.research.rows import fill_rows
from core.research.source import Source
from core.research.source_verdict import Holes, refuse
from core.research.sources import open_sources
from core.research.tables import tables
from core.research.trips import closed_trips
from core.research.watch import Watch
from core.strategy import PYTHON, warm_from
from core.strategy_files import load, strategy_file
from core.types import Records, interval_text, join

#: What the figures take from the account as it is.
_OF_ACCOUNT = ("ticks", "fills", "trades", "wins", "gross_profit", "gross_loss", "fees", "equity", "capital", "max_drawdown")

Progress = Callable[[Source, int], None]

#: A strategy's bars are warmed up on what comes before `--from`; ticks strategies on this many prints at most.
MOST_WARM_TICKS = 100_000


@dataclass(frozen=True)
class Order:
    """What to run.

    Attributes:
        folders: where strategies lie, later ones shadow earlier ones.
        from_ns: first time traded; what lies before it in the source only warms the strategy up.
        allow_gaps: run over a source that lacks data; the result says so.
        cache: take files from the cache of what was parsed before, and keep them there.
        watched: whether somebody wants what only a look at every print tells: how far each trip was ahead and behind, and how long
            equity lay below its peak.
    """

    sources: list[str]
    strategy: str
    folders: list[Path]
    params: dict[str, Any] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    symbol: str | None = None
    home: Path | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    as_delivered: bool = False
    allow_gaps: bool = False
    cache: bool = True
    watched: bool = False


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
        cold: why the strategy never had an opinion: there was too little for it to warm up; '' where there was enough.
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
    cold: str = ""


def run_backtest(order: Order, progress: Progress | None = None, curve: Curve | None = None) -> Result:
    """Run one backtest.

    Args:
        progress: called with the source and the rows done so far, after every batch; with a curve after every piece.
        curve: takes points of equity on the way, between the daily ones of the result.

    Raises:
        GapsError: the source lacks data, and the order does not allow that.
        UsageError: the source, the strategy or a value is refused; one line.
    """
    path = strategy_file(order.strategy, order.folders)
    if path is None:
        known = sorted(p.stem for folder in order.folders for p in folder.glob("[!_]*.py"))
        raise StrategyError(f"no strategy {order.strategy!r}; there are: {', '.join(known)}")
    definition = load(path)
    if definition.legs != 1:
        raise UsageError(f"{order.strategy} trades {definition.legs} symbols; a backtest takes one source of one symbol")
    params = definition.params(order.params)
    interval, warmup = definition.interval(params), definition.warmup(params)
    source = open_sources(
        order.sources, symbol=order.symbol, home=order.home, from_ns=_reach(order.from_ns, interval, warmup),
        to_ns=order.to_ns, as_delivered=order.as_delivered, cache=order.cache,
    )  # fmt: skip
    source.since_ns = order.from_ns or 0
    _refuse_holes(source.text, source.listed(), order.allow_gaps)
    plan = blueprint(definition, order.params, backtest_variant(order.terms, bars=source.kind == "bars"))
    instance = (PythonInstance if plan.kind == PYTHON else Instance)(plan, order.terms)
    started = time.perf_counter()
    watch = Watch(order.terms) if order.watched else None
    reports, first_ns, last_ns = _run(instance, plan, source, order.from_ns, progress, curve, watch)
    gaps = source.verdict.gaps() if source.verdict is not None else None
    if source.verdict is not None and source.verdict.holes is not None:
        _refuse_holes(source.text, source.verdict.holes, order.allow_gaps)
        source.notes.append(f"gaps were allowed: {source.verdict.holes.words()}")
    if source.interval_ns and 0 < interval < source.interval_ns:
        source.notes.append(
            f"the source has {interval_text(source.interval_ns)} bars: {interval_text(interval)} is not to be had, each source bar counts"
        )
    cold = "" if len(reports.compress(reports["kind"] == FILL)) else _cold(instance, plan, order.from_ns)
    source.notes += [*([f"the strategy {cold}"] if cold else []), *held_back(reports)]
    result = _result(instance, plan, source, reports, first_ns, last_ns, cold, started, watch)
    result.figures.update({} if gaps is None else {"gaps": gaps})
    return result


def _refuse_holes(text: str, holes: Holes | None, allow_gaps: bool) -> None:
    if holes is not None and not allow_gaps:
        raise refuse(text, holes)


def _cold(instance: Instance, plan: Blueprint, from_ns: int | None) -> str:
    """`was never warm: it needs 20 bars of 1m and had 12`; '' where it had enough, or nobody counted."""
    keeps_bars = "bar" in (instance.state.dtype.names or ())  # else ticks are counted, and those that only warmed up are not
    counted = keeps_bars or (plan.interval == 0 and from_ns is None)
    seen = instance.seen()
    if seen >= plan.warmup or not counted:
        return ""
    what = f"bars of {interval_text(plan.interval)}" if plan.interval else "ticks"
    return f"was never warm: it needs {plan.warmup:,} {what} and had {seen:,}"


def _reach(from_ns: int | None, interval: int, warmup: int) -> int | None:
    """Where reading must begin so that the strategy is warm at `from_ns`."""
    if from_ns is None or interval == 0:
        return None if interval == 0 else from_ns
    return warm_from(from_ns, warmup, interval)


def _run(
    instance: Instance, plan: Blueprint, source: Source, from_ns: int | None, progress: Progress | None, curve: Curve | None,
    watch: Watch | None,
) -> tuple[Records, int, int]:  # fmt: skip
    parts: list[Records] = []
    first_ns = last_ns = done = 0
    for batch in _after_warming(instance, plan, source, from_ns):
        when = batch["start" if source.kind == "bars" else "ts"]
        first_ns = first_ns or int(when[0])
        last_ns = int(when[-1])
        before = len(parts)
        for piece in (batch,) if curve is None else curve.pieces(batch):
            with _blaming(plan):
                parts.append(instance.feed(piece))
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


@contextmanager
def _blaming(plan: Blueprint) -> Iterator[None]:
    """What a strategy raises ends the run with a line that says so.

    Raises:
        CockpitError: it raised.
    """
    try:
        yield
    except CockpitError:
        raise
    except Exception as error:  # anything may be raised in there: it is somebody else's code
        raise CockpitError(f"{plan.name} failed: {telling(error)}") from error


def _after_warming(instance: Instance, plan: Blueprint, source: Source, from_ns: int | None) -> Iterator[Records]:
    """The batches to trade; what lies before `from_ns` has warmed the strategy by then."""
    waiting: list[Records] = []
    warming = from_ns is not None and plan.warmup > 0
    for batch in source.batches():
        if from_ns is None:
            yield batch
            continue
        early = batch["start" if source.kind == "bars" else "ts"] < from_ns
        if warming and early.any():
            waiting.append(batch.compress(early))
            if plan.interval == 0 and sum(map(len, waiting)) > 2 * MOST_WARM_TICKS:
                waiting = [join(waiting, batch.dtype)[-MOST_WARM_TICKS:]]
        if early.all():
            continue
        if warming and waiting:
            history = join(waiting, waiting[0].dtype)
            with _blaming(plan):
                instance.warm(np.ascontiguousarray(history[-min(plan.warmup, MOST_WARM_TICKS) :] if plan.interval == 0 else history))
        warming = False
        yield batch.compress(~early)


def _result(
    instance: Instance, plan: Blueprint, source: Source, reports: Records, first_ns: int, last_ns: int, cold: str, started: float,
    watch: Watch | None,
) -> Result:  # fmt: skip
    account = instance.account[0]
    marks = reports.compress(reports["kind"] == MARK)
    run = account_run(instance, marks, first_ns, last_ns, source.interval_ns)
    equity = [*zip(marks["ts"].tolist(), marks["equity"].tolist(), strict=True), (last_ns, float(account.equity))]
    fills = reports.compress(reports["kind"] == FILL)
    found = metrics(run, time.perf_counter() - started)
    trips = closed_trips(fills, None if watch is None else watch.excursions())
    found |= figures(run, trips, fills, None if watch is None else watch.falls(int(account.ts)))
    found |= {"funding": finite(account.funding)} if instance.terms.funding_bps else {}
    return Result(
        figures=found, fills=fill_rows(fills, plan.name, source.symbol), equity=equity, plan=plan, source=source, first_ns=first_ns,
        trips=trips, tables=tables(trips, source.interval_ns), executed=fills, cold=cold,
    )  # fmt: skip


def account_run(instance: Instance, marks: Records, first_ns: int, last_ns: int, interval_ns: int) -> Run:
    """What `core.research.metrics` makes figures of: the account as it is now, and the daily marks (MARK reports) on the way.

    Args:
        first_ns, last_ns: times of the first and last tick, or the starts of the first and last bar.
        interval_ns: length of a bar; 0 for ticks.
    """
    row = instance.account.view(np.ndarray)[0]
    account = dict(zip(row.dtype.names, row.tolist(), strict=True))
    same = {name: account[name] for name in _OF_ACCOUNT}
    return Run(
        **same,
        max_drawdown_pct=account["max_drawdown_ratio"] * 100,
        boundaries_ns=marks["ts"],
        equities=marks["equity"],
        first_ns=first_ns,
        last_ns=last_ns,
        interval_ns=interval_ns,
    )
