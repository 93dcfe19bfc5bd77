"""The trends of all symbols that sources hold, on every interval asked for; and, where asked, what the strategies that fit made there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from core.analytics.trend import JUDGED, MOST_BARS, Reading, Suggestion, read_trend, suggestions_for
from core.commands import Terms
from core.errors import CockpitError, SourceError, UsageError
from core.research.backtest import Result, run_over
from core.research.calibration.costs import Costs
from core.research.curve import Curve
from core.research.order import Order, definition_of, refuse_holes
from core.research.portfolio.rows import Held
from core.research.source import Source
from core.research.source_held import hold_rows
from core.research.source_tape import is_tape
from core.research.sources import Many, open_many
from core.research.trends.bars import Telling, bars_of, default_interval, refuse_interval
from core.research.warming import reach_of
from core.types import interval_text

#: Begins the status of a cell that could not be read.
REFUSED = "REFUSED"

#: Bars read before the first one judged where backtests are asked for: more than any strategy suggested is warmed up on.
WARMING = 200

#: What came of a backtest, with the moments (ns) it began and ended at.
Ran = Callable[[Order, Result, Curve, tuple[int, int]], None]


@dataclass(frozen=True, kw_only=True)
class Backtests:
    """How suggestions are backtested.

    Attributes:
        folders: where strategies lie.
        terms: of every run.
        side: of every run; None: that of the suggestion.
        costs: as of `core.research.order.Order`.
    """

    folders: list[Path]
    terms: Terms = field(default_factory=Terms)
    side: str | None = None
    costs: Costs | None = None


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is wanted.

    Attributes:
        sources, symbols, home, from_ns, to_ns, cache: as of `core.research.sources.open_many`.
        intervals: ns; none: as of `default_interval`.
        most: newest bars that are judged.
        allow_gaps: also of sources that lack data.
        backtests: None: none is run.
    """

    sources: Sequence[str]
    symbols: Sequence[str] = ()
    intervals: Sequence[int] = ()
    home: Path | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    most: int = MOST_BARS
    allow_gaps: bool = False
    cache: bool = True
    backtests: Backtests | None = None


@dataclass(frozen=True)
class Fit:
    """A strategy that bets on what a cell is like.

    Attributes:
        order: what would be, or was, run; its words are those of `cockpit backtest`.
        figures: of the backtest; None where none was run, or it failed.
        failed: why.
    """

    suggestion: Suggestion
    order: Order
    figures: dict[str, object] | None = None
    failed: str = ""


