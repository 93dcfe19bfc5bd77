"""Bars drawn as candles with their volume, axes, fills and a crosshair. Pure: it knows no widget and no clock."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import figures
from cockpit.panes.canvas import Canvas
from cockpit.panes.legend import Entry, entry_of, fits, lines_for, put_legend
from cockpit.panes.marks import draw_marks
from cockpit.panes.overlaid import BARE, TREND, Overlay, draw_changes, draw_curves, widened
from cockpit.panes.panels import Panel, Rooms, draw_panel, panels_of, rooms_of
from cockpit.panes.picture import Candle, Picture
from cockpit.panes.scale import Scale, scale_of, time_step, time_text

#: Half a cell each: what is in the upper and in the lower half: 0 nothing, 1 the thin wick, 2 the thick body.
_GLYPHS = {
    (0, 0): " ", (1, 1): "│", (2, 2): "┃", (1, 0): "╵", (0, 1): "╷", (2, 0): "╹", (0, 2): "╻", (1, 2): "╽", (2, 1): "╿",
}  # fmt: skip

#: A falling candle's body is broken, so that it is told from a rising one without colours.
_FALLING = "╏"

#: Where a candle has three cells its body takes them all.
_WIDE = {"full": "▐█▌", "upper": "▝▀▘", "lower": "▗▄▖", "falling": "▐▒▌"}

#: Stands under a candle of which prints are missing; the candle is dim.
INCOMPLETE = "✖"

_EIGHTHS = "▁▂▃▄▅▆▇█"


def room_for(cells: int, axis: int, pitch: int) -> int:
    """How many candles fit beside an axis of a width."""
    return max(0, (cells - axis - 1) // pitch)


def axis_of(low: float, high: float, decimals: int) -> int:
    """Cells of the price axis: the widest price, a space and the line."""
    return max(len(figures.number(low, decimals)), len(figures.number(high, decimals)), 6) + 2


def draw(canvas: Canvas, picture: Picture, overlay: Overlay = BARE) -> int:
    """Draw candles over volume over panels over a time axis, prices at the left, lines over the candles; the cell of the first candle."""
    candles = picture.candles
    if not candles or canvas.lines < 3:
        return 0
    low, high = min(candle.low for candle in candles), max(candle.high for candle in candles)
    if picture.last is not None:
        low, high = min(low, picture.last), max(high, picture.last)
    axis = axis_of(low, high, picture.decimals)
    panels = panels_of(overlay.under)
    rooms = _rooms(canvas, overlay, panels, axis)
    lines = rooms.upper + 1
    volume = 0 if lines < 8 else 1 if lines < 14 else 2 if lines < 24 else 3
    lines = rooms.upper - volume
    air = (high - low) / lines if picture.marks and lines > 6 else 0.0  # for the arrows above and below
    low, high = widened(low, high, overlay.over)
    scale = scale_of(low - air, high + air, lines, decimals=picture.decimals)
    left = _left(canvas, picture, axis)
    upper = canvas.part(rooms.legend, rooms.upper)
    for index, candle in enumerate(candles):
        _candle(upper, scale, left + index * picture.pitch, candle, picture.pitch)
    _volumes(upper, picture, left, axis, volume)
    _prices(upper, scale, axis, picture.decimals)
    draw_curves(upper.part(0, lines), overlay.over, scale, left, picture.pitch)
    draw_marks(upper, picture, scale, left, axis)
    _last(upper, picture, scale, axis)
    draw_changes(upper, overlay.changes, lines, left, picture.pitch)
    for at, (panel, room) in enumerate(zip(panels, rooms.panels, strict=False)):
        draw_panel(canvas.part(rooms.legend + rooms.upper + at * room, room), panel, axis, left, picture.pitch)
    _legend(canvas, overlay, panels, rooms, scale, axis)
    _times(canvas, picture, left, axis)
    _cross(canvas, picture, left, rooms.legend)
    return left


def _rooms(canvas: Canvas, overlay: Overlay, panels: Sequence[Panel], axis: int) -> Rooms:
    """How the lines of the canvas are shared; a panel without room has its values in the legend."""
    rooms = rooms_of(canvas.lines, 0, len(panels))
    entries = _entries(overlay, panels[len(rooms.panels) :])
    return rooms_of(canvas.lines, lines_for(entries, canvas.cells - axis, canvas.lines), len(panels))


def _entries(overlay: Overlay, unseen: Sequence[Panel], scale: Scale | None = None, *, sampled: bool = True) -> list[Entry]:
    told = [entry_of(curve, scale, sampled=sampled) for curve in overlay.over if curve.place != TREND]
    told += [entry_of(curve, sampled=sampled) for panel in unseen for curve in panel.curves]
    return [*map(list, overlay.words), *told]


def _legend(canvas: Canvas, overlay: Overlay, panels: Sequence[Panel], rooms: Rooms, scale: Scale, axis: int) -> None:
    unseen = panels[len(rooms.panels) :]
    entries, cells = _entries(overlay, unseen, scale), canvas.cells - axis
    if not fits(entries, cells, rooms.legend):
        entries = _entries(overlay, unseen, scale, sampled=False)
    if rooms.legend:
        put_legend(canvas, axis, 0, entries, rooms.legend)


def _left(canvas: Canvas, picture: Picture, axis: int) -> int:
    """The cell of the first candle's middle: the last one ends at the right edge, less a cell of air."""
    return max(axis + picture.pitch // 2, canvas.cells - 1 - (len(picture.candles) - 1) * picture.pitch - (picture.pitch + 1) // 2)


def _candle(canvas: Canvas, scale: Scale, x: int, candle: Candle, pitch: int) -> None:
    tone = "muted" if candle.incomplete else "up" if candle.up else "down"
    top, bottom = scale.half(candle.high), scale.half(candle.low)
    body = scale.half(max(candle.open, candle.close)), scale.half(min(candle.open, candle.close))
    for y in range(top // 2, bottom // 2 + 1):
        halves = [0 if not top <= h <= bottom else 2 if body[0] <= h <= body[1] else 1 for h in (2 * y, 2 * y + 1)]
        upper, lower = halves
        if pitch > 3 and 2 in halves:
            kind = "full" if halves == [2, 2] else "upper" if upper == 2 else "lower"
            canvas.put(x - 1, y, _WIDE["falling" if kind == "full" and not candle.up else kind], tone)
        else:
            canvas.put(x, y, _FALLING if halves == [2, 2] and not candle.up else _GLYPHS[upper, lower], tone)


def _volumes(canvas: Canvas, picture: Picture, left: int, axis: int, lines: int) -> None:
    most = max(candle.volume for candle in picture.candles)
    if not lines or most <= 0:
        return
    base = canvas.lines - 1
    canvas.put(0, base - lines + 1, f"{figures.short(most):>{axis - 2}} ┤", "faint")
    for line in range(1, lines):
        canvas.put(axis - 1, base - lines + 1 + line, "│", "faint")
    for index, candle in enumerate(picture.candles):
        eighths = max(round(candle.volume / most * 8 * lines), 1 if candle.volume > 0 else 0)
        for line in range(lines):
            part = min(8, eighths - 8 * line)
            if part > 0:
                canvas.put(left + index * picture.pitch, base - line, _EIGHTHS[part - 1], "muted" if candle.up else "faint")


def _times(canvas: Canvas, picture: Picture, left: int, axis: int) -> None:
    """The time axis, marked where prints are missing; a time gives way to a mark, unless there are many."""
    y = canvas.lines - 1
    canvas.put(axis - 1, y, "└" + "─" * (canvas.cells - axis), "faint")
    torn = {left + index * picture.pitch for index, candle in enumerate(picture.candles) if candle.incomplete}
    wary = len(torn) * 4 <= len(picture.candles)
    step = time_step(picture.interval / picture.pitch, 10)
    free, before = axis + 1, None
    for index, candle in enumerate(picture.candles):
        x, turn = left + index * picture.pitch, candle.start // step
        if before is not None and turn != before and x >= free:
            text = time_text(turn * step, step)
            if x + len(text) < canvas.cells and not (wary and torn.intersection(range(x, x + len(text) + 1))):
                canvas.put(x, y, f"{text} ", "muted")
                free = x + len(text) + 2
        before = turn
    for x in torn:
        if canvas.at(x, y) == "─":
            canvas.put(x, y, INCOMPLETE, "warn")


def _prices(canvas: Canvas, scale: Scale, axis: int, decimals: int) -> None:
    for y in range(scale.lines):
        canvas.put(axis - 1, y, "│", "faint")
    for value in scale.round_values():
        text = figures.number(value, min(decimals, scale.decimals))
        y = scale.line(value)
        canvas.put(0, y, f"{text:>{axis - 2}} ┤", "muted")


def _last(canvas: Canvas, picture: Picture, scale: Scale, axis: int) -> None:
    if picture.last is None:
        return
    y = scale.line(picture.last)
    tone = "up" if picture.candles[-1].up else "down"
    canvas.put(0, y, f"{figures.number(picture.last, picture.decimals):>{axis - 2}} ▸", tone)
    canvas.fill(axis, y, "┈", "faint", canvas.cells)


def _cross(canvas: Canvas, picture: Picture, left: int, top: int) -> None:
    if picture.cross is None or not 0 <= picture.cross < len(picture.candles):
        return
    x = left + picture.cross * picture.pitch
    for y in range(top, canvas.lines - 1):
        if canvas.at(x, y) in " ┈─╎":
            canvas.put(x, y, "┊", "strong")
