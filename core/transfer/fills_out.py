"""Fills of the ledger as a sheet, oldest first: the columns of `fills`, with the time in words in front."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.research.source_name import clean
from core.store.fill_pages import count_fills_of, fill_pages, fill_strategies, fill_symbols
from core.store.ledger_rows import FILLS
from core.transfer.sheet import Column, Kind, Sheet, Stretch, values_of

_NUMBERS = frozenset({"qty", "price", "fee", "realised", "position"})
_WHOLE = frozenset({"ts_ns", "seq", "tick_id"})


def _kind(name: str) -> Kind:
    return "number" if name in _NUMBERS else "whole" if name in _WHOLE else "text"


COLUMNS = (Column("time", "time"), *(Column(name, _kind(name)) for name in FILLS.columns))

_TS = FILLS.columns.index("ts_ns")


def fills_sheet(home: Path, symbol: str | None, strategy: str | None, from_ns: int | None, to_ns: int | None) -> Sheet:
    """The fills of a home; of a symbol or all, of a strategy or all.

    Raises:
        UsageError: there is no ledger, no fill of such a symbol, or no such strategy.
        StoreError: the ledger cannot be read.
    """
    path = home / "ledger.db"
    if not path.exists():
        raise UsageError(f"no ledger in {home}: nothing was traded here yet")
    name = None if symbol is None else _find(path, symbol)
    if strategy is not None and (held := fill_strategies(path, strategy)) is not None:
        raise UsageError(f"{clean(strategy)}: no fills of it; there are of {clean(', '.join(held)) or 'none'}")
    pages = fill_pages(path, strategy=strategy, symbol=name, from_ns=from_ns, to_ns=to_ns)
    return Sheet("fills", name or "", COLUMNS, _rows(pages), count_fills_of(path, strategy, name) or None)


def _find(path: Path, symbol: str) -> str:
    held = fill_symbols(path)
    wanted = symbol.upper()
    fits = [name for name in held if wanted in (name.upper(), name.rpartition(":")[2].upper())]
    if len(fits) != 1:
        shown = clean(", ".join(fits or held)) or "none of any"
        raise UsageError(f"{clean(symbol)}: {'several symbols fit' if fits else 'no fills of it'}; there are {shown}")
    return fits[0]


def _rows(pages: Iterator[list[tuple[Any, ...]]]) -> Iterator[Stretch]:
    done = 0
    for page in pages:
        done += len(page)
        by_column = list(zip(*page, strict=True))
        values = [values_of(column.kind, cells) for column, cells in zip(COLUMNS[1:], by_column, strict=True)]
        yield Stretch([values[_TS], *values], done)
