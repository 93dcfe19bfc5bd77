"""A pane that is drawn on: a title line above, a foot below, and between them a canvas of which only changed cells are painted again."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from textual.strip import Strip

from cockpit.paint import Stroke
from cockpit.panes.canvas import Canvas
from cockpit.panes.facts import Facts
from cockpit.panes.typeset import Frame, Runs, set_framed
from cockpit.text import fit, width


class Edges(NamedTuple):
    """Words around a drawing, each (text, tone): title and note above, foot and corner below."""

    title: tuple[str, str]
    note: tuple[str, str] = ("", "muted")
    foot: tuple[str, str] = ("", "muted")
    corner: tuple[str, str] = ("", "muted")


class View(Protocol):
    """What a drawing shows."""

    def state(self) -> tuple[Any, ...]:
        """What the drawing depends on, besides its size: it is drawn again when this changes."""
        ...

    def draw(self, canvas: Canvas) -> None:
        """Draw it."""
        ...

    def edges(self, cells: int) -> Edges:
        """The words around it; the foot may have so many cells."""
        ...


class Drawing(Facts):
    """Shows a view."""

    view: View

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._canvas = Canvas(0, 0)
        self._drawn: tuple[Any, ...] = ()
        self._edges = Edges(("", "plain"))

    def update_drawing(self) -> None:
        """Paint what changed."""
        cells, lines = max(0, self.size.width - (3 if self.framed else 1)), max(0, self.size.height - 2)
        state = (cells, lines, self.view, self.view.state())
        if state != self._drawn:
            self._drawn = state
            old, self._canvas = self._canvas, Canvas(cells, lines)
            self.view.draw(self._canvas)
            if (old.cells, old.lines) != (cells, lines):
                self.refresh()
            else:
                left = 1 if self.framed else 0
                self.put([Stroke(left + x, y + 1, part.text, self._style(part.tone)) for x, y, part in self._canvas.changes(old)])
        self._update_edges()

    def _update_edges(self) -> None:
        old, self._edges = self._edges, self.view.edges(max(0, self.size.width - 4))
        new = self._edges
        if old == new or not self.size.height:
            return
        if old.title != new.title or width(old.note[0]) != width(new.note[0]):
            self.put(self.line_strokes(0))
        elif old.note != new.note and width(new.title[0]) + width(new.note[0]) < self.size.width - 10:
            x = self.size.width - (2 if self.framed else 1) - width(new.note[0])
            self.put([Stroke(x, 0, new.note[0], self.tones.style(new.note[1]))])
        if old[2:] != new[2:]:
            self.put(self.line_strokes(self.size.height - 1))

    def _style(self, tone: str) -> Any:
        return self.tones.style(tone, stale=self.away)

    def render_line(self, y: int) -> Strip:
        runs, cells, lines = Runs(), self.size.width, self.size.height
        title, note, foot, corner = self._edges
        if self.framed:
            edge = "edge-live" if self.alarm else "edge-focus" if self.has_focus else "edge"
            frame = Frame((f"{self.NUMBER} {title[0]}", "strong" if self.has_focus else "plain"), note, foot, corner, edge)
            set_framed(runs, frame, y, lines, cells, self.tones, lambda room: self._set_drawing(runs, y - 1))
        elif y in (0, lines - 1):
            self._set_edge(runs, *((title, note) if y == 0 else (foot, corner)), cells)
        else:
            self._set_drawing(runs, y - 1)
        return Strip(runs.segments(), runs.cells).adjust_cell_length(cells, self.tones.style("plain"))

    def _set_drawing(self, runs: Runs, y: int) -> None:
        for text, tone in self._canvas.parts(y):
            runs.add(text, self._style(tone))

    def _set_edge(self, runs: Runs, left: tuple[str, str], right: tuple[str, str], cells: int) -> None:
        """The lines above and below a drawing without a frame."""
        head = fit(left[0], min(width(left[0]), max(0, cells - 2)))
        room = cells - 2 - width(head)
        tail = right[0] if width(right[0]) < room else ""
        runs.add(f" {head}", self.tones.style(left[1]))
        runs.add(" " * max(0, room - width(tail)), self.tones.style("plain"))
        runs.add(tail, self.tones.style(right[1]))
