"""Lines over bars, drawn in dots (braille, 2 x 4 a cell): told apart by the pattern of their dots and a letter at their end. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cockpit.panes.canvas import Canvas
from cockpit.panes.line import Part
from cockpit.panes.scale import Scale

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))

#: Which columns of dots are drawn: a stroke, dashes, points, dashes and points.
PATTERNS = ("#", "####  ", "# ", "#####  #  ")

#: Of the line through a trend: long dashes, and it is strong.
TREND = -1
_LONG = "########    "

#: Four lines in one panel are told by their patterns, four more by being quieter as well.
_TONES = ("plain", "muted")

#: What a line may be drawn over: nothing, the last price, a candle's wick. A candle's body is seen before the line.
_UNDER = " ┈│╵╷"

#: A line ends so many candles before the newest one at most to have its letter beside that.
_NEAR_END = 3


class Curve(NamedTuple):
    """A line over the candles in sight.

    Attributes:
        letter: stands at its end and in the legend.
        place: of the lines in its panel, from 0: it has the pattern and the tone of that.
        name: what it is called in the legend.
        unit: of its values, as people read it.
        values: one a candle; None where it is not known, and nothing is drawn.
        owner: the variant or the indicator it is of.
        told: the value in the legend, in words.
        note: why there is none, or not all.
    """

    letter: str
    place: int
    name: str
    unit: str
    values: Sequence[float | None]
    owner: str = ""
    told: str = ""
    note: str = ""

    @property
    def tone(self) -> str:
        """The tone of its dots."""
        return "strong" if self.place == TREND else _TONES[min(self.place // len(PATTERNS), len(_TONES) - 1)]

    @property
    def pattern(self) -> str:
        """Which columns of its dots are drawn."""
        return _LONG if self.place == TREND else PATTERNS[self.place % len(PATTERNS)]

    @property
    def known(self) -> list[float]:
        """Its values, without those that are not known."""
        return [value for value in self.values if value is not None]


class Overlay(NamedTuple):
    """What is drawn over and under the candles in sight.

    Attributes:
        over: lines over the candles, in prices.
        under: lines in panels of their own.
        changes: indices of candles at which the market changed its ways.
        words: what else is in the legend, before the lines, each in parts.
    """

    over: tuple[Curve, ...] = ()
    under: tuple[Curve, ...] = ()
    changes: tuple[int, ...] = ()
    words: tuple[tuple[Part, ...], ...] = ()


#: Nothing over the candles.
BARE = Overlay()


def widened(low: float, high: float, curves: Iterable[Curve]) -> tuple[float, float]:
    """Levels that hold these lines too, as long as what lay between them keeps half of the height; a line that would need more is cut."""
    span, least, most = high - low, low, high
    for curve in curves:
        known = curve.known
        if known and max(most, *known) - min(least, *known) <= 2 * span:
            least, most = min(least, *known), max(most, *known)
    return least, most


@lru_cache(64)
def plotted(heights: tuple[int | None, ...], pitch: int, pattern: str, most: int = 3) -> dict[tuple[int, int], int]:
    """The dots of a line, by cell: (cells right of the first candle's, lines from the top). Not to be changed.

    Args:
        heights: rows of dots from the top, one a candle; None breaks the line.
        pitch: cells from one candle to the next.
        most: the lowest row of dots; what lies beyond the rows is cut.
    """
    cells: dict[tuple[int, int], int] = {}
    steps, before = 2 * pitch, None
    for index, here in enumerate(heights):
        if here is None:
            before = None
            continue
        after = heights[index + 1] if index + 1 < len(heights) else None
        for step in range(steps if after is not None else 2):
            x = steps * index + step
            y = here if after is None else here + round((after - here) * step / steps)
            begin = y if before is None else before + (1 if y > before else -1 if y < before else 0)
            before = y
            if pattern[x % len(pattern)] == " ":
                continue
            for row in range(max(0, min(begin, y)), min(most, max(begin, y)) + 1):
                cell = (x // 2, row // 4)
                cells[cell] = cells.get(cell, 0) | _DOTS[x % 2][row % 4]
    return cells


def draw_curves(canvas: Canvas, curves: Sequence[Curve], scale: Scale, left: int, pitch: int) -> None:
    """Draw lines on a canvas as high as the scale, the first candle at a cell; their letters stand in the last column.

    Where two lines meet in a cell, both are there, in the tone of the first.
    """
    cells: dict[tuple[int, int], tuple[int, str]] = {}
    most, step = 4 * scale.lines - 1, (scale.high - scale.low) / (4 * scale.lines)
    for curve in curves:
        heights = tuple(None if value is None else _row(scale, value, step, most) for value in curve.values)
        own = curve.tone
        for cell, dots in plotted(heights, pitch, curve.pattern, most).items():
            was, tone = cells.get(cell, (0, own))
            cells[cell] = was | dots, tone
    for (x, y), (dots, tone) in cells.items():
        if canvas.at(left + x, y) in _UNDER and left + x < canvas.cells - 1:
            canvas.put(left + x, y, chr(0x2800 + dots), tone)
    for curve in curves:
        last = next((value for value in reversed(curve.values[-_NEAR_END:]) if value is not None), None)
        if last is not None and scale.low <= last <= scale.high and canvas.at(canvas.cells - 1, scale.line(last)) in _UNDER:
            canvas.put(canvas.cells - 1, scale.line(last), curve.letter, "strong")


def _row(scale: Scale, value: float, step: float, most: int) -> int:
    """Which row of dots a value lies on; of one far beyond the scale a row that is out of sight, and near enough to be drawn to."""
    return math.floor(min(max((scale.high - value) / step, -4.0 * most), 5.0 * most))


def draw_changes(canvas: Canvas, changes: Iterable[int], lines: int, left: int, pitch: int) -> None:
    """Mark candles at which the market changed its ways, where nothing else is drawn."""
    for index in changes:
        x = left + index * pitch
        for y in range(lines):
            if canvas.at(x, y) in " ┈":
                canvas.put(x, y, "◇" if y == 0 else "╎", "muted" if y == 0 else "faint")
