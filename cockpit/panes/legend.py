"""The legend of a chart's lines: letter, a piece of the line, name and value of each, as many as there is room for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.line import Part
from cockpit.panes.overlaid import Curve, plotted
from cockpit.panes.scale import Scale

Entry = list[Part]

#: From so many lines on a chart may give two of them to its legend.
TALL = 18

_APART = 2


def entry_of(curve: Curve, scale: Scale | None = None, *, sampled: bool = True) -> Entry:
    """`a ⠒⠒⠒ ema 61,690.12`, with ▲ or ▼ where the value lies beyond what is drawn, or why there is none."""
    sample = "".join(chr(0x2800 + plotted((2, 2, 2), 1, curve.pattern).get((x, 0), 0)) for x in range(3))
    parts = [Part(f"{curve.letter} ", "strong"), Part(f"{sample} " if sampled else "", curve.tone)]
    parts += [Part(f"{curve.name} ", "muted"), Part(curve.told)]
    known = curve.known[-1:]
    if scale is not None and known and not scale.low <= known[0] <= scale.high:
        parts.append(Part(" ▲" if known[0] > scale.high else " ▼", "muted"))
    return [*parts, Part(f" {curve.note}", "warn")] if curve.note else parts


def lines_for(entries: Sequence[Entry], cells: int, lines: int) -> int:
    """How many lines of a chart of so many a legend in so many cells gets."""
    if not entries:
        return 0
    return 2 if lines >= TALL and _cells(entries) > cells else 1


def fits(entries: Sequence[Entry], cells: int) -> bool:
    """Whether all of it fits into so many cells."""
    return _cells(entries) <= cells


def put_legend(canvas: Canvas, x: int, y: int, entries: Sequence[Entry], lines: int = 1) -> None:
    """Write entries one after the other into so many lines; how many of them do not fit is said."""
    begin, end, last = x, canvas.cells - 1, y + lines - 1
    for index, entry in enumerate(entries):
        rest = len(entries) - index
        room = end - x - (len(f"{rest - 1}") + 1 + _APART if y == last and rest > 1 else 0)
        if _cells([entry]) > room and x > begin:
            if y == last:
                canvas.put(x, y, f"+{rest} ", "muted")
                return
            x, y = begin, y + 1
        for part in entry:
            text = narrow(part.text, max(0, end - x))
            canvas.put(x, y, text, part.tone)
            x += len(text)
        canvas.put(x, y, " " * _APART, "plain")
        x += _APART


def _cells(entries: Sequence[Entry]) -> int:
    return sum(len(part.text) for entry in entries for part in entry) + _APART * (len(entries) - 1)
