"""Indicator values after each bar as a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.codes import interval_text
from core.errors import UsageError
from core.research.source_tape import TapeSource
from core.transfer.bars_out import closed_bars
from core.transfer.indicators import Indicator
from core.transfer.sheet import Column, Sheet, Stretch, Values, repeated
from core.types import Records

COLUMNS = (
    Column("time", "time"),
    Column("start_ns", "whole"),
    Column("end_ns", "whole"),
    Column("symbol", "text"),
    Column("stream", "text"),
    Column("interval", "text"),
    Column("close", "number"),
)


def indicators_sheet(source: TapeSource, interval: int, indicators: Sequence[Indicator]) -> Sheet:
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
    return Sheet("indicators", source.symbol, columns, _rows(source, interval, indicators), source.total_rows)


def _rows(source: TapeSource, interval: int, indicators: Sequence[Indicator]) -> Iterator[Stretch]:
    for bars, done in closed_bars(source, interval):
        yield Stretch(_values(bars, source, interval, indicators), done)


def _values(bars: Records, source: TapeSource, interval: int, indicators: Sequence[Indicator]) -> list[Values]:
    count = len(bars)
    return [
        bars["start"],
        bars["start"],
        bars["start"] + interval,
        repeated(source.symbol, count),
        repeated(source.stream, count),
        repeated(interval_text(interval), count),
        bars["close"],
        *(values for one in indicators for values in one.over(bars)),
    ]
