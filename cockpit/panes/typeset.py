"""One line of a grid as styled segments: pure, so what a person will read can be tested without a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from cockpit.panes.columns import Column, Place, Row, set_cell
from cockpit.text import fit, width
from cockpit.tones import Tones, Under


class Runs:
    """Text gathered into as few segments as its styles allow: every style change costs 40 bytes on the wire."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, Style]] = []
        self.cells = 0

    def add(self, text: str, style: Style) -> None:
        """Append text in a style."""
        if not text:
            return
        self.cells += width(text)
        if self._parts and self._parts[-1][1] == style:
            self._parts[-1] = (self._parts[-1][0] + text, style)
        else:
            self._parts.append((text, style))

    def segments(self) -> list[Segment]:
        """The line so far."""
        return [Segment(text, style) for text, style in self._parts]


class Look(NamedTuple):
    """How a row is to look.

    Attributes:
        under: what lies under it.
        away: shown as stale whatever it is.
        glow: by column, how bright a change still is (2 or 1) and its direction (+1, -1, 0).
    """

    under: Under = Under.NOTHING
    away: bool = False
    glow: Mapping[int, tuple[int, int]] = MappingProxyType({})


def style_cell(row: Row, at: Place, columns: Sequence[Column], tones: Tones, look: Look) -> tuple[str, Style]:
    """A cell's text in its column's width, and its style."""
    cell, column = row.cells[at.column], columns[at.column]
    level, direction = look.glow.get(at.column, (0, 0))
    style = tones.style(cell.tone, look.under, row.stale or look.away, level, direction, column.flash == "cell")
    return set_cell(cell, column, at), style


def set_row(
    runs: Runs, row: Row, columns: Sequence[Column], places: Sequence[Place], cells: int, tones: Tones, look: Look | None = None
) -> None:
    """Set a row in so many cells."""
    look = look or Look()
    start, stale = runs.cells, row.stale or look.away
    plain = tones.style("plain", look.under, stale)
    for at in places:
        runs.add(" " * (start + at.x - runs.cells), plain)
        if row.span is not None and at.column >= row.span[0]:
            text, tone = row.span[1].text, row.span[1].tone
            runs.add(fit(text, cells - at.x), tones.style(tone, look.under, stale))
            return
        runs.add(*style_cell(row, at, columns, tones, look))
    runs.add(" " * (start + cells - runs.cells), plain)


def set_titles(
    runs: Runs, columns: Sequence[Column], places: Sequence[Place], cells: int, tones: Tones, sort: tuple[int, bool] | None
) -> None:
    """Set the columns' titles; the sorted one carries an arrow (▾ largest first)."""
    start = runs.cells
    quiet, chosen = tones.style("muted"), tones.style("strong")
    for at in places:
        column = columns[at.column]
        title = column.title
        marked = sort is not None and sort[0] == at.column
        if sort is not None and marked:
            title = ("▾" if sort[1] else "▴") + title if column.align != "left" else title + ("▾" if sort[1] else "▴")
        runs.add(" " * (start + at.x - runs.cells), quiet)
        runs.add(fit(title, at.width, right=column.align != "left"), chosen if marked else quiet)
    runs.add(" " * (start + cells - runs.cells), quiet)


def set_frame(
    runs: Runs, left: str, right: str, cells: int, tones: Tones, edge: str, title: tuple[str, str], note: tuple[str, str]
) -> None:
    """Set a frame's edge with a title on the left and a note on the right: `┌ 1 Prices ──── 4 of 5 live ┐`.

    `title` and `note` are (text, tone); the note goes where there is no room for both.
    """
    if cells < 2:
        return
    inner = cells - 2
    head = f" {title[0]} " if title[0] else ""
    tail = f" {note[0]} " if note[0] else ""
    if width(head) + width(tail) > inner:
        tail = ""
    head = fit(head, min(width(head), inner))
    style = tones.style(edge)
    runs.add(left, style)
    runs.add(head, tones.style(title[1]))
    runs.add("─" * (inner - width(head) - width(tail)), style)
    runs.add(tail, tones.style(note[1]))
    runs.add(right, style)


class Frame(NamedTuple):
    """A frame's words: title and note of its upper and its lower edge, each (text, tone), and the tone of the edge itself."""

    title: tuple[str, str]
    note: tuple[str, str]
    foot: tuple[str, str] = ("", "muted")
    corner: tuple[str, str] = ("", "muted")
    edge: str = "edge"


def set_framed(runs: Runs, frame: Frame, y: int, lines: int, cells: int, tones: Tones, inside: Callable[[int], None]) -> None:
    """Set line `y` of a frame of so many lines and cells; `inside` sets what lies between its edges, in the cells it is given."""
    if y == 0:
        set_frame(runs, "┌", "┐", cells, tones, frame.edge, frame.title, frame.note)
    elif y == lines - 1:
        set_frame(runs, "└", "┘", cells, tones, frame.edge, frame.foot, frame.corner)
    elif cells > 3:
        runs.add("│", tones.style(frame.edge))
        inside(cells - 3)
        runs.add(" " * (cells - 1 - runs.cells), tones.style("plain"))
        runs.add("│", tones.style(frame.edge))
