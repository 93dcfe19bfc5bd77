"""Columnar files (Parquet, Feather) to ticks and bars, whoever reads them: columns by name, a stretch of rows at a time.

Only columns that mean something are read, and of these only what can be a number, a time or a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.source_bytes import DataFile, Reading
from core.research.source_columns import VALUES, Columns, bars, check, ticks
from core.research.source_header import name_columns
from core.research.source_layout import Layout
from core.research.source_name import clean
from core.research.source_rows import Rows
from core.research.source_table import Table, Wanted, table_of
from core.research.source_times import forms_of, scaled
from core.types import Records

#: Rows of a stretch.
STRETCH = 1 << 18
#: Characters of a cell of text that are looked at: no time, side or symbol is longer.
MOST_TEXT = 128

_SAMPLE = 2000
_MOST_COLUMNS = 4096
_TEXT_ROLES = frozenset({"clock", "symbol", "side"})
#: Kinds of arrays (numpy's letters) that are taken as they are, by meaning; of all others: numbers.
_KINDS = {"time": "iuM", "close_time": "iuM", "id": "iu", "maker": "iufb"}
#: Times of numpy outside of these do not fit into ns.
_EARLIEST, _LATEST = np.datetime64("1677-09-22", "s"), np.datetime64("2262-04-11", "s")

#: Arrays of one length, by column as asked for; a missing cell is masked, or None in an array of objects.
Stretch = Sequence[NDArray[Any]]


class Columnar(Protocol):
    """An open file of columns."""

    @property
    def names(self) -> Sequence[str]:
        """Of its columns."""

    def stretches(self, columns: Sequence[int], most: int) -> Iterator[Stretch]:
        """Some columns, by number, from the first row on, at most `most` rows at a time.

        Raises:
            SourceError: a column of something that is no number, time or word, or the file is damaged.
        """


Opener = Callable[[DataFile], AbstractContextManager[Columnar]]


def read_columnar(file: DataFile, opener: Opener) -> Table:
    """Understand a file from its first rows.

    Raises:
        SourceError: it is damaged, or its columns cannot be told.
    """
    with opener(file) as data:
        names = list(data.names)
        _check_names(names, file.name)
        layout, taken = _layout(data, names, file.name)
        stretch = next(filter(_is_some, data.stretches(taken, _SAMPLE)))
    rows = _rows(stretch, 1, layout, file.name)
    sample = rows.columns()
    records = partial(_records, file, opener, layout, taken, sample.ids is not None)
    return table_of(file, layout.kind, layout.form, sample, rows.symbols(), records)


def _check_names(names: Sequence[str], name: str) -> None:
    if len(names) > _MOST_COLUMNS:
        raise SourceError(f"{name}: {len(names):,} columns are no table of market data")
    if len(set(names)) < len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise SourceError(f"{name}: two columns are called {clean(twice, 60)!r}")


def _layout(data: Columnar, names: list[str], name: str) -> tuple[Layout, list[int]]:
    """(the layout of the columns that mean something, their numbers)."""
    first = _first_row(data, names)
    if first is None:
        raise SourceError(f"{name}: no rows")
    kind, form, roles = name_columns(names, first, name)
    taken = sorted(set(roles.values()))
    roles = {role: taken.index(column) for role, column in roles.items()}
    return Layout(kind, form, len(taken), roles, header=tuple(names[column] for column in taken)), taken


def _first_row(data: Columnar, names: list[str]) -> list[str] | None:
    """Cells of the first row; empty ones for columns that hold nothing we read."""
    cells = []
    for column in range(len(names)):
        try:
            stretch = next(filter(_is_some, data.stretches([column], 1)), None)
        except SourceError:
            cells.append("")
            continue
        if stretch is None:
            return None
        cells.append(_texts(stretch[0][:1])[0])
    return cells or None


def _is_some(stretch: Stretch) -> bool:
    return len(stretch[0]) > 0


def _records(
    file: DataFile, opener: Opener, layout: Layout, taken: list[int], has_ids: bool, wanted: Wanted, reading: Reading
) -> Iterator[Records]:
    number = 1
    with opener(file) as data:
        for stretch in filter(_is_some, data.stretches(taken, STRETCH)):
            columns = _numeric_columns(stretch, number, layout)
            if columns is None:
                rows = _rows(stretch, number, layout, file.name)
                rows.keep_wanted(wanted.symbol, wanted.is_chosen)
                columns = rows.columns()
            number += len(stretch[0])
            if has_ids and columns.ids is None:
                raise SourceError(f"{file.name}:{number - len(stretch[0])}: id is not a whole number")
            reading.times |= columns.forms
            if not has_ids:
                columns.ids = None
            if len(columns.times):
                check(columns, file.name)
                yield bars(columns, wanted.interval, file.name) if layout.kind == "bars" else ticks(columns, number - len(columns.times))
    reading.done = file.size


def _numeric_columns(stretch: Stretch, number: int, layout: Layout) -> Columns | None:
    """A stretch whose columns are numbers as they are; None where one is text, has gaps, or must be looked at for another reason."""
    found = {role: stretch[column] for role, column in layout.roles.items()}
    kinds = {role: "?" if isinstance(values, np.ma.MaskedArray) else values.dtype.kind for role, values in found.items()}
    if not _TEXT_ROLES.isdisjoint(found):
        return None
    if not all(kind in _KINDS.get(role, "iuf") for role, kind in kinds.items()):
        return None
    times = _times(found["time"])
    closes = _times(found["close_time"]) if "close_time" in found else None
    ids = found.get("id")
    if (
        times is None
        or ("close_time" in found and closes is None)
        or (ids is not None and kinds["id"] == "u" and int(ids.max()) >= 1 << 63)
    ):
        return None
    return Columns(
        np.arange(number, number + len(times)),
        times,
        {role: found[role].astype(np.float64) for role in VALUES if role in found},
        None if ids is None else ids.astype(np.int64),
        np.where(found["maker"].astype(np.bool_), -1, 1).astype(np.int8) if "maker" in found else None,
        closes,
        forms_of(int(found["time"].min()), int(found["time"].max())) if kinds["time"] in "iu" else frozenset(),
    )


def _times(values: NDArray[Any]) -> NDArray[np.int64] | None:
    if values.dtype.kind != "M":
        return scaled(values)
    if bool(np.isnat(values).any()) or values.min() < _EARLIEST or values.max() > _LATEST:
        return None
    return values.astype("M8[ns]").astype(np.int64)


def _rows(stretch: Stretch, number: int, layout: Layout, name: str) -> Rows:
    cells = [_texts(values) for values in stretch]
    return Rows(name, layout, list(range(number, number + len(cells[0]))), list(cells))


def _texts(values: NDArray[Any]) -> list[str]:
    """Cells as the careful reader takes them; a missing one is empty."""
    if isinstance(values, np.ma.MaskedArray):
        return [text if is_there else "" for text, is_there in zip(_texts(values.data), ~np.ma.getmaskarray(values), strict=True)]
    if values.dtype.kind == "M":
        return ["" if text == "NaT" else str(text) for text in np.datetime_as_string(values)]
    return ["" if value is None else str(value) for value in values.tolist()]
