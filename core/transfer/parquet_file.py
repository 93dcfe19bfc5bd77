"""A sheet as a Parquet file with typed columns, through duckdb, which is an extra: rows are gathered on disk and written in one go."""

from __future__ import annotations

import errno
import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import CockpitError, UsageError, one_line
from core.transfer.csv_file import Tell
from core.transfer.sheet import Kind, Sheet, Values

_TYPES: dict[Kind, str] = {"time": "TIMESTAMP_NS", "whole": "BIGINT", "number": "DOUBLE", "text": "VARCHAR"}

#: What duckdb may hold in memory; more goes to disk beside the file.
_MEMORY = "160MB"

_PIECE = 1 << 16


def write_parquet(sheet: Sheet, path: Path, tell: Tell) -> int:
    """Write all rows; how many they were. A number that is not known is NULL.

    Raises:
        UsageError: duckdb is not installed.
        OSError: the disk is full.
        CockpitError: it cannot be written for another reason.
    """
    duckdb = duckdb_here()
    gathered = path.with_name(path.name + ".rows")
    try:
        with duckdb.connect(str(gathered), config={"memory_limit": _MEMORY, "threads": 1}) as database:
            count = _gather(database, sheet, tell)
            database.execute(f"COPY rows TO '{_text(str(path))}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")
    except duckdb.Error as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        raise CockpitError(f"cannot write Parquet: {one_line(str(error).splitlines()[0])}") from None
    finally:
        for left in (gathered, gathered.with_name(gathered.name + ".wal")):
            left.unlink(missing_ok=True)
    return count


def duckdb_here() -> Any:
    """The module that writes Parquet.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module("duckdb")
    except ImportError:
        raise UsageError("writing Parquet needs duckdb: pip install 'cockpit[parquet]', or write .csv") from None


def _gather(database: Any, sheet: Sheet, tell: Tell) -> int:
    columns = ", ".join(f"{_quoted(column.name)} {_TYPES[column.kind]}" for column in sheet.columns)
    database.execute(f"CREATE TABLE rows({columns})")
    chosen = ", ".join(_selected(column.name, column.kind) for column in sheet.columns)
    count = begun = 0
    for stretch in sheet.rows:
        for start in range(0, stretch.size, _PIECE):
            stop = min(start + _PIECE, stretch.size)
            piece = {
                column.name: _array(column.kind, values[start:stop]) for column, values in zip(sheet.columns, stretch.values, strict=True)
            }
            database.register("piece", piece)
            database.execute(f"INSERT INTO rows SELECT {chosen} FROM piece")
            database.unregister("piece")
            count += stop - start
            tell(begun + (stretch.done - begun) * stop // stretch.size, count)
        begun = stretch.done
    return count


def _array(kind: Kind, values: Values) -> Any:
    if isinstance(values, list):
        return np.array(values, object)
    if isinstance(values, np.ma.MaskedArray):
        return np.array(values.tolist(), object)
    return np.ascontiguousarray(values.astype("M8[ns]") if kind == "time" else values)


def _selected(name: str, kind: Kind) -> str:
    """A column as it is stored."""
    name = _quoted(name)
    return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END" if kind == "number" else name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(path: str) -> str:
    return path.replace("'", "''")
