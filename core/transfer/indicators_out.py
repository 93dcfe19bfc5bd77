"""Indicator values after each bar as a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.codes import BarKind
from core.errors import UsageError
from core.research.source_tape import TapeSource
from core.transfer.bars_out import BAR_COLUMNS, bar_values, closed_bars
from core.transfer.indicators import Indicator
from core.transfer.sheet import Column, Sheet, Stretch

COLUMNS = (*BAR_COLUMNS, Column("close", "number"))


def indicators_sheet(source: TapeSource, kind: BarKind, indicators: Sequence[Indicator], from_ns: int | None = None) -> Sheet:
    """Values of indicators after each bar of a source's ticks; NaN while one has not seen enough bars.

    Raises:
        UsageError: none is named, or one twice.
    """
    heads = [head for one in indicators for head in one.columns]
    if not heads:
        raise UsageError("cockpit db export indicators: name at least one, such as --indicator sma:20")
    if len(set(heads)) < len(heads):
        raise UsageError(f"--indicator {next(one.text for one in indicators if heads.count(one.columns[0]) > 1)} is given twice")
    columns = (*COLUMNS, *(Column(head, "number") for head in heads))
    return Sheet("indicators", source.symbol, columns, _rows(source, kind, indicators, from_ns), source.total_rows)


def _rows(source: TapeSource, kind: BarKind, indicators: Sequence[Indicator], from_ns: int | None) -> Iterator[Stretch]:
    for bars, done in closed_bars(source, kind, from_ns):
        found = [values for one in indicators for values in one.over(bars)]
        yield Stretch([*bar_values(bars, source, kind), bars["close"], *found], done)
