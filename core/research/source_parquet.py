"""Parquet files, through whichever of duckdb and pyarrow is installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.errors import SourceError
from core.research.source_arrow import arrow_here, column_of
from core.research.source_bytes import DataFile
from core.research.source_columnar import MOST_TEXT, Columnar, Opener, Stretch, read_columnar
from core.research.source_name import clean
from core.research.source_room import hold, room
from core.research.source_table import Table

#: Types of columns by duckdb's names, up to a bracket: of (18,3), of WITH TIME ZONE.
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = (*_WHOLE, *(f"U{name}" for name in _WHOLE), "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIMESTAMP")
#: Letters that make duckdb look for other files.
_PATTERN = frozenset("*?[")
#: What duckdb has to have to open anything.
_LEAST_MEMORY = 64 << 20


def read_parquet(file: DataFile) -> Table:
    """Understand a Parquet file from its first rows.

    Raises:
        SourceError: neither reader is installed, the file is damaged, or its columns cannot be told.
    """
    opener = next((read for module, read in _READERS.items() if importlib.util.find_spec(module)), None)
    if opener is None:
        raise SourceError(f"{file.name}: reading Parquet needs duckdb or pyarrow: pip install duckdb, or save it as CSV")
    return read_columnar(file, opener)


class _Duck:
    """A file that duckdb has open."""

    def __init__(self, connection: Any, file: DataFile) -> None:
        self._connection, self._file, self._path = connection, file, _literal(file)
        with _worded(file):
            described = connection.execute("SELECT * FROM read_parquet(?) LIMIT 0", [self._path]).description
        self.names = [str(column[0]) for column in described]
        self._types = [str(column[1]).upper() for column in described]
        self._rows: int = connection.execute("SELECT count(*) FROM read_parquet(?)", [self._path]).fetchone()[0]

    def stretches(self, columns: Sequence[int], most: int) -> Iterator[Stretch]:
        chosen = ", ".join(map(self._selected, columns))
        query = f"SELECT {chosen} FROM read_parquet(?, file_row_number = true) WHERE file_row_number >= ? AND file_row_number < ?"
        for start in range(0, self._rows, most):
            with _worded(self._file):
                found = self._connection.execute(query, [self._path, start, start + most]).fetchnumpy()
            yield list(found.values())

    def _selected(self, column: int) -> str:
        name, kind = '"' + self.names[column].replace('"', '""') + '"', self._types[column]
        if kind == "VARCHAR":
            return f"left({name}, {MOST_TEXT}) AS {name}"
        if not kind.startswith(_NUMBERS) or kind.endswith("]"):
            raise SourceError(
                f"{self._file.name}: column {clean(self.names[column], 60)!r} holds {clean(kind, 40)}, no numbers, times or words"
            )
        return name


def _literal(file: DataFile) -> str:
    """The path as duckdb takes it for itself: `*`, `?` and `[` stand for other files but in brackets.

    Raises:
        SourceError: it has a backslash too, which ends a folder's name there.
    """
    path = str(file.path)
    if os.sep != "\\" and "\\" in path and _PATTERN.intersection(path):
        raise SourceError(f"{file.name}: rename it: beside a backslash, *, ? and [ in the path of a Parquet file stand for other files")
    return "".join(f"[{letter}]" if letter in _PATTERN else letter for letter in path)


@contextmanager
def _worded(file: DataFile) -> Iterator[None]:
    """What duckdb's binding to Python raises where a name or word is not UTF-8, as one line."""
    try:
        yield
    except RuntimeError:
        raise SourceError(f"{file.name}: not readable as Parquet: a name or word in it is not text") from None


@contextmanager
def _with_duckdb(file: DataFile) -> Iterator[Columnar]:
    duckdb = importlib.import_module("duckdb")
    config = {"memory_limit": f"{max(room(), _LEAST_MEMORY) >> 20}MiB", "threads": 2}
    try:
        with duckdb.connect(config=config) as connection:
            yield _Duck(connection, file)
    except duckdb.Error as error:
        raise SourceError(f"{file.name}: not readable as Parquet: {clean(str(error).splitlines()[0])}") from None


class _Arrow:
    """A file that pyarrow has open."""

    def __init__(self, opened: Any, file: DataFile) -> None:
        self._opened, self._name = opened, file.name
        self.names = list(map(str, opened.schema_arrow.names))
        groups = [opened.metadata.row_group(i).total_byte_size for i in range(opened.num_row_groups)]
        hold(file.name, max(groups, default=0), "its largest row group", "write it with smaller row groups")

    def stretches(self, columns: Sequence[int], most: int) -> Iterator[Stretch]:
        for batch in self._opened.iter_batches(most, columns=[self.names[column] for column in columns], use_threads=False):
            yield [column_of(batch.column(self.names[column]), self.names[column], self._name) for column in columns]


@contextmanager
def _with_pyarrow(file: DataFile) -> Iterator[Columnar]:
    arrow, parquet = arrow_here(), importlib.import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(file.path) as opened:
            yield _Arrow(opened, file)
    except (arrow.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise SourceError(f"{file.name}: not readable as Parquet: {clean((str(error) or 'out of memory').splitlines()[0])}") from None


_READERS: dict[str, Opener] = {"duckdb": _with_duckdb, "pyarrow": _with_pyarrow}
