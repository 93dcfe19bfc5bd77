"""Cells, rows and columns of a live grid, and how columns share a width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cockpit.figures import spark
from cockpit.text import fit, width


class Cell(NamedTuple):
    """What stands in one place: clean text and its meaning.

    `value` is the figure behind the text, to tell up from down when it changes; `values` are drawn as a
    sparkline as wide as the column.
    """

    text: str
    tone: str = "plain"
    value: float | None = None
    values: tuple[float, ...] = ()

    def looks_like(self, other: Cell) -> bool:
        """Whether nobody could tell them apart."""
        return self is other or (self.text == other.text and self.tone == other.tone and self.values == other.values)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a grid. `span` replaces the cells from that column on with one text; a `rest` row cannot be chosen."""

    key: str
    cells: tuple[Cell, ...]
    stale: bool = False
    span: tuple[int, Cell] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """How one kind of cell is set.

    Attributes:
        title: over the column.
        align: `point` lines figures up on the decimal point.
        least: cells it takes at least.
        most: cells it takes at most; a longer text is cut.
        drop: the higher, the sooner it goes when the pane is narrow, together with its equals; 0 never.
        extra: is there only where it costs the others nothing: it goes before the gaps between them shrink.
        grow: takes what is left over.
        flash: a change is lit for a second: `ink` its letters, `cell` the ground under them too.
        means: what stands in it, where the title does not say it all; the pane's help does.
    """

    title: str
    align: Literal["left", "right", "point"] = "left"
    least: int = 0
    most: int = 200
    drop: int = 0
    extra: bool = False
    grow: bool = False
    flash: Literal["", "ink", "cell"] = ""
    means: str = ""


class Place(NamedTuple):
    """Where a column stands: its number, its first cell, its width, and the cells after the decimal point."""

    column: int
    x: int
    width: int
    fraction: int


class Extents:
    """The widths seen so far; they only grow, so nothing jumps when a figure loses a digit."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.whole = [max(column.least, width(column.title)) if column.align != "point" else 0 for column in columns]
        self.fraction = [0] * len(columns)

    def admit(self, cells: Sequence[Cell], until: int) -> bool:
        """Make room for these cells, up to a column; whether any column grew."""
        grew = False
        for index, (column, cell) in enumerate(zip(self._columns[:until], cells, strict=False)):
            if column.grow:
                continue
            if column.align == "point":
                head, tail = split(cell.text)
                whole, fraction = width(head), width(tail)
            else:
                whole, fraction = min(width(cell.text), column.most), 0
            if whole > self.whole[index] or fraction > self.fraction[index]:
                self.whole[index] = max(whole, self.whole[index])
                self.fraction[index] = max(fraction, self.fraction[index])
                grew = True
        return grew

    def needs(self, index: int) -> int:
        """Cells this column takes."""
        column = self._columns[index]
        return max(self.whole[index] + self.fraction[index], column.least, width(column.title))


def split(text: str) -> tuple[str, str]:
    """A figure before and from its decimal point; a text without one is all before."""
    head, point, tail = text.partition(".")
    return head, point + tail


def place(columns: Sequence[Column], extents: Extents, cells: int) -> list[Place]:
    """Share out a width: first what is extra goes, then the gaps shrink, then the least important columns go, and the growing ones take
    what is left."""
    kept = list(range(len(columns)))
    needs = [extents.needs(index) for index in kept]

    def spare(gap: int) -> int:
        return cells - sum(needs[index] for index in kept) - gap * (len(kept) - 1)

    if spare(2) < 0:
        kept = [index for index in kept if not columns[index].extra]
    gap = 2 if spare(2) >= 0 else 1
    while spare(gap) < 0 and len(kept) > 1:
        least = max(columns[index].drop for index in kept)
        if least == 0:
            break
        kept = [index for index in kept if columns[index].drop < least]
    growing = [index for index in kept if columns[index].grow]
    for order, index in enumerate(growing):
        needs[index] = min(columns[index].most, needs[index] + max(0, spare(gap)) // (len(growing) - order))
    places: list[Place] = []
    x = 0
    for index in kept:
        room = min(needs[index], cells - x)
        if room <= 0:
            break
        places.append(Place(index, x, room, extents.fraction[index]))
        x += room + gap
    return places


def set_cell(cell: Cell, column: Column, at: Place) -> str:
    """The text of a cell in exactly its column's width."""
    if cell.values:
        return spark(cell.values, at.width)
    if column.align == "point":
        head, tail = split(cell.text)
        return fit(head + tail + " " * (at.fraction - width(tail)), at.width, right=True)
    return fit(cell.text, at.width, right=column.align == "right")
