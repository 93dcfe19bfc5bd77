"""Columns of Arrow as NumPy arrays: missing cells masked, never turned into floats; dictionaries opened; text only as long as a word.

They are taken from Arrow's buffers: its own `to_numpy` imports pandas, which takes most of a second.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.source_columnar import MOST_TEXT
from core.research.source_name import clean

_FLOATS = {"halffloat": "f2", "float": "f4", "double": "f8"}


def arrow_here() -> Any:
    """pyarrow, taking memory as the rest of the program does and reading in one thread: its own ways reserve address space by the GiB."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # looked at once, when it is imported
    arrow = importlib.import_module("pyarrow")
    arrow.set_io_thread_count(1)
    return arrow


def column_of(column: Any, name: str, file: str) -> NDArray[Any]:
    """A `pyarrow.Array` as it is read on.

    Raises:
        SourceError: it holds something that is no number, time or word.
    """
    found = _values(column)
    if found is None:
        kind = clean(str(column.type), 40)
        raise SourceError(f"{file}: column {clean(name, 60)!r} holds {kind}, no numbers, times or words")
    return found


def _values(column: Any) -> NDArray[Any] | None:
    types, kind = importlib.import_module("pyarrow").types, column.type
    if types.is_dictionary(kind):
        return _opened(_values(column.indices), _values(column.dictionary))
    if types.is_decimal(kind):  # as text: Python's own decimals refuse one that has more digits than its type says
        column = column.cast("string")
    if types.is_decimal(kind) or types.is_string(kind) or types.is_large_string(kind):
        return _objects([None if word is None else word[:MOST_TEXT] for word in column.to_pylist()])
    if types.is_null(kind):
        return _objects([None] * len(column))
    if types.is_boolean(kind):
        plain = _plain(column.cast("uint8"), "u1")
        return plain.view(np.bool_)
    if types.is_integer(kind) or types.is_floating(kind):
        return _plain(column, _FLOATS.get(str(kind), str(kind)))
    if types.is_timestamp(kind):
        return _plain(column, f"M8[{kind.unit}]")
    if types.is_date32(kind):
        return _plain(column, "i4").astype("M8[D]")
    return _plain(column, "M8[ms]") if types.is_date64(kind) else None


def _plain(column: Any, dtype: str) -> NDArray[Any]:
    """Values of one width; masked where some are missing."""
    kind = np.dtype(dtype)
    data = column.buffers()[1]
    values = np.frombuffer(data, kind, len(column), column.offset * kind.itemsize) if len(column) else np.empty(0, kind)
    if not column.null_count:
        return values
    return np.ma.MaskedArray(values, _plain(column.is_null().cast("uint8"), "u1").view(np.bool_))


def _opened(indices: NDArray[Any] | None, words: NDArray[Any] | None) -> NDArray[Any] | None:
    """The words of a dictionary, each where it is meant."""
    if indices is None or words is None:
        return None
    missing = np.ma.getmaskarray(indices) if isinstance(indices, np.ma.MaskedArray) else np.zeros(len(indices), np.bool_)
    if not len(words):
        return _objects([None] * len(indices))
    at = np.where(missing, 0, np.asarray(indices)).astype(np.intp)
    found = words[at]
    if found.dtype == object:
        found[missing] = None
        return found
    missing = missing | np.ma.getmaskarray(found)
    return np.ma.MaskedArray(np.ma.getdata(found), missing) if missing.any() else np.ma.getdata(found)


def _objects(cells: list[Any]) -> NDArray[Any]:
    found = np.empty(len(cells), object)
    found[:] = cells
    return found
