"""Decisions of a run as a file: CSV or Parquet where its name says so, a column a value; else one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from core.research.signals import FIXED, Signals
from core.transfer.draft import Draft
from core.transfer.export import ENDINGS, export
from core.transfer.sheet import Column, Sheet, Stretch, repeated

#: What stands before the values; see `core.research.signals`.
COLUMNS = (
    Column("signal", "whole"), Column("time", "time"), Column("ts_ns", "whole"), Column("symbol", "text"), Column("price", "number"),
    Column("old", "number"), Column("new", "number"), Column("order_id", "text"),
)  # fmt: skip

#: Decisions that are rows at once.
_PIECE = 8192


def write_signals(signals: Signals, symbol: str, path: Path) -> int:
    """Write all that are kept; how many they were.

    Raises:
        UsageError: the file cannot be written there.
        CockpitError: the disk is full, or Parquet cannot be written here.
    """
    form = next((form for end, form in ENDINGS.items() if path.name.lower().endswith(end)), None)
    if form is not None:
        return export(signals_sheet(signals, symbol), path, form, lambda done, rows: None).rows
    with Draft(path) as draft:
        with draft.part.open("wb") as file:
            for part in _parts(signals):
                file.writelines(msgspec.json.encode(row) + b"\n" for row in signals.rows(part))
        draft.keep()
    return len(signals)


def signals_sheet(signals: Signals, symbol: str) -> Sheet:
    """They as a sheet: `COLUMNS`, then a column a value; one that is called as another column gets an underscore behind its name."""
    columns = list(COLUMNS)
    for name in signals.names:
        columns.append(Column(_free(name, columns), "number"))
    return Sheet("signals", symbol, columns, _rows(signals, symbol), len(signals))


def _free(name: str, columns: Sequence[Column]) -> str:
    taken = {column.name.lower() for column in columns}  # to Parquet's readers `RSI` is `rsi`
    while name.lower() in taken:
        name += "_"
    return name


def _parts(signals: Signals) -> Iterator[slice]:
    yield from (slice(start, min(start + _PIECE, len(signals))) for start in range(0, len(signals), _PIECE))


def _rows(signals: Signals, symbol: str) -> Iterator[Stretch]:
    before = signals.total - len(signals)
    for part in _parts(signals):
        ts, price, old, new, order = (signals.fixed(name, part) for name in FIXED)
        numbers = np.arange(before + part.start, before + part.stop) + 1
        orders = [signals.order_id(number) for number in order.tolist()]
        values = [signals.values(name, part) for name in signals.names]
        yield Stretch([numbers, ts, ts, repeated(symbol, len(ts)), price, old, new, orders, *values], part.stop)
