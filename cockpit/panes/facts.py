"""A frame of lines, each in parts: what is read rather than chosen. Only lines that changed are painted again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events, on
from textual.binding import Binding, BindingType
from textual.strip import Strip

from cockpit.panes.line import Part
from cockpit.panes.toned import Toned
from cockpit.panes.typeset import Frame, Runs, set_framed
from cockpit.text import fit, width


class Facts(Toned):
    """Lines under a title; where they do not fit, the arrow keys scroll them.

    Attributes:
        framed: whether it draws a frame with its title.
        alarm: real money: the frame is red.
        away: the engine is gone: all is dim.
    """

    NUMBER: ClassVar[int] = 0
    TITLE: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_lines(-1)", show=False),
        Binding("down", "scroll_lines(1)", show=False),
        Binding("home", "scroll_lines(-100000)", show=False),
        Binding("end", "scroll_lines(100000)", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.framed = True
        self.alarm = False
        self.away = False
        self._title = ""
        self._note: tuple[str, str] = ("", "muted")
        self._lines: list[list[Part]] = []
        self._top = 0

    @property
    def beside(self) -> str:
        """What stands beside its title."""
        return self._note[0]

    @property
    def room(self) -> tuple[int, int]:
        """Cells and lines inside the frame."""
        return (self.size.width - 4, self.size.height - 2) if self.framed else (self.size.width - 2, self.size.height)

    def set_state(self, *, alarm: bool, away: bool) -> None:
        """Say whether real money is at stake, and whether the engine is gone."""
        if (alarm, away) != (self.alarm, self.away):
            self.alarm, self.away = alarm, away
            self.repaint()

    def show_lines(self, title: str, lines: Sequence[list[Part]], note: tuple[str, str] = ("", "muted")) -> None:
        """Show these lines; `note` is (text, tone) at the right of the title."""
        old, self._lines = self._lines, list(lines)
        if (title, note) != (self._title, self._note) or len(old) != len(self._lines):
            self._title, self._note = title, note
            self._top = min(self._top, self._most)
            self.refresh()
            return
        head = 1 if self.framed else 0
        shown = range(self._top, min(self._top + max(0, self.room[1]), len(old)))
        self.put([stroke for at in shown if old[at] != self._lines[at] for stroke in self.line_strokes(at - self._top + head)])

    @property
    def _most(self) -> int:
        """How far the lines can be scrolled."""
        return max(0, len(self._lines) - max(0, self.room[1]))

    @property
    def out_of_sight(self) -> str:
        """What is said of lines above and below those in sight: `1-10 of 24`; '' where all are."""
        shown = self.room[1]
        return f"{self._top + 1}-{self._top + shown} of {len(self._lines)}" if self._most and shown > 0 else ""

    def action_scroll_lines(self, lines: int) -> None:
        top = max(0, min(self._top + lines, self._most))
        if top != self._top:
            self._top = top
            self.refresh()

    @on(events.Focus)
    @on(events.Blur)
    @on(events.Resize)
    def _renew(self) -> None:
        self._top = min(self._top, self._most)
        self.repaint()

    def render_line(self, y: int) -> Strip:
        runs, cells = Runs(), self.size.width
        if not self.framed:
            self._set_inside(runs, y, cells - 1)
        else:
            edge = "edge-live" if self.alarm else "edge-focus" if self.has_focus else "edge"
            title = (self._title, "strong" if self.has_focus else "plain")
            frame = Frame(title, self._note, corner=(self.out_of_sight, "muted"), edge=edge)
            set_framed(runs, frame, y, self.size.height, cells, self.tones, lambda room: self._set_inside(runs, y - 1, room))
        return Strip(runs.segments(), runs.cells).adjust_cell_length(cells, self.tones.style("plain"))

    def _set_inside(self, runs: Runs, y: int, cells: int) -> None:
        """One line, a space before it."""
        runs.add(" ", self.tones.style("plain"))
        end = runs.cells - 1 + cells
        at = y + self._top
        for text, tone in self._lines[at] if 0 <= at < len(self._lines) else ():
            room = max(0, end - runs.cells)
            runs.add(fit(text, room) if width(text) > room else text, self.style_of(tone))

    def style_of(self, tone: str) -> Style:
        """How a part of a line looks."""
        return self.tones.style(tone, stale=self.away)


def fact(label: str, *parts: Part) -> list[Part]:
    """One line: what it is, then what it says."""
    return [Part(f"{label:<12} ", "muted"), *parts]
