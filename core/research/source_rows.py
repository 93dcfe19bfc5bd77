"""Blocks of text to columns the careful way, cell by cell: quotes, ISO times, words for sides, scientific notation; errors name the row.

`core.research.source_digits` reads what is only digits some ten times faster and to the same values.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.source_columns import VALUES, Columns
from core.research.source_layout import Layout
from core.research.source_name import clean, plain_symbol
from core.research.source_times import forms, read_times

_TRUE = frozenset({"true", "1", "t"})
_FALSE = frozenset({"false", "0", "f"})
_BUY = frozenset({"buy", "b", "bid", "buyer", "long"})
_SELL = frozenset({"sell", "s", "ask", "a", "seller", "short"})


class Rows:
    """The cells of a block by column, with the line each row came from."""

    def __init__(self, name: str, layout: Layout, lines: list[int], cells: list[Sequence[str]]) -> None:
        self.name, self.layout, self.lines, self.cells = name, layout, lines, cells

    @classmethod
    def split(cls, block: bytes, first_line: int, layout: Layout, name: str) -> Rows:
        """The rows of a block of whole lines.

        Raises:
            SourceError: not UTF-8, not CSV, or a row with another number of fields.
        """
        try:
            text = block.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SourceError(f"{name}:{first_line + block[: error.start].count(10)}: not UTF-8 text") from None
        lines: list[int] = []
        rows: list[list[str]] = []
        reader = csv.reader(text.split("\n"), delimiter=layout.delimiter)
        try:
            for row in reader:
                if not row or (len(row) == 1 and not row[0].strip()):
                    continue
                line = first_line + reader.line_num - 1
                if len(row) != layout.width:
                    raise SourceError(f"{name}:{line}: {len(row)} fields where {layout.width} were expected")
                rows.append(row)
                lines.append(line)
        except csv.Error as error:
            raise SourceError(f"{name}:{first_line + reader.line_num - 1}: not CSV: {clean(str(error))}") from None
        return cls(name, layout, lines, list(zip(*rows, strict=True)) if rows else [()] * layout.width)

    def symbols(self) -> set[str]:
        """What the symbol column holds; empty where there is none."""
        return set(self._column("symbol")) if "symbol" in self.layout.roles else set()

    def keep_wanted(self, symbol: str | None, is_chosen: bool) -> None:
        """Keep the rows of one symbol (compared without separators), where a column tells it and one is wanted.

        Raises:
            SourceError: there are others, and nobody chose this one among them.
        """
        if symbol is None or "symbol" not in self.layout.roles:
            return
        column = self._column("symbol")
        is_ours = {cell: plain_symbol(cell) == symbol for cell in set(column)}
        others = sorted(cell for cell, ours in is_ours.items() if not ours)
        if others and not is_chosen:
            raise SourceError(f"{self.name}: rows of several symbols, {clean(', '.join(others), 80)} among them: say which with --symbol")
        if others:
            kept = [i for i, cell in enumerate(column) if is_ours[cell]]
            self.lines = [self.lines[i] for i in kept]
            self.cells = [[cells[i] for i in kept] for cells in self.cells]

    def columns(self) -> Columns:
        """The cells as numbers.

        Raises:
            SourceError: a cell that is no number, time, side or true/false; names its row.
        """
        values = {role: self._floats(role) for role in VALUES if role in self.layout.roles}
        return Columns(
            np.array(self.lines, np.int64),
            self._times("time"),
            values,
            self._ids() if "id" in self.layout.roles else None,
            self._sides(),
            self._times("close_time") if "close_time" in self.layout.roles else None,
            forms(self._column("time")) if "clock" not in self.layout.roles else frozenset(),
        )

    def _column(self, role: str) -> list[str]:
        return [cell.strip() for cell in self.cells[self.layout.roles[role]]]

    def _fail(self, row: int, role: str, cell: str, what: str) -> SourceError:
        return SourceError(f"{self.name}:{self.lines[row]}: {role} {clean(cell, 60)!r} is not {what}")

    def _floats(self, role: str) -> NDArray[np.float64]:
        cells = self._column(role)
        if role in ("qty", "bid", "ask"):
            missing = "0" if role == "qty" else "nan"
            cells = [cell or missing for cell in cells]
        try:
            return np.array(list(map(float, cells)), np.float64)
        except ValueError:
            row = next(i for i, cell in enumerate(cells) if not _is_number(cell))
            raise self._fail(row, role, cells[row], "a number") from None

    def _times(self, role: str) -> NDArray[np.int64]:
        cells = self._column(role)
        if role == "time" and "clock" in self.layout.roles:
            cells = [f"{_dashed(day)} {clock.zfill(5)}" for day, clock in zip(cells, self._column("clock"), strict=True)]
        times, wrong = read_times(cells)
        if wrong >= 0:
            raise self._fail(wrong, "time", cells[wrong], "ISO-8601 or Unix time (s, ms, µs or ns)")
        return times

    def _ids(self) -> NDArray[np.int64] | None:
        """Trade ids; None where they are words (some venues'), and the rows are numbered instead."""
        cells = self._column("id")
        if cells and not _is_integer(cells[0]) and self.layout.form != "aggTrades":
            return None
        try:
            return np.array(list(map(int, cells)), np.int64)
        except (ValueError, OverflowError):
            row = next(i for i, cell in enumerate(cells) if not _is_integer(cell))
            raise self._fail(row, "id", cells[row], "a whole number") from None

    def _sides(self) -> NDArray[np.int8] | None:
        if "maker" in self.layout.roles:
            return self._words("maker", _FALSE, _TRUE, "true or false")
        if "side" in self.layout.roles:
            return self._words("side", _BUY, _SELL, "buy or sell")
        return None

    def _words(self, role: str, plus: frozenset[str], minus: frozenset[str], what: str) -> NDArray[np.int8]:
        cells = self._column(role)
        meaning = {cell: 1 if cell.lower() in plus else -1 if cell.lower() in minus else 0 for cell in set(cells)}
        unknown = ("", "unknown", "none") if role == "side" else ()
        wrong = next((cell for cell, sign in meaning.items() if sign == 0 and cell.lower() not in unknown), None)
        if wrong is not None:
            raise self._fail(cells.index(wrong), role, wrong, what)
        return np.array([meaning[cell] for cell in cells], np.int8)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_integer(text: str) -> bool:
    try:
        return -(2**63) <= int(text) < 2**63
    except ValueError:
        return False


def _dashed(day: str) -> str:
    return day.replace(".", "-").replace("/", "-")
