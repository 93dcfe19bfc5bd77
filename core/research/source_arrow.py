"""Columns of Arrow as NumPy arrays: missing cells masked, never turned into floats; dictionaries opened; text only as long as a word."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.source_columnar import MOST_TEXT
from core.research.source_name import clean


def arrow_here() -> Any:
    """pyarrow, taking memory as the rest of the program does: its own ways reserve address space by the GiB, which may be limited."""
    arrow = importlib.import_module("pyarrow")
    arrow.set_memory_pool(arrow.system_memory_pool())
    return arrow


def column_of(column: Any, name: str, file: str) -> NDArray[Any]:
    """A `pyarrow.Array` as it is read on.

    Raises:
        SourceError: it holds something that is no number, time or word.
    """
    types = importlib.import_module("pyarrow").types
    kind = column.type
    if types.is_dictionary(kind) and _is_plain(types, kind.value_type):
        column = column.dictionary_decode()
    elif types.is_dictionary(kind) and _is_text(types, kind.value_type):
        words = np.array([None if word is None else word[:MOST_TEXT] for word in column.dictionary.to_pylist()] + [None], object)
        indices = column.indices
        return np.asarray(words[indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)])
    elif _is_text(types, kind):
        compute = importlib.import_module("pyarrow.compute")
        return np.asarray(compute.utf8_slice_codeunits(column, 0, MOST_TEXT).to_numpy(zero_copy_only=False), object)
    elif types.is_decimal(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False), object)
    if not _is_plain(types, column.type):
        raise SourceError(f"{file}: column {clean(name, 60)!r} holds {clean(str(kind), 40)}, no numbers, times or words")
    return _masked(column)


def _is_plain(types: Any, kind: Any) -> bool:
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_timestamp, types.is_date)
    return any(test(kind) for test in tests)


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _masked(column: Any) -> NDArray[Any]:
    if not column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False))
    missing = column.is_null().to_numpy(zero_copy_only=False)
    arrow = importlib.import_module("pyarrow")
    zero = arrow.scalar(0, arrow.int64()).cast(column.type) if not arrow.types.is_boolean(column.type) else arrow.scalar(False)
    if arrow.types.is_date(column.type):
        return np.ma.MaskedArray(column.to_numpy(zero_copy_only=False), missing)
    return np.ma.MaskedArray(column.fill_null(zero).to_numpy(zero_copy_only=False), missing)
