"""A file whose rows are understood: what every reader (CSV, JSON, Parquet, Feather) hands to the selection and the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from core.errors import SourceError
from core.research.source_bytes import DataFile, Reading
from core.research.source_columns import Columns, lengths
from core.research.source_holes import LEFT_OUT
from core.research.source_layout import Kind
from core.types import DAY, Records


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make of a file's rows.

    Attributes:
        interval: ns of a bar, 0 for ticks.
        symbol: the plain symbol to keep where a column tells it; None keeps all.
        is_chosen: someone chose that symbol, so others are passed over; else they are an error.
    """

    interval: int = 0
    symbol: str | None = None
    is_chosen: bool = False


#: Gives a file's records in file order, opened anew at each call.
Opener = Callable[[Wanted, Reading], Iterator[Records]]


@dataclass(frozen=True, slots=True)
class Table:
    """A file, understood.

    Attributes:
        form: aggTrades, trades, klines, OHLCV or prices.
        first_ns: the earliest time near the top.
        is_newest_first: the rows near the top go back in time.
        interval: ns of a bar; 0 for ticks, and for bars too few to tell.
        has_ids: rows carry the venue's own trade ids.
        tolerance: ids in a row that may be missing without being a hole, 0 where the venue gives every one; None: no such ids.
        rows: the records in file order, opened anew at each call.
        symbols: what a symbol column holds near the top.
    """

    file: DataFile
    kind: Kind
    form: str
    first_ns: int
    is_newest_first: bool
    interval: int
    has_ids: bool
    rows: Opener
    symbols: frozenset[str] = field(default=frozenset())
    tolerance: int | None = None


def table_of(file: DataFile, kind: Kind, form: str, sample: Columns, symbols: set[str], rows: Opener, is_complete: bool = False) -> Table:
    """A table from a sample of its first rows.

    Args:
        is_complete: its form is one that has every trade of its venue.

    Raises:
        SourceError: bars of no common length.
    """
    times = sample.times
    newest_first = len(times) > 1 and bool((np.diff(times) <= 0).all()) and bool(times[0] > times[-1])
    interval = bar_interval(sample, file.name) if kind == "bars" else 0
    has_ids = kind == "ticks" and sample.ids is not None
    tolerance = None if not has_ids else 0 if is_complete or form == "aggTrades" else LEFT_OUT
    return Table(file, kind, form, int(times.min()), newest_first, interval, sample.ids is not None, rows, frozenset(symbols), tolerance)


def bar_interval(columns: Columns, name: str) -> int:
    """The length of bars in ns: by their close times, else their median step, which nine in ten steps must be whole multiples of.

    0 where there is one bar only.

    Raises:
        SourceError: steps of no common length.
    """
    if columns.closes is not None:
        return int(np.median(lengths(columns, name)))
    times = np.unique(columns.times)
    steps = times[1:] - times[:-1]
    if not len(steps):
        return 0
    interval = int(np.sort(steps)[len(steps) // 2])
    if (steps % interval == 0).mean() < 0.9 or interval > 32 * DAY:
        raise SourceError(f"{name}: the bars are not evenly spaced: their median step is {interval / 1e9:g} s and others do not fit it")
    return interval
