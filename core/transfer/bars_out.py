"""Bars of any kind as a sheet, made of the tape's ticks a window at a time: the same bars, however the ticks were split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.analytics.bar_series import BarSeries
from core.codes import DAY, BarKind, BarQuality
from core.research.source_tape import TapeSource
from core.transfer.loaded import DENSE
from core.transfer.sheet import Column, Sheet, Stretch, Values, repeated
from core.types import Records, copied

#: What every row about a bar begins with.
BAR_COLUMNS = (
    Column("time", "time"),
    Column("start_ns", "whole"),
    Column("end_ns", "whole"),
    Column("symbol", "text"),
    Column("stream", "text"),
    Column("interval", "text"),
)

_FIGURES = ("open", "high", "low", "close", "volume", "buy_volume", "vwap")

COLUMNS = (*BAR_COLUMNS, *(Column(name, "number") for name in _FIGURES), Column("trades", "whole"), Column("quality", "text"))


def span_of(from_ns: int | None, to_ns: int | None, kind: BarKind) -> tuple[int | None, int | None]:
    """Which ticks make the bars between two times: by time, bars that are whole there; amounts are counted from UTC midnight."""
    if kind.by in ("volume", "dollar"):
        return None if from_ns is None else from_ns // DAY * DAY, to_ns
    if kind.by == "tick":
        return from_ns, to_ns
    size = int(kind.size)
    return None if from_ns is None else -(-from_ns // size) * size, None if to_ns is None else to_ns // size * size


def bars_sheet(source: TapeSource, kind: BarKind, from_ns: int | None = None) -> Sheet:
    """Bars of its ticks that open at `from_ns` or later; the last one goes only as far as they do."""
    return Sheet("bars", source.symbol, COLUMNS, _rows(source, kind, from_ns), source.total_rows)


def _rows(source: TapeSource, kind: BarKind, from_ns: int | None) -> Iterator[Stretch]:
    for bars, done in closed_bars(source, kind, from_ns):
        figures = [bars[name] for name in _FIGURES]
        yield Stretch([*bar_values(bars, source, kind), *figures, bars["trades"], _qualities(bars)], done)


def closed_bars(source: TapeSource, kind: BarKind, from_ns: int | None = None) -> Iterator[tuple[Records, int]]:
    """(OHLCV records, ticks read for them and those before), without end until the ticks end."""
    forming = Forming(kind, dense=source.symbol.partition(":")[0] in DENSE)
    done = 0
    for ticks in source.batches():
        done += len(ticks)
        bars = _since(forming.take(ticks), from_ns)
        if len(bars):
            yield bars, done
    if len(last := _since(forming.bar, from_ns)):
        yield last, done


def _since(bars: Records, from_ns: int | None) -> Records:
    return bars if from_ns is None else bars.compress(bars["start"] >= from_ns)


class Forming:
    """Takes ticks and gives the bars they close; holds the one they end in, to be gone on with by the next ticks."""

    def __init__(self, kind: BarKind, *, dense: bool = True) -> None:
        self._series = BarSeries(kind, 1 << 62, dense=dense)

    def take(self, ticks: Records) -> Records:
        """The bars that these ticks closed."""
        self._series.extend(ticks)
        bars = self._series.bars
        self._series.bars = copied(bars[-1:])
        return bars[:-1]

    @property
    def bar(self) -> Records:
        """The bar as far as it has come; none before the first tick."""
        return self._series.bars


def bar_values(bars: Records, source: TapeSource, kind: BarKind) -> list[Values]:
    """The values of `BAR_COLUMNS`. A bar that is not cut by time ends just after its last print."""
    count = len(bars)
    ends = bars["start"] + int(kind.size) if kind.by == "time" else bars["end"] + 1
    return [bars["start"], bars["start"], ends, repeated(source.symbol, count), repeated(source.stream, count), repeated(kind.text, count)]


def _qualities(bars: Records) -> list[str]:
    """Where the prints of each bar came from, and `incomplete` where ids are missing: `live`, `live+backfill`."""
    known = {bits: "+".join(str(flag.name).lower() for flag in BarQuality if flag & bits) for bits in np.unique(bars["quality"]).tolist()}
    return [known[bits] for bits in bars["quality"].tolist()]
