"""Several indicators and variants over one tape, side by side: a row a print, or a row a bar that closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.codes import BarKind
from core.errors import UsageError
from core.indicators.bank import Bank
from core.indicators.bar_source import bars_as_source
from core.indicators.closes import Closes
from core.indicators.definition import Indicator
from core.indicators.over import reach_back
from core.research.source_tape import TapeSource
from core.store.span import tape_rows
from core.transfer.bars_out import closed_bars
from core.transfer.sheet import Column, Sheet, Stretch, Values, free_name, repeated
from core.types import DAY, Records, Symbols

#: What a row about a print, or about a bar, begins with.
TICK_COLUMNS = (Column("time", "time"), Column("ts_ns", "whole"), Column("symbol", "text"), Column("stream", "text"))
BAR_COLUMNS = (
    Column("time", "time"), Column("start_ns", "whole"), Column("end_ns", "whole"), Column("symbol", "text"), Column("stream", "text"),
    Column("interval", "text"), Column("close", "number"),
)  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """One that is wanted.

    Attributes:
        text: what it was called on the command line.
        head: how its columns begin.
        places: of its lines that are wanted.
    """

    text: str
    head: str
    indicator: Indicator
    values: dict[str, Any]
    places: tuple[int, ...]

    @property
    def lives_on_bars(self) -> bool:
        """Whether it is another one at bar closes only."""
        return self.indicator.on_bars and self.indicator.interval(self.indicator.params(self.values)) > 0


@dataclass(frozen=True)
class Span:
    """Rows that are wanted: none of a bar or print before `from_ns`, none after `to_ns` (exclusive; a bar's end may be there)."""

    from_ns: int | None = None
    to_ns: int | None = None

    def holds(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are among them."""
        kept = np.ones(len(start), bool)
        if self.from_ns is not None:
            kept &= start >= self.from_ns
        if self.to_ns is not None:
            kept &= end <= self.to_ns
        return kept


def several_sheet(source: TapeSource, kind: BarKind, chosen: Sequence[Chosen], span: Span) -> Sheet:
    """Their values over a tape's prints: at closes of bars (kind `1m`), at every print (`tick`), or over bars of another kind.

    Args:
        source: may go on after the span: a bar is closed by a print behind it.

    Raises:
        StrategyError: a parameter is refused, or an indicator does not compile.
        UsageError: none is named, or one twice.
    """
    if not chosen:
        raise UsageError("cockpit db export indicators: name at least one, such as --indicator sma:20")
    heads: list[str] = []
    columns = TICK_COLUMNS if at_every_print(kind) else BAR_COLUMNS
    for one in chosen:
        if sum(other.head == one.head for other in chosen) > 1:
            raise UsageError(f"--indicator {one.text} is given twice")
        for place in one.places:
            line = one.indicator.lines[place].name
            plain = len(one.places) == 1 or line == one.indicator.name
            name = one.head if plain else f"{one.head}_{line}"
            heads.append(free_name(name, [*(column.name for column in columns), *heads]))
    over_bars = kind.by != "time" and not at_every_print(kind)
    bank = Bank(Symbols([source.symbol]), bars=over_bars)
    for one in chosen:
        bank.add(one.head, one.indicator, one.values, [source.symbol])
    rows = _over_bars if over_bars else _at_prints if at_every_print(kind) else _at_closes
    total = source.total_rows if span.to_ns is None else tape_rows(source.path, source.symbol, source.stream, source.from_ns, span.to_ns)
    every = (*columns, *(Column(head, "number") for head in heads))
    return Sheet("indicators", source.symbol, every, rows(source, kind, chosen, span, bank), total)


def read_from(chosen: Iterable[Chosen], kind: BarKind, from_ns: int | None) -> int | None:
    """Where reading must begin (ns UTC) so that all are known at `from_ns`, as far as the tape reaches; None: at its first print. Bars that
    are not cut by time are counted from the day before."""
    if from_ns is None or (kind.by != "time" and not at_every_print(kind)):
        return None if from_ns is None else (from_ns // DAY - 1) * DAY
    starts = [reach_back(one.indicator, one.values, from_ns) for one in chosen]
    known = [start for start in starts if start is not None]
    least = min((from_ns, *known)) if len(known) == len(starts) else None
    return None if least is None else least // int(kind.size) * int(kind.size) if kind.by == "time" else least


def at_every_print(kind: BarKind) -> bool:
    """Whether each print is a row."""
    return kind == BarKind("tick", 1)


def _at_prints(source: TapeSource, kind: BarKind, chosen: Sequence[Chosen], span: Span, bank: Bank) -> Iterator[Stretch]:
    for ticks, done in _through(source, span):
        kept = span.holds(ticks["ts"], ticks["ts"] + 1)
        columns = [one.compress(kept) for one in _columns(chosen, _lines(bank, chosen, source, ticks))]
        ts = ticks["ts"].compress(kept)
        if len(ts):
            yield Stretch([ts, ts, *_said(source, len(ts)), *columns], done)


def _at_closes(source: TapeSource, kind: BarKind, chosen: Sequence[Chosen], span: Span, bank: Bank) -> Iterator[Stretch]:
    size = int(kind.size)
    cuts, prices = [Closes(size, one.lives_on_bars) for one in chosen], Closes(size, False)
    for ticks, done in _through(source, span):
        closed = [cut.take(ticks, lines) for cut, lines in zip(cuts, _lines(bank, chosen, source, ticks), strict=True)]
        bars = prices.take(ticks, ticks["price"].reshape(-1, 1))
        kept = span.holds(bars.start, bars.end)
        columns = [one.compress(kept) for one in _columns(chosen, [each.lines for each in closed])]
        yield from _bar_rows(source, kind.text, bars.start, bars.end, bars.lines[:, 0], kept, columns, done)


def _over_bars(source: TapeSource, kind: BarKind, chosen: Sequence[Chosen], span: Span, bank: Bank) -> Iterator[Stretch]:
    for bars, done in closed_bars(source, kind):
        columns = _columns(chosen, _lines(bank, chosen, source, bars_as_source(bars, kind)))
        end = bars["end"] + 1
        kept = span.holds(bars["start"], end)
        yield from _bar_rows(source, kind.text, bars["start"], end, bars["close"], kept, [one.compress(kept) for one in columns], done)


def _bar_rows(
    source: TapeSource, text: str, start: NDArray[np.int64], end: NDArray[np.int64], close: NDArray[np.float64], kept: NDArray[np.bool_],
    columns: list[NDArray[np.float64]], done: int,
) -> Iterator[Stretch]:  # fmt: skip
    start, end = start.compress(kept), end.compress(kept)
    count = len(start)
    if count:
        yield Stretch([start, start, end, *_said(source, count), repeated(text, count), close.compress(kept), *columns], done)


def _through(source: TapeSource, span: Span) -> Iterator[tuple[Records, int]]:
    """(prints, how many there were) through the first one that the span does not reach."""
    done = 0
    with closing(source.batches()) as batches:  # type: ignore[type-var]  # it is a generator
        for batch in batches:
            ticks = np.ascontiguousarray(batch)
            done += len(ticks)
            behind = len(ticks) if span.to_ns is None else int(np.searchsorted(ticks["ts"], span.to_ns))
            if behind < len(ticks):
                yield ticks[: behind + 1], done
                return
            yield ticks, done


def _lines(bank: Bank, chosen: Iterable[Chosen], source: TapeSource, ticks: Records) -> list[NDArray[np.float64]]:
    return [bank.series(one.head, source.symbol, ticks) for one in chosen]


def _columns(chosen: Iterable[Chosen], lines: Iterable[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    return [each[:, place] for one, each in zip(chosen, lines, strict=True) for place in one.places]


def _said(source: TapeSource, count: int) -> list[Values]:
    return [repeated(source.symbol, count), repeated(source.stream, count)]