@dataclass(frozen=True)
class Cell:
    """One symbol on one interval.

    Attributes:
        interval_ns: None where the source could not be opened and no interval was asked for.
        reading: its status begins with REFUSED where there was nothing to read.
    """

    symbol: str
    interval_ns: int | None
    reading: Reading
    fits: list[Fit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Whether it could not be read at all."""
        return self.reading.status.startswith(REFUSED)


def read_matrix(ask: Ask, telling: Telling | None = None, stage: Callable[[str], None] | None = None, ran: Ran | None = None) -> list[Cell]:
    """All cells, by symbol, and in the order of the intervals.

    Args:
        telling: called with a source and the rows done.
        stage: told what is being read.
        ran: told of every backtest.

    Raises:
        SourceError: there is nothing there, or nothing of it can be read.
        UsageError: no interval asked for can be had of any source.
    """
    many = _opened(ask, ask.from_ns)
    if ask.backtests is not None and ask.from_ns is not None and many.sources:
        longest = max(ask.intervals or map(default_interval, many.sources.values()))
        many = _opened(ask, max(ask.from_ns - WARMING * longest, 0))
    cells = [_refused(symbol, interval, why) for symbol, why in many.refused.items() for interval in ask.intervals or (None,)]
    wrong: CockpitError | None = SourceError("; ".join(dict.fromkeys(many.refused.values()))) if many.refused else None
    for number, source in enumerate(many.sources.values(), 1):
        if stage is not None:
            stage(f"{number}/{len(many.sources)}")
        intervals = ask.intervals or (default_interval(source),)
        try:
            cells += _cells(ask, source, intervals, telling, ran)
        except SourceError as error:
            cells += [_refused(source.symbol, interval, str(error)) for interval in intervals]
            wrong = wrong or error
    if wrong is None and all(cell.is_refused for cell in cells):
        wrong = UsageError(cells[0].reading.status.removeprefix(f"{REFUSED}: "))
    if wrong is not None and all(cell.is_refused for cell in cells):
        raise wrong
    return sorted(cells, key=lambda cell: cell.symbol)


def _opened(ask: Ask, from_ns: int | None) -> Many:
    many = open_many(ask.sources, symbols=ask.symbols, home=ask.home, from_ns=from_ns, to_ns=ask.to_ns, cache=ask.cache)
    for source in many.sources.values():
        source.since_ns = ask.from_ns or 0
    return many


def _refused(symbol: str, interval: int | None, why: str) -> Cell:
    return Cell(symbol, interval, Reading(f"{REFUSED}: {why}", 0))


def _cells(ask: Ask, source: Source, intervals: Sequence[int], telling: Telling | None, ran: Ran | None) -> list[Cell]:
    refuse_holes(source.text, source.listed(), ask.allow_gaps)
    possible: dict[int, str] = {}
    for interval in intervals:
        try:
            refuse_interval(source, interval)
            possible[interval] = ""
        except UsageError as error:
            possible[interval] = str(error)
    wanted = [interval for interval, why in possible.items() if not why]
    if not wanted:
        return [_refused(source.symbol, interval, why) for interval, why in possible.items()]
    held = None if ask.backtests is None else Held(source, hold_rows(source, telling))
    rows = source if held is None else held.between(ask.from_ns, None)
    bars = bars_of(rows, wanted, None if held is not None else telling)
    notes = list(rows.notes)
    if rows.verdict is not None and rows.verdict.holes is not None:
        refuse_holes(source.text, rows.verdict.holes, ask.allow_gaps)
        notes.append(f"gaps were allowed: {rows.verdict.holes.words()}")
    cells = []
    for interval, why in possible.items():
        if why:
            cells.append(_refused(source.symbol, interval, why))
            continue
        reading = read_trend(bars[interval], interval, ask.most)
        cells.append(Cell(source.symbol, interval, reading, _fits(ask, source, held, interval, reading, ran), notes))
    return cells


def _fits(ask: Ask, source: Source, rows: Held | None, interval: int, reading: Reading, ran: Ran | None) -> list[Fit]:
    if reading.status != JUDGED or reading.verdict is None or reading.measures is None:
        return []
    runs, found = ask.backtests, []
    texts = [source.text] if is_tape(source.text) else [text for text in ask.sources if not is_tape(text)]
    for suggestion in suggestions_for(reading.verdict.trend):
        side = suggestion.side if runs is None or runs.side is None else runs.side
        order = Order(
            sources=texts, strategy=suggestion.strategy, folders=[] if runs is None else runs.folders,
            params={**suggestion.params, "interval": interval_text(interval)},
            terms=msgspec.structs.replace(Terms() if runs is None else runs.terms, side=side),
            symbol=source.symbol, home=ask.home, from_ns=reading.measures.first_ns, to_ns=ask.to_ns, allow_gaps=ask.allow_gaps,
            cache=ask.cache, costs=None if runs is None else runs.costs,
        )  # fmt: skip
        found.append(Fit(suggestion, order) if rows is None else _run(Fit(suggestion, order), rows, ran))
    return found


def _run(fit: Fit, rows: Held, ran: Ran | None) -> Fit:
    """The same loop as that of `cockpit backtest`, over rows that are read already."""
    began, curve = time.time_ns(), Curve()
    try:
        definition = definition_of(fit.order)
        from_ns = reach_of(definition, fit.order.params, fit.order.from_ns)
        result = run_over(rows.between(from_ns, None), fit.order.priced(rows.symbol), definition, curve=curve)
    except CockpitError as error:
        return replace(fit, failed=str(error))
    if ran is not None:
        ran(fit.order.priced(rows.symbol), result, curve, (began, time.time_ns()))
    return replace(fit, figures=result.figures)
