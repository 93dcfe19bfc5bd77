"""The values of one indicator over a source: at every tick or at bar closes, as rows of a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.codes import MINUTE, interval_ns, interval_text
from core.errors import SourceError
from core.indicators.bank import Bank
from core.indicators.closes import Closes
from core.indicators.definition import Indicator
from core.reach import REACH, reach_from
from core.research.source import Source
from core.transfer.sheet import Column, Sheet, Stretch, free_name, repeated
from core.types import Records, Symbols

#: Rows at every tick, and at the closes of bars.
TICK_COLUMNS = (Column("time", "time"), Column("ts_ns", "whole"), Column("symbol", "text"))
BAR_COLUMNS = (
    Column("time", "time"), Column("start_ns", "whole"), Column("end_ns", "whole"), Column("symbol", "text"), Column("interval", "text"),
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes:
        name: what it is called: a variant, or the indicator itself.
        values: the parameters that are given.
        line: the line that is wanted; '' all of them.
        every: `tick`; `bar`: its own interval, else the source's, else 1m; or an interval.
        from_ns: first time wanted; what lies before only warms it up.
    """

    name: str
    indicator: Indicator
    values: dict[str, Any]
    line: str = ""
    every: str = "bar"
    from_ns: int | None = None

    @property
    def places(self) -> list[int]:
        """The places of the lines that are wanted."""
        return [self.indicator.line(self.line)] if self.line else list(range(len(self.indicator.lines)))

    @property
    def heads(self) -> list[str]:
        """The names of their columns."""
        lines = [self.indicator.lines[place] for place in self.places]
        one = len(lines) == 1 and self.name != self.indicator.name
        heads: list[str] = []
        for line in lines:
            head = self.name if one or line.name == self.name else f"{self.name}_{line.name}"
            heads.append(free_name(head, [*(column.name for column in (*TICK_COLUMNS, *BAR_COLUMNS)), *heads]))
        return heads

    def interval(self, source: Source) -> int:
        """ns of the bars at whose closes it is wanted; 0: at every tick.

        Raises:
            UsageError: there is no such interval.
        """
        if self.every != "bar":
            return interval_ns(self.every)
        own = self.indicator.interval(self.indicator.params(self.values)) if self.indicator.on_bars else 0
        return max(own, source.interval_ns) or MINUTE


def reach_back(indicator: Indicator, values: dict[str, Any], from_ns: int | None) -> int | None:
    """Where reading must begin (ns UTC) so that an indicator is warm at `from_ns`; None: at the first row."""
    warmup, of = indicator.warming(indicator.params(values))
    if from_ns is None or of == 0:
        return None
    return reach_from(from_ns, warmup, of) if indicator.on_bars else max(from_ns - (warmup + REACH) * of, 0)


def values_sheet(wanted: Wanted, source: Source) -> Sheet:
    """Its values over a source: a row a tick, or a row a bar that closed; NaN while not known.

    Raises:
        StrategyError: a parameter is refused, or the indicator does not compile.
        UsageError: there is no such line or interval.
    """
    interval = wanted.interval(source)
    bank = Bank(Symbols([source.symbol]), bars=source.kind == "bars")
    bank.add(wanted.name, wanted.indicator, wanted.values, [source.symbol])
    columns = (*(BAR_COLUMNS if interval else TICK_COLUMNS), *(Column(head, "number") for head in wanted.heads))
    return Sheet("indicators", source.symbol, columns, _rows(wanted, source, bank, interval), source.total_rows)


def _rows(wanted: Wanted, source: Source, bank: Bank, interval: int) -> Iterator[Stretch]:
    params = wanted.indicator.params(wanted.values)
    closes = Closes(interval, wanted.indicator.on_bars and wanted.indicator.interval(params) > 0) if interval else None
    done = rows = 0
    for ticks in source.batches():
        lines = bank.series(wanted.name, source.symbol, np.ascontiguousarray(ticks))
        done += len(ticks)
        stretch = _at_ticks(ticks, lines, wanted, source) if closes is None else _at_closes(closes, ticks, lines, wanted, source, interval)
        if len(stretch[0]):
            rows += len(stretch[0])
            yield Stretch(stretch, done)
    if not rows:
        what = f"no bar of {interval_text(interval)} closes" if interval else "there is nothing"
        raise SourceError(f"{source.text}: {what} in the span asked for")


def _at_ticks(ticks: Records, lines: NDArray[np.float64], wanted: Wanted, source: Source) -> list[Any]:
    ts = ticks["ts"]
    kept = np.ones(len(ts), bool) if wanted.from_ns is None else ts >= wanted.from_ns
    ts = ts.compress(kept)
    return [ts, ts, repeated(source.symbol, len(ts)), *(lines[:, place].compress(kept) for place in wanted.places)]


def _at_closes(
    closes: Closes, ticks: Records, lines: NDArray[np.float64], wanted: Wanted, source: Source, interval: int
) -> list[Any]:  # fmt: skip
    bars = closes.take(ticks, lines)
    kept = np.ones(len(bars.start), bool) if wanted.from_ns is None else bars.start >= wanted.from_ns
    start, end = bars.start.compress(kept), bars.end.compress(kept)
    texts = repeated(source.symbol, len(start)), repeated(interval_text(interval), len(start))
    return [start, start, end, *texts, *(bars.lines[:, place].compress(kept) for place in wanted.places)]
