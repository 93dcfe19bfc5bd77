"""Equity and drawdown over time, drawn in dots. Pure: it knows no widget and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cockpit import figures
from cockpit.panes.canvas import Canvas
from cockpit.panes.scale import Scale, scale_of, time_step, time_text

#: Eighths of a line hanging from its top; terminals have only these three of them.
_HANGING = " ▔▀█"

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


class Point(NamedTuple):
    """One moment: equity, what of it is realised net of fees, in quote currency; how far below its peak, in percent of it."""

    ts: int
    equity: float
    realised: float
    drawdown: float


class Span(NamedTuple):
    """What is shown: the points, from when to when (ns), and what was begun with."""

    points: Sequence[Point]
    start: int
    end: int
    capital: float


def draw_equity(canvas: Canvas, span: Span, cross: int | None = None) -> None:
    """Equity over a strip of drawdown, with a line where it began; `cross` is the moment under the crosshair."""
    strip = 0 if canvas.lines < 9 else max(2, canvas.lines // 5)
    lines = canvas.lines - 1 - strip
    points = span.points
    if not points or lines < 2:
        return
    low, high = min(p.equity for p in points), max(p.equity for p in points)
    near = span.capital if _near(span.capital, low, high) else low
    scale = scale_of(min(low, near), max(high, near), lines, decimals=2)
    axis = axis_cells(points)
    _dots(canvas, scale, [(p.ts, p.equity) for p in points], span, axis, "up" if points[-1].equity >= span.capital else "down")
    if scale.low <= span.capital <= scale.high:
        canvas.fill(axis, scale.line(span.capital), "┈", "faint", canvas.cells)
    _values(canvas, scale, axis, 0)
    if strip:
        _hang(canvas, span, lines, strip, axis)
    _times(canvas, span, axis)
    _crosshair(canvas, span, axis, cross)


def draw_drawdown(canvas: Canvas, span: Span, cross: int | None = None) -> None:
    """How far equity was below its peak, in percent of it, hanging from the top."""
    points = span.points
    if not points or canvas.lines < 3:
        return
    axis = axis_cells(points)
    _hang(canvas, span, 0, canvas.lines - 1, axis)
    _times(canvas, span, axis)
    _crosshair(canvas, span, axis, cross)


def moment_at(cells: int, span: Span, share: int) -> int:
    """The moment of a cell of the drawing, `cells` wide."""
    return span.start + (span.end - span.start) * share // max(1, cells - 1)


def axis_cells(points: Sequence[Point]) -> int:
    """Cells of the axis beside these points: the widest equity, a space and the line."""
    widest = max(len(figures.number(equity)) for equity in (min(p.equity for p in points), max(p.equity for p in points)))
    return max(widest + 2, 9)


def _near(value: float, low: float, high: float) -> bool:
    """Whether it is worth showing: the curve keeps at least a quarter of the height."""
    return max(high, value) - min(low, value) <= 4 * max(high - low, abs(value) * 1e-5)


def _column(ts: int, span: Span, cells: int) -> int:
    return (ts - span.start) * (cells - 1) // max(1, span.end - span.start)


def _dots(canvas: Canvas, scale: Scale, values: Sequence[tuple[int, float]], span: Span, axis: int, tone: str) -> None:
    """A line through the values, 2 x 4 dots a cell, each held until the next."""
    cells, most = 2 * (canvas.cells - axis), 4 * scale.lines - 1
    heights: list[int | None] = [None] * max(0, cells)
    strokes: dict[int, tuple[int, int]] = {}
    for ts, value in values:
        x = _column(ts, span, cells)
        if 0 <= x < cells:
            y = min(max(round((scale.high - value) / (scale.high - scale.low) * most), 0), most)
            low, high = strokes.get(x, (y, y))
            strokes[x] = (min(low, y), max(high, y))
            heights[x] = y
    dots: dict[tuple[int, int], int] = {}
    last: int | None = None
    for x, here in enumerate(heights):
        if here is None:
            if last is None or x > max(strokes, default=-1):
                continue
            here = last
        low, high = strokes.get(x, (here, here))
        if last is not None:
            low, high = min(low, last), max(high, last)
        for y in range(low, high + 1):
            dots[x // 2, y // 4] = dots.get((x // 2, y // 4), 0) | _DOTS[x % 2][y % 4]
        last = here
    for (x, y), dot in dots.items():
        canvas.put(axis + x, y, chr(0x2800 + dot), tone)


def _hang(canvas: Canvas, span: Span, top: int, lines: int, axis: int) -> None:
    """Drawdown as an area that hangs from its zero."""
    deepest = max(p.drawdown for p in span.points)
    scale = scale_of(0.0, max(deepest, 0.02), lines, decimals=2, gap=2)
    cells = canvas.cells - axis
    depths: list[float | None] = [None] * max(0, cells)
    for point in span.points:
        x = _column(point.ts, span, cells)
        if 0 <= x < cells:
            depths[x] = max(depths[x] or 0.0, point.drawdown)
    last, until = 0.0, max((x for x, depth in enumerate(depths) if depth is not None), default=-1)
    begun = False
    for x, depth in enumerate(depths[: until + 1]):
        begun = begun or depth is not None
        last = last if depth is None else depth
        if begun:
            halves = round(last / scale.high * 2 * lines)
            for line in range(lines):
                part = min(2, halves - 2 * line)
                letter = "█" if part == 2 else "▀" if part == 1 else "▔" if line == 0 else ""
                canvas.put(axis + x, top + line, letter, "down" if part > 0 else "faint")
    for line in range(lines):
        canvas.put(axis - 1, top + line, "│", "faint")
    for line, text in ((0, "0 %"), (lines - 1, f"-{scale.high:.{1 if scale.high >= 1 else 2}f} %")):
        canvas.put(0, top + line, f"{text:>{axis - 2}} ┤", "muted")


def _values(canvas: Canvas, scale: Scale, axis: int, top: int) -> None:
    for y in range(scale.lines):
        canvas.put(axis - 1, top + y, "│", "faint")
    for value in scale.round_values():
        canvas.put(0, top + scale.line(value), f"{figures.number(value, scale.decimals):>{axis - 2}} ┤", "muted")


def _times(canvas: Canvas, span: Span, axis: int) -> None:
    y, cells = canvas.lines - 1, canvas.cells - axis
    canvas.put(axis - 1, y, "└" + "─" * cells, "faint")
    step = time_step((span.end - span.start) / max(1, cells), 10)
    for turn in range(span.start // step + 1, span.end // step + 1):
        x, text = _column(turn * step, span, cells), time_text(turn * step, step)
        if x + len(text) < cells:
            canvas.put(axis + x, y, f"{text} ", "muted")


def _crosshair(canvas: Canvas, span: Span, axis: int, cross: int | None) -> None:
    if cross is None or not span.start <= cross <= span.end:
        return
    x = axis + _column(cross, span, canvas.cells - axis)
    for y in range(canvas.lines - 1):
        if canvas.at(x, y) in " ┈":
            canvas.put(x, y, "┊", "strong")
