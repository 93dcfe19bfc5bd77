"""One file to records, block by block: the fast reader where a block is only digits, the careful one where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research import source_digits as fast
from core.research.source_bytes import DataFile, Reading
from core.research.source_columns import VALUES, Columns, bars, check, ticks
from core.research.source_export import export_columns
from core.research.source_layout import Layout, read_layout
from core.research.source_rows import Rows
from core.research.source_stream import blocks
from core.research.source_table import Table, Wanted, table_of
from core.research.source_times import forms_of, scaled, unit
from core.types import Records

_TEXT_ROLES = frozenset({"clock", "symbol"})
_SAMPLE = 2000
_LETTERS = {"maker": (b"f0", b"t1"), "side": (b"b", b"s")}
#: Times below this (1973) may be days written as eight digits: left to the careful reader.
_OLD = 100_000_000 * 1_000_000_000


def read_csv(file: DataFile) -> Table:
    """Understand a text file from its first block.

    Raises:
        SourceError: it cannot be read, or its columns cannot be told.
    """
    block, _ = next(blocks(file, Reading()), (b"", 1))
    layout = read_layout(block, file.name)
    rows = Rows.split(_below(block, layout.skip, _SAMPLE), layout.skip + 1, layout, file.name)
    sample = rows.columns()
    has_ids = sample.ids is not None
    return table_of(file, layout.kind, layout.form, sample, rows.symbols(), partial(_parse, file, layout, has_ids), layout.has_every_trade)


def _below(block: bytes, skip: int, most: int) -> bytes:
    """At most `most` lines of a block below its title and header."""
    return b"\n".join(block.split(b"\n", skip + most)[skip : skip + most])


def _parse(file: DataFile, layout: Layout, has_ids: bool, wanted: Wanted, reading: Reading) -> Iterator[Records]:
    """The rows of a file in file order, a block at a time: TICK or BAR records.

    Raises:
        SourceError: names file and row.
    """
    is_digits = _TEXT_ROLES.isdisjoint(layout.roles) and layout.delimiter in ",\t"
    number = 1
    for block, line in blocks(file, reading):
        if line == 1 and layout.skip:
            block, line = block.split(b"\n", layout.skip)[-1], layout.skip + 1
            if not block:
                continue
        columns = _fast_columns(block, line, layout) if is_digits else export_columns(block, line, layout, wanted)
        if columns is None:
            columns = _careful_columns(block, line, layout, file.name, wanted)
        if not len(columns.times):
            continue
        reading.times |= columns.forms
        if has_ids and columns.ids is None:
            raise SourceError(f"{file.name}:{columns.lines[0]}: id is not a whole number")
        if not has_ids:
            columns.ids = None
        check(columns, file.name)
        yield bars(columns, wanted.interval, file.name) if layout.kind == "bars" else ticks(columns, number)
        number += len(columns.times)


def _careful_columns(block: bytes, line: int, layout: Layout, name: str, wanted: Wanted) -> Columns:
    rows = Rows.split(block, line, layout, name)
    rows.keep_wanted(wanted.symbol, wanted.is_chosen)
    return rows.columns()


def _fast_columns(block: bytes, line: int, layout: Layout) -> Columns | None:
    """The columns of a block of plain digits; None where it holds anything else."""
    fields = fast.find_fields(block, layout.width, ord(layout.delimiter))
    if fields is None:
        return None
    values = {}
    for role in VALUES:
        if role in layout.roles:
            column = fast.decimals(fields, layout.roles[role])
            if column is None:
                return None
            values[role] = column
    times = _times(fields, layout.roles["time"])
    closes = _times(fields, layout.roles["close_time"]) if "close_time" in layout.roles else None
    ids = fast.integers(fields, layout.roles["id"]) if "id" in layout.roles else None
    role = "maker" if "maker" in layout.roles else "side"
    sides = _sides(fields, layout.roles[role], *_LETTERS[role]) if role in layout.roles else None
    missing = [
        times is None,
        closes is None and "close_time" in layout.roles,
        ids is None and "id" in layout.roles,
        sides is None and role in layout.roles,
    ]
    if times is None or any(missing):
        return None
    return Columns(np.arange(line, line + fields.rows), times[0], values, ids, sides, closes and closes[0], times[1])


def _times(fields: fast.Fields, column: int) -> tuple[NDArray[np.int64], frozenset[str]] | None:
    """(times in ns, the units they are written in)."""
    split = fast.whole_and_fraction(fields, column)
    if split is None:
        return None
    whole, fraction, places = split
    least, most = int(whole.min()), int(whole.max())
    times = scaled(whole)
    if times is None or int(times.min()) < _OLD or int((fields.dot - fields.start)[:, column].max()) > 18:
        return None
    if places.any():
        if int(places.max()) > 9:
            return None
        unit_ns = unit(most)
        if unit_ns != unit(least):
            return None
        times = times + (fraction * np.uint64(unit_ns) // fast.TENS[places]).astype(np.int64)
    return times, forms_of(least, most)


def _sides(fields: fast.Fields, column: int, plus: bytes, minus: bytes) -> NDArray[np.int8] | None:
    letters = fast.first_letters(fields, column)
    length = fields.end[:, column] - fields.start[:, column]
    is_plus, is_minus = (np.logical_or.reduce([letters == letter for letter in marks]) for marks in (plus, minus))
    if not (is_plus | is_minus).all():
        return None
    return np.where(is_plus, np.int8(1), np.int8(-1)) if int(length.max()) <= 5 else None
