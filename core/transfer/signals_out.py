"""Decisions of a run as a table: a column a value; as JSON lines the values of each under `values`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.research.signals import FIXED, Signals
from core.transfer.sheet import Column, Sheet, Stretch, free_name, repeated
from core.transfer.table_file import Table

#: What stands before the values; see `core.research.signals`.
COLUMNS = (
    Column("signal", "whole"), Column("time", "time"), Column("ts_ns", "whole"), Column("symbol", "text"), Column("price", "number"),
    Column("old", "number"), Column("new", "number"), Column("order_id", "text"),
)  # fmt: skip

#: Decisions that are rows at once.
_PIECE = 8192


def signals_table(signals: Signals, symbol: str) -> Table:
    """All that are kept, oldest first."""
    return Table(signals_sheet(signals, symbol), (row for part in _parts(signals) for row in signals.rows(part)))


def signals_sheet(signals: Signals, symbol: str) -> Sheet:
    """They as a sheet: `COLUMNS`, then a column a value; one that is called as another column gets an underscore behind its name."""
    columns = list(COLUMNS)
    for name in signals.names:
        columns.append(Column(free_name(name, (column.name for column in columns)), "number"))
    return Sheet("signals", symbol, columns, _rows(signals, symbol), len(signals))


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
