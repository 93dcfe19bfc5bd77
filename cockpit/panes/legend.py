"""The legend of a chart's lines: letter, a piece of the line, name and value of each, as many as there is room for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.line import Part
from cockpit.panes.overlaid import Curve, plotted
from cockpit.panes.scale import Scale

Entry = list[Part]

#: Of so many lines of a chart one may go to its legend.
SHARE = 7

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
    most = max(1, lines // SHARE)
    return next((count for count in range(1, most) if fits(entries, cells, count)), most)


def fits(entries: Sequence[Entry], cells: int, lines: int) -> bool:
    """Whether all of it fits into lines of so many cells."""
    return sum(map(len, _wrapped(entries, cells - 1, lines))) == len(entries)


def put_legend(canvas: Canvas, x: int, y: int, entries: Sequence[Entry], lines: int = 1) -> None:
    """Write entries one after the other into so many lines; how many of them do not fit is said."""
    begin, end = x, canvas.cells - 1
    rows = _wrapped(entries, end - x, lines)
    for row in rows:
        x = begin
        for entry in row:
            for part in entry:
                text = narrow(part.text, max(0, end - x))
                canvas.put(x, y, text, part.tone)
                x += len(text)
            canvas.put(x, y, " " * _APART, "plain")
            x += _APART
        y += 1
    rest = len(entries) - sum(map(len, rows))
    if rest:
        canvas.put(min(x, end - len(f"+{rest}")), y - 1, f"+{rest} ", "muted")


def _wrapped(entries: Sequence[Entry], cells: int, lines: int) -> list[list[Entry]]:
    """The entries of each of so many lines; at the end of the last one there is room to say how many more there are."""
    rows: list[list[Entry]] = []
    for index, entry in enumerate(entries):
        spare = len(f"{len(entries) - index - 1}") + 1 + _APART if len(rows) >= lines and index + 1 < len(entries) else 0
        if not rows or _cells([*rows[-1], entry]) + spare > cells:
            if len(rows) == lines:
                break
            rows.append([])
        rows[-1].append(entry)
    return rows


def _cells(entries: Sequence[Entry]) -> int:
    return sum(len(part.text) for entry in entries for part in entry) + _APART * (len(entries) - 1)
