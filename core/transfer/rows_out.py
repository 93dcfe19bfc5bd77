"""JSON-ready rows as a sheet: of the kinds they are told to be, or of those their values are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from core.transfer.sheet import Column, Kind, Sheet, Stretch, values_of

#: Rows that are columns at once.
_PIECE = 8192

Row = Mapping[str, Any]

_NONE: Row = MappingProxyType({})


def rows_sheet(what: str, symbol: str, rows: Sequence[Row], columns: Sequence[Column], *, keys: Row = _NONE, same: Row = _NONE) -> Sheet:
    """A column a key of the rows; what a row does not have is not known.

    Args:
        keys: where a column is not called as the key it is filled from, that key by its name.
        same: what rows have that do not say it, by key.
    """
    return Sheet(what, symbol, columns, _stretches(rows, columns, keys, same), len(rows))


def plain_sheet(what: str, rows: Sequence[Row]) -> Sheet:
    """Rows with the keys of the first one as columns, in its order."""
    names = list(rows[0]) if rows else []
    return rows_sheet(what, "", rows, [Column(name, kind_of([row.get(name) for row in rows])) for name in names])


def kind_of(values: Sequence[Any]) -> Kind:
    """What holds all of these: whole numbers, numbers, else words."""
    known = [value for value in values if value is not None]
    if all(type(value) is int and abs(value) < 1 << 63 for value in known) and known:
        return "whole"
    return "number" if all(type(value) in (int, float) for value in known) else "text"


def _stretches(rows: Sequence[Row], columns: Sequence[Column], keys: Row, same: Row) -> Iterator[Stretch]:
    for start in range(0, len(rows), _PIECE):
        piece, values = rows[start : start + _PIECE], []
        for column in columns:
            key = keys.get(column.name, column.name)
            other = same.get(key)
            values.append(values_of("whole" if column.kind == "time" else column.kind, [row.get(key, other) for row in piece]))
        yield Stretch(values, start + len(piece))
