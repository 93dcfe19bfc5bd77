"""Fills on a chart: an arrow beyond the candle's end, and the name of those under the crosshair. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.picture import Picture
from cockpit.panes.scale import Scale


def draw_marks(canvas: Canvas, picture: Picture, scale: Scale, left: int, axis: int) -> None:
    """A fill is told by an arrow beyond the candle's end; those under the crosshair are named."""
    named: list[tuple[int, int, str, str]] = []
    count = 0
    starts = [candle.start for candle in picture.candles]
    for mark in reversed(picture.marks):  # the first ones on top
        length = picture.interval if picture.timed else 1 << 62
        index = _index(starts, mark.ts, length) if mark.ts >= starts[0] else None
        if index is None:
            continue
        candle, x = picture.candles[index], left + index * picture.pitch
        y = min(scale.line(candle.low) + 1, scale.lines - 1) if mark.bought else max(scale.line(candle.high) - 1, 0)
        tone = "muted" if mark.other else "mark-up" if mark.bought else "mark-down"
        canvas.put(x, y, "▲" if mark.bought else "▼", tone)
        if index == picture.cross:
            named.insert(0, (x, y, mark.label, tone))
            count += mark.fills
    for x, y, label, tone in named[:1]:
        more = f" (+{count - 1})" if count > 1 else ""
        text = narrow(f" {label}{more} ", canvas.cells - axis)
        right, before = x + 2, x - 1 - len(text)
        start = right if right + len(text) <= canvas.cells else before if before >= axis else canvas.cells - len(text)
        canvas.put(start, y, text, tone)


def _index(starts: Sequence[int], ts: int, interval: int) -> int | None:
    """The candle a moment belongs to: the last that began by then; None before the first and after the last one's end."""
    low, high = 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if starts[middle] <= ts else (low, middle)
    if low == 0 or (low == len(starts) and ts >= starts[-1] + interval):
        return None
    return low - 1
