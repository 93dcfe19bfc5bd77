"""One line of text in parts, painted again only where a part changed: the header, the tabs, the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.strip import Strip

from cockpit.paint import Stroke
from cockpit.panes.toned import Toned
from cockpit.panes.typeset import Runs
from cockpit.text import fit, width


class Part(NamedTuple):
    """A stretch of a line and its tone."""

    text: str
    tone: str = "plain"


class Line(Toned):
    """A line a widget high."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.parts: list[Part] = []

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Show these parts, cut to the width there is."""
        old, self.parts = self.parts, list(parts)
        if old == self.parts:
            return
        if [width(part.text) for part in old] != [width(part.text) for part in self.parts]:
            self.refresh()
            return
        x = 0
        strokes = []
        for was, part in zip(old, self.parts, strict=True):
            if was != part and x + width(part.text) <= self.size.width:
                strokes.append(Stroke(x, 0, part.text, self.tones.style(part.tone)))
            x += width(part.text)
        self.put(strokes)

    def render_line(self, y: int) -> Strip:
        runs, cells = Runs(), self.size.width
        for text, tone in self.parts if y == 0 else ():
            room = cells - runs.cells
            runs.add(fit(text, room) if width(text) > room else text, self.tones.style(tone))
        return Strip(runs.segments(), runs.cells).adjust_cell_length(cells, self.tones.style("plain"))

    def part_at(self, x: int) -> int | None:
        """The index of the part in a cell."""
        end = 0
        for index, part in enumerate(self.parts):
            end += width(part.text)
            if x < end:
                return index
        return None
