"""Trials laid out by two of their parameters: how good each pair was, drawn in blocks. Pure: it knows no widget and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cockpit.panes.line import Part
from cockpit.study import ranked_text, value_text
from cockpit.text import clean, fit, width

#: How far above zero, and how far below: signs that differ without colour too.
ABOVE, BELOW = "░▒▓█", "·-=≡"

#: The best pair, and that of the row under the cursor.
BEST, HERE = "◆", "◇"

#: Cells a pair takes in width at most.
WIDEST = 6

Axis = tuple[str, list[Any]]
Point = Sequence[float | None]


class Plane(NamedTuple):
    """Two axes and the figure of every pair; None nothing was tried there.

    Attributes:
        cells: by (place on x, place on y).
        others: what the other parameters are, in words; '' there are none.
    """

    x: Axis
    y: Axis
    cells: dict[tuple[int, int], float]
    best: tuple[int, int] | None
    here: tuple[int, int] | None
    others: str


def plane_of(axes: Sequence[Axis], points: Sequence[Point], pair: tuple[int, int], here: dict[str, Any] | None, *, full: bool) -> Plane:
    """The pairs of two axes.

    Args:
        points: of each trial the places on all axes, then its figure; the best first.
        pair: numbers of the axes drawn.
        here: the parameters of the row under the cursor.
        full: every combination was tried: the other parameters are held as they are in that row. Else the best over them counts.
    """
    a, b = pair
    rest = [k for k in range(len(axes)) if k not in pair]
    at = [_place(values, (here or {}).get(name)) for name, values in axes]
    held = points[0] if points and any(at[k] is None for k in rest) else at
    cells: dict[tuple[int, int], float] = {}
    for point in points:
        value = point[-1]
        if value is None or (full and any(point[k] != held[k] for k in rest)):
            continue
        cells.setdefault((int(point[a] or 0), int(point[b] or 0)), value)  # the best comes first
    best = next(iter(cells), None)
    mine = (at[a], at[b])
    words = (
        [f"{clean(axes[k][0])} {value_text(axes[k][1][int(held[k] or 0)])}" for k in rest]
        if full
        else ["the best over the others"] * bool(rest)
    )
    own = (mine[0], mine[1]) if mine[0] is not None and mine[1] is not None else None
    return Plane(axes[a], axes[b], cells, best, own, ", ".join(words))


def _place(values: list[Any], value: Any) -> int | None:
    return values.index(value) if value in values else None


def draw_plane(plane: Plane, cells: int, lines: int, by: str) -> list[list[Part]]:
    """The map over its axis: y grows upwards, x to the right; pairs that do not fit are drawn together, as the best of them."""
    texts, margin = _labels(plane.y)
    room, high = max(1, cells - margin - 2), max(1, lines - 1)
    x_group, y_group = grouping(plane, cells, lines)
    columns, rows = -(-len(plane.x[1]) // x_group), -(-len(texts) // y_group)
    wide = max(1, min(WIDEST, room // columns))
    tall = max(1, min(2, high // rows))
    grouped: dict[tuple[int, int], float] = {}
    for (x, y), value in plane.cells.items():
        grouped.setdefault((x // x_group, y // y_group), value)
    best, here = (None if at is None else (at[0] // x_group, at[1] // y_group) for at in (plane.best, plane.here))
    top = max(map(abs, grouped.values()), default=0.0)
    made: list[list[Part]] = []
    for y in reversed(range(rows)):
        for line in range(tall):
            label = texts[y * y_group] if line == tall - 1 else ""
            parts = [Part(f"{label:>{margin}} ", "muted"), Part("┤" if label else "│", "edge")]
            for x in range(columns):
                mark = "" if line < tall - 1 else BEST if (x, y) == best else HERE if (x, y) == here else ""
                parts.append(_block(grouped.get((x, y)), top, wide, mark, by))
            made.append(parts)
    return [*made, _below(plane.x, margin, x_group, wide, columns)]


def grouping(plane: Plane, cells: int, lines: int) -> tuple[int, int]:
    """How many values of x, and of y, are drawn together."""
    room, high = max(1, cells - _labels(plane.y)[1] - 2), max(1, lines - 1)
    return -(-len(plane.x[1]) // room), -(-len(plane.y[1]) // high)


def _labels(axis: Axis) -> tuple[list[str], int]:
    """The values of an axis as text, and the cells of the longest."""
    texts = [clean(value_text(value)) for value in axis[1]]
    return texts, max(map(width, texts), default=1)


def _block(value: float | None, top: float, wide: int, mark: str, by: str) -> Part:
    """One pair."""
    if value is None:
        return Part((mark or " ").center(wide), "strong")
    sign = BELOW if value < 0 else ABOVE
    tone = "down" if value < 0 or by.startswith("max_drawdown") else "up"
    letter = sign[level(value, top)]
    return Part(mark.center(wide) if mark else letter * wide, "strong" if mark else tone)


def level(value: float, top: float) -> int:
    """Which of four steps a figure is on, the last the largest of all."""
    return min(3, int(4 * abs(value) / top)) if top > 0 else 0


def _below(axis: Axis, margin: int, group: int, wide: int, columns: int) -> list[Part]:
    """The values of x under their columns, as many as fit."""
    line, end = "", 0
    for column in range(columns):
        text = clean(value_text(axis[1][column * group]))
        start = column * wide
        if start >= end and start + width(text) <= max(columns * wide, width(text)):
            line = fit(line, start) + text
            end = start + width(text) + 1
    return [Part(" " * (margin + 2)), Part(line, "muted")]


def legend(plane: Plane, by: str, together: tuple[int, int] = (1, 1)) -> list[list[Part]]:
    """What the blocks and marks mean, with the figures they stand for; `together` as of `grouping`."""
    values = plane.cells.values()
    top = max(map(abs, values), default=0.0)
    parts = [Part("from 0 ", "muted")]
    for step, letter in enumerate(ABOVE, 1):
        parts.append(Part(f"{letter} ", "down" if by.startswith("max_drawdown") else "up"))
        parts.append(Part(f"{ranked_text(by, top * step / 4).removeprefix('+')}  ", "muted"))
    lines = [parts]
    if any(value < 0 for value in values):
        under = [Part("below  ", "muted")]
        for step, letter in enumerate(BELOW, 1):
            under += [Part(f"{letter} ", "down"), Part(f"{ranked_text(by, -top * step / 4)}  ", "muted")]
        lines.append(under)
    marks = [Part(BEST, "strong"), Part(" best  ", "muted"), Part(HERE, "strong"), Part(" under the cursor", "muted")]
    a, b = together
    said = [f"a block: the best of {a * b}"] * (a * b > 1) + [plane.others] * bool(plane.others)
    return [*lines, marks, *[[Part(", ".join(said))]] * bool(said)]


def draw_bars(axis: Axis, points: Sequence[Point], cells: int, by: str) -> list[list[Part]]:
    """One parameter only: a bar for each of its values."""
    found: dict[int, float] = {}
    for point in points:
        if point[-1] is not None:
            found.setdefault(int(point[0] or 0), point[-1])
    texts = [clean(value_text(value)) for value in axis[1]]
    margin, top = max(map(width, texts)), max(map(abs, found.values()), default=0.0)
    best = next(iter(found), None)
    made = []
    for place, text in enumerate(texts):
        value = found.get(place)
        said = ranked_text(by, value)
        long = round((cells - margin - 16) * abs(value) / top) if value is not None and top else 0
        mark = f" {BEST}" if place == best else ""
        letter, tone = ("≡", "down") if (value or 0.0) < 0 else ("█", "up")
        made.append([Part(f"{text:>{margin}} ", "muted"), Part("┤ ", "edge"), Part(letter * max(0, long), tone), Part(f" {said}{mark}")])
    return made
