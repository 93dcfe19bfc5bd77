"""Bars drawn as candles with their volume, axes, fills and a crosshair. Pure: it knows no widget and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cockpit import figures
from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.scale import Scale, scale_of, time_step, time_text
from core.codes import BarQuality

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


class Candle(NamedTuple):
    """One bar: where it starts in ns, prices, volume in base currency, and what it is made of (`core.codes.BarQuality`).

    `vwap` is None where it is not known, `trades` 0.
    """

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quality: int = 0
    vwap: float | None = None
    bought: float = 0.0
    trades: int = 0

    @property
    def up(self) -> bool:
        """Whether it closed no lower than it opened."""
        return self.close >= self.open

    @property
    def incomplete(self) -> bool:
        """Whether prints of it are missing."""
        return bool(self.quality & BarQuality.INCOMPLETE)


class Mark(NamedTuple):
    """A fill: when, bought or sold, what is said of it, and whether it is of another strategy than the one looked at.

    It may stand for others of its kind in the same bar: `fills` with itself.
    """

    ts: int
    bought: bool
    label: str
    other: bool = False
    fills: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn.

    Attributes:
        candles: oldest first; the last one stands at the right edge.
        interval: of a candle, ns.
        decimals: of prices.
        pitch: cells from one candle to the next.
        marks: fills, in any order.
        last: the last price; None where it is not to be drawn.
        cross: index of the candle under the crosshair.
        timed: candles are cut by time: the last one ends an interval after its start.
    """

    candles: Sequence[Candle]
    interval: int
    decimals: int
    pitch: int = 1
    marks: Sequence[Mark] = field(default_factory=tuple)
    last: float | None = None
    cross: int | None = None
    timed: bool = True


def room_for(cells: int, axis: int, pitch: int) -> int:
    """How many candles fit beside an axis of a width."""
    return max(0, (cells - axis - 1) // pitch)


def axis_of(low: float, high: float, decimals: int) -> int:
    """Cells of the price axis: the widest price, a space and the line."""
    return max(len(figures.number(low, decimals)), len(figures.number(high, decimals)), 6) + 2


def draw(canvas: Canvas, picture: Picture) -> int:
    """Draw candles over volume over a time axis, prices at the left; the cell of the first candle."""
    candles = picture.candles
    if not candles or canvas.lines < 3:
        return 0
    low, high = min(candle.low for candle in candles), max(candle.high for candle in candles)
    if picture.last is not None:
        low, high = min(low, picture.last), max(high, picture.last)
    axis = axis_of(low, high, picture.decimals)
    volume = 0 if canvas.lines < 8 else 1 if canvas.lines < 14 else 2 if canvas.lines < 24 else 3
    lines = canvas.lines - 1 - volume
    air = (high - low) / lines if picture.marks and lines > 6 else 0.0  # for the arrows above and below
    scale = scale_of(low - air, high + air, lines, decimals=picture.decimals)
    left = _left(canvas, picture, axis)
    for index, candle in enumerate(candles):
        _candle(canvas, scale, left + index * picture.pitch, candle, picture.pitch)
    _volumes(canvas, picture, left, axis, volume)
    _times(canvas, picture, left, axis)
    _prices(canvas, scale, axis, picture.decimals)
    _marks(canvas, picture, scale, left, axis)
    _last(canvas, picture, scale, axis)
    _cross(canvas, picture, left, scale.lines + volume)
    return left


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
    base = canvas.lines - 2
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


def _marks(canvas: Canvas, picture: Picture, scale: Scale, left: int, axis: int) -> None:
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


def _last(canvas: Canvas, picture: Picture, scale: Scale, axis: int) -> None:
    if picture.last is None:
        return
    y = scale.line(picture.last)
    tone = "up" if picture.candles[-1].up else "down"
    canvas.put(0, y, f"{figures.number(picture.last, picture.decimals):>{axis - 2}} ▸", tone)
    canvas.fill(axis, y, "┈", "faint", canvas.cells)


def _cross(canvas: Canvas, picture: Picture, left: int, lines: int) -> None:
    if picture.cross is None or not 0 <= picture.cross < len(picture.candles):
        return
    x = left + picture.cross * picture.pitch
    for y in range(lines):
        if canvas.at(x, y) in " ┈":
            canvas.put(x, y, "┊", "strong")
