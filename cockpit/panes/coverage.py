"""Pane 7 of the system screen: what the tape holds of each symbol over time, as strips."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.panes.prices import bare
from cockpit.text import fit
from core.system_view import CoverageRow

#: How a stretch is drawn, and its tone.
_MARKS = {" ": ("·", "faint"), "=": ("━", "up"), "+": ("╍", "muted"), "i": ("═", "plain"), "!": ("✖", "bad")}
_NAME = 11


class CoveragePane(Facts):
    """A strip a symbol; the legend is in the frame's foot."""

    NUMBER = 7
    TITLE = "Tape"

    def paint(self, rows: Sequence[CoverageRow] | None) -> None:
        """Show the strips; None: the engine has not looked yet."""
        if rows is None:
            self.show_lines(f"{self.NUMBER} {self.TITLE}", [[Part("Looking at the tape …", "muted")]], ("", "muted"))
            return
        missing = sum(row.missing for row in rows)
        note = "no id missing" if not missing else f"{missing:,} id{'s' if missing > 1 else ''} missing"
        tone = ("", "muted") if not rows else (note, "warn" if missing else "muted")
        self.show_lines(f"{self.NUMBER} {self.TITLE}", coverage_lines(rows, self.room[0]), tone)


def coverage_lines(rows: Sequence[CoverageRow], cells: int) -> list[list[Part]]:
    """The strips, newest stretch on the right, and the axis of time under them."""
    if not rows:
        return [[Part("Nothing is recorded yet.", "muted")]]
    room = max(min(cells - _NAME - 8, len(rows[0].cells)), 1)
    made: list[list[Part]] = []
    for row in rows:
        ids = figures.short(float(row.ids))
        made.append([Part(fit(bare(row.symbol), _NAME), "strong"), *_strip(row.cells[-room:]), Part(f" {ids:>6}", "muted")])
    first = rows[0].from_ns + (len(rows[0].cells) - room) * rows[0].step_ns
    start, stop = figures.moment(first, first), figures.moment(rows[0].from_ns + len(rows[0].cells) * rows[0].step_ns, first)
    made.append([Part(" " * _NAME), Part(f"{start[:5]}{' ' * max(room - 10, 1)}{stop[:5]}", "muted"), Part("    ids", "muted")])
    made.append([part for mark, word in zip("=+i! ", LEGEND, strict=True) for part in (Part(*_MARKS[mark]), Part(f" {word}  ", "muted"))])
    return made


LEGEND = ("live", "fetched later", "imported", "missing", "nothing")


def _strip(text: str) -> list[Part]:
    """Stretches of one kind as one part."""
    parts: list[Part] = []
    for mark in text:
        sign, tone = _MARKS.get(mark, ("?", "warn"))
        if parts and parts[-1].tone == tone:
            parts[-1] = Part(parts[-1].text + sign, tone)
        else:
            parts.append(Part(sign, tone))
    return parts
