"""Curves over time drawn in dots (braille, 2 x 4 a cell): several in one frame of axes, and falls that hang from a line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from cockpit.figures import uptime
from cockpit.panes.line import Part

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_DAY = 86_400_000_000_000

Points = Sequence[tuple[int, float]]
Dots = list[list[int]]


def at_times(points: Points, first_ns: int, last_ns: int, count: int) -> list[float | None]:
    """The value in force at so many times from the first to the last; None before a curve begins and after it ends."""
    times = [ts for ts, _ in points]
    found: list[float | None] = []
    for index in range(count):
        when = first_ns + (last_ns - first_ns) * index // max(1, count - 1)
        place = bisect_right(times, when) - 1
        inside = place >= 0 and when <= times[-1]
        found.append(points[place][1] if inside else None)
    return found


def deepest(points: Points, first_ns: int, last_ns: int, count: int) -> list[float | None]:
    """The largest value in each of so many stretches of time; one without a point goes on with the value before. None before a
    curve begins and after it ends."""
    found: list[float | None] = [None] * count
    span = max(1, last_ns - first_ns)
    end = -1
    for ts, value in points:
        place = (ts - first_ns) * count // span
        if 0 <= place <= count:
            end = place = min(place, count - 1)
            found[place] = max(found[place] or 0.0, value)
    before: float | None = None
    for index, here in enumerate(found[: end + 1]):
        before = found[index] = before if here is None else here
    return found


def line_dots(values: Sequence[float | None], low: float, high: float, lines: int) -> Dots:
    """A line through the values, two a cell, between two levels; jumps are strokes, so that it never breaks where it is known."""
    cells, steps = (len(values) + 1) // 2, 4 * lines - 1
    dots = [[0] * cells for _ in range(lines)]
    before: int | None = None
    for x, value in enumerate(values):
        if value is None:
            before = None
            continue
        here = steps - round(_share(value, low, high) * steps)
        start = here if before is None else before
        for y in range(min(start, here) + (start < here), max(start, here) + (start <= here)):
            dots[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
        before = here
    return dots


def hung_dots(values: Sequence[float | None], most: float, lines: int) -> Dots:
    """Columns that hang from the top, as long as their values, the longest over all lines; two a cell."""
    cells, steps = (len(values) + 1) // 2, 4 * lines
    dots = [[0] * cells for _ in range(lines)]
    for x, value in enumerate(values):
        if value is None:
            continue
        for y in range(max(round(steps * value / most), value > 0) if most > 0 else 0):
            dots[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
    return dots


def text_of(dots: Dots) -> list[str]:
    """The lines of one drawing."""
    return ["".join(_letter(dot) for dot in line) for line in dots]


def laid_over(drawings: Sequence[tuple[Dots, str]]) -> list[list[Part]]:
    """Several drawings in one, each (dots, tone); where they meet the last one's tone is seen."""
    lines: list[list[Part]] = []
    for rows in zip(*(dots for dots, _ in drawings), strict=True):
        parts: list[Part] = []
        for cell in zip(*rows, strict=True):
            tone = next((drawings[index][1] for index in reversed(range(len(cell))) if cell[index]), "plain")
            merged = 0
            for dot in cell:
                merged |= dot
            if parts and (parts[-1].tone == tone or not merged):
                parts[-1] = Part(parts[-1].text + _letter(merged), parts[-1].tone)
            else:
                parts.append(Part(_letter(merged), tone))
        lines.append(parts)
    return lines


def time_axis(first_ns: int, last_ns: int, cells: int) -> str:
    """The times at the left end, in the middle and at the right end: of the day, or dates where the span is days."""
    span = last_ns - first_ns
    form = "%H:%M:%S" if span < 3_600_000_000_000 else "%m-%d %H:%M" if span < 10 * _DAY else "%Y-%m-%d"
    left, middle, right = (datetime.fromtimestamp((first_ns + span * part // 2) // 1_000_000_000, UTC).strftime(form) for part in range(3))
    return _axis(left, middle, right, cells)


def since_axis(span: int, cells: int) -> str:
    """How long after the beginning, at the left end, in the middle and at the right end: `0`, `1h 30m`, `3h 00m`."""
    return _axis("0", uptime(span / 2e9), uptime(span / 1e9), cells)


def _axis(left: str, middle: str, right: str, cells: int) -> str:
    if cells < len(left) + len(right) + 2:
        return left[:cells]
    gap = cells - len(left) - len(right)
    if gap >= len(middle) + 4:
        before = (cells - len(middle)) // 2 - len(left)
        between = " " * before + middle + " " * (gap - before - len(middle))
    else:
        between = " " * gap
    return left + between + right


def _letter(dot: int) -> str:
    return chr(0x2800 + dot) if dot else " "


def _share(value: float, low: float, high: float) -> float:
    """Where a value lies between two levels, 0..1; in the middle where they are one."""
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5
