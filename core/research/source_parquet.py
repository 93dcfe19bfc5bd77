"""Parquet files, through whichever of duckdb and pyarrow is installed: columns by name, a stretch of rows at a time."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

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
from core.research.source_times import scaled
from core.types import Records

_STRETCH = 1 << 18
_TEXT_ROLES = frozenset({"clock", "symbol", "side"})

#: Arrays by column name.
Stretch = dict[str, NDArray[Any]]
Reader = Callable[[DataFile], Iterator[Stretch]]


def read_parquet(file: DataFile) -> Table:
    """Understand a Parquet file from its first rows.

    Raises:
        SourceError: neither reader is installed, the file is damaged, or its columns cannot be told.
    """
    stretch = next(_stretches(file), {})
    if not stretch or not len(next(iter(stretch.values()))):
        raise SourceError(f"{file.name}: no rows")
    header = list(stretch)
    kind, form, roles = name_columns(header, [_texts(stretch[column][:1])[0] for column in header], file.name)
    layout = Layout(kind, form, len(header), roles, header=tuple(header))
    rows = _rows({column: values[:2000] for column, values in stretch.items()}, 1, layout, file.name)
    sample = rows.columns()
    return table_of(file, kind, form, sample, rows.symbols(), partial(_records, file, layout, sample.ids is not None))


def _records(file: DataFile, layout: Layout, has_ids: bool, wanted: Wanted, reading: Reading) -> Iterator[Records]:
    number = 1
    for stretch in _stretches(file):
        columns = _numeric_columns(stretch, number, layout)
        if columns is None:
            rows = _rows(stretch, number, layout, file.name)
            rows.keep_wanted(wanted.symbol, wanted.is_chosen)
            columns = rows.columns()
        number += len(next(iter(stretch.values())))
        if not has_ids:
            columns.ids = None
        if len(columns.times):
            check(columns, file.name)
            yield bars(columns, wanted.interval, file.name) if layout.kind == "bars" else ticks(columns, number - len(columns.times))
    reading.done = file.size


def _numeric_columns(stretch: Stretch, number: int, layout: Layout) -> Columns | None:
    """A stretch whose columns are numbers as they are; None where one is text or has gaps."""
    found = {role: stretch[layout.header[column]] for role, column in layout.roles.items()}
    plain = all(values.dtype.kind in "iufbM" and not isinstance(values, np.ma.MaskedArray) for values in found.values())
    if (
        not plain
        or not _TEXT_ROLES.isdisjoint(found)
        or any(found[role].dtype.kind == "f" for role in ("time", "close_time") if role in found)
    ):
        return None
    times = _times(found["time"])
    closes = _times(found["close_time"]) if "close_time" in found else None
    ids = found.get("id")
    if times is None or (ids is not None and ids.dtype.kind not in "iu") or ("close_time" in found and closes is None):
        return None
    return Columns(
        np.arange(number, number + len(times)),
        times,
        {role: found[role].astype(np.float64) for role in VALUES if role in found},
        None if ids is None else ids.astype(np.int64),
        np.where(found["maker"].astype(np.bool_), -1, 1).astype(np.int8) if "maker" in found else None,
        closes,
    )


def _times(values: NDArray[Any]) -> NDArray[np.int64] | None:
    return values.astype("M8[ns]").astype(np.int64) if values.dtype.kind == "M" else scaled(values)


def _rows(stretch: Stretch, number: int, layout: Layout, name: str) -> Rows:
    cells = [_texts(stretch[column]) for column in layout.header]
    return Rows(name, layout, list(range(number, number + len(cells[0]))), list(cells))


def _texts(values: NDArray[Any]) -> list[str]:
    """Cells as the careful reader takes them; a missing one is empty."""
    if isinstance(values, np.ma.MaskedArray):
        return [text if is_there else "" for text, is_there in zip(_texts(values.data), ~np.ma.getmaskarray(values), strict=True)]
    if values.dtype.kind == "M":
        return [str(text) for text in np.datetime_as_string(values)]
    return ["" if value is None else str(value) for value in values.tolist()]


def _stretches(file: DataFile) -> Iterator[Stretch]:
    reader = next((read for module, read in _READERS.items() if importlib.util.find_spec(module)), None)
    if reader is None:
        raise SourceError(f"{file.name}: reading Parquet needs duckdb or pyarrow: pip install duckdb, or save it as CSV")
    return reader(file)


def _with_duckdb(file: DataFile) -> Iterator[Stretch]:
    duckdb = importlib.import_module("duckdb")
    query = (
        "SELECT * EXCLUDE (file_row_number) FROM read_parquet(?, file_row_number = true) WHERE file_row_number >= ? AND file_row_number < ?"
    )
    start = 0
    try:
        with duckdb.connect() as connection:
            rows = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(file.path)]).fetchone()[0]
            while start < rows:
                yield connection.execute(query, [str(file.path), start, start + _STRETCH]).fetchnumpy()
                start += _STRETCH
    except duckdb.Error as error:
        raise SourceError(f"{file.name}: not readable as Parquet: {clean(str(error).splitlines()[0])}") from None


def _with_pyarrow(file: DataFile) -> Iterator[Stretch]:
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    try:
        for batch in parquet.ParquetFile(file.path).iter_batches(_STRETCH):
            yield {name: batch.column(i).to_numpy(zero_copy_only=False) for i, name in enumerate(batch.schema.names)}
    except (arrow.ArrowException, OSError) as error:
        raise SourceError(f"{file.name}: not readable as Parquet: {clean(str(error).splitlines()[0])}") from None


_READERS: dict[str, Reader] = {"duckdb": _with_duckdb, "pyarrow": _with_pyarrow}
