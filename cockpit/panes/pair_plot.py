"""Series of a pair drawn in dots under each other on one axis of bars: prices, spread with its bands, z-score. It knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cockpit import figures
from cockpit.panes.line import Part
from cockpit.panes.scale import DAY, Scale, scale_of
from cockpit.plots import Dots, laid_over

Values = Sequence[float | None]

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))

#: Of a broken line so many columns of dots are drawn of so many; of a level fewer.
DASH, LEVEL = (3, 6), (2, 10)

#: Bars for each column of dots at the most: older ones are left out, so that a line stays a line.
CROWD = 2


class Trace(NamedTuple):
    """One line: its values, a bar each, and the tone of a value; `dashed` has gaps."""

    values: Values
    tone: Callable[[float], str]
    dashed: bool = False


class Panel(NamedTuple):
    """What is drawn in one frame of axes: a line of words above, lines, and levels that are marked on the axis and across."""

    head: list[Part]
    traces: list[Trace]
    levels: tuple[float, ...] = ()


def flat(tone: str) -> Callable[[float], str]:
    """One tone for every value."""
    return lambda _: tone


def draw_panel(panel: Panel, cells: int, lines: int, margin: int) -> list[list[Part]]:
    """The panel, its head included, in so many lines; labels take `margin` cells, and two the axis beside them."""
    known = [value for trace in panel.traces for value in trace.values if value is not None]
    high = max(1, lines - 1)
    if not known:
        return [panel.head, *([[Part(" " * margin), Part(" │", "edge")]] * high)][:lines]
    scale = _scale(known, high)
    room = max(2, cells - margin - 2)
    drawings: list[tuple[Dots, str]] = [
        (_raster([level, level], scale, room, lambda _: "faint", LEVEL)["faint"], "faint")
        for level in panel.levels
        if scale.low <= level <= scale.high
    ]
    for trace in panel.traces:
        dash = DASH if trace.dashed else (1, 1)
        drawings += [(dots, tone) for tone, dots in _raster(trace.values, scale, room, trace.tone, dash).items()]
    labels = _labels(panel, scale)
    made = [panel.head] if lines > 1 else []
    rows = laid_over(drawings) if drawings else [[]] * high
    for y, parts in enumerate(rows):
        label = labels.get(y, "") if len(labels.get(y, "")) <= margin else ""
        made.append([Part(f"{label:>{margin}} ", "muted"), Part("┤" if label else "│", "edge"), *parts])
    return made[:lines]


def _scale(known: list[float], lines: int) -> Scale:
    """A scale of these values; of one value alone with some room around it."""
    low, high = min(known), max(known)
    around = 0.01 * abs(high) or 1.0
    return scale_of(low, high, lines) if low < high else scale_of(low - around, high + around, lines)


def _labels(panel: Panel, scale: Scale) -> dict[int, str]:
    """By line what stands beside it: the levels that are marked, else round values."""
    marked = [level for level in panel.levels if scale.low <= level <= scale.high]
    return {scale.line(value): label(value, scale) for value in (marked or scale.round_values())}


def label(value: float, scale: Scale) -> str:
    """A value on the axis, as short as its step allows."""
    return figures.number(value, scale.decimals)


def margin_of(panels: Sequence[Panel], heights: Sequence[int]) -> int:
    """Cells the labels of these panels take, each in so many lines with its head."""
    widest = 5
    for panel, lines in zip(panels, heights, strict=True):
        known = [value for trace in panel.traces for value in trace.values if value is not None]
        if known:
            scale = _scale(known, max(1, lines - 1))
            widest = max(widest, *map(len, _labels(panel, scale).values()), 0)
    return widest


def _raster(values: Values, scale: Scale, cells: int, tone: Callable[[float], str], dash: tuple[int, int]) -> dict[str, Dots]:
    """A line through the values over so many cells, 2 x 4 dots each, a drawing for each of its tones."""
    across, most = 2 * cells - 1, 4 * scale.lines - 1
    made: dict[str, Dots] = {}
    before: tuple[int, int] | None = None
    for index, value in enumerate(values):
        if value is None:
            before = None
            continue
        x = round(index * across / max(1, len(values) - 1))
        y = min(max(round((scale.high - value) / (scale.high - scale.low) * most), 0), most)
        name = tone(value)
        dots = made.setdefault(name, [[0] * cells for _ in range(scale.lines)])
        x0, y0 = before or (x, y)
        last = y0
        for at in range(x0, x + 1):
            here = y if x == x0 else round(y0 + (y - y0) * (at - x0) / (x - x0))
            if at % dash[1] < dash[0]:
                for row in range(min(last, here), max(last, here) + 1):
                    dots[row // 4][at // 2] |= _DOTS[at % 2][row % 4]
            last = here
        before = (x, y)
    return made


def times_line(ts_ns: Sequence[int], cells: int, margin: int) -> list[Part]:
    """The times of the first, the middle and the last bar below them."""
    if not ts_ns:
        return []
    days = ts_ns[-1] - ts_ns[0] >= DAY
    left, middle, right = (_time(ts_ns[at], days) for at in (0, len(ts_ns) // 2, -1))
    room = cells - margin - 2
    gap = room - len(left) - len(right)
    if gap < 2:
        return [Part(" " * (margin + 2)), Part(right[:room], "muted")]
    if gap < len(middle) + 6:
        between = " " * gap
    else:
        start = room // 2 - len(middle) // 2 - len(left)
        between = " " * start + middle + " " * (gap - start - len(middle))
    return [Part(" " * (margin + 2)), Part(left + between + right, "muted")]


def _time(ns: int, days: bool) -> str:
    return figures.moment(ns, ns + 2 * DAY)[:11] if days else figures.clock(ns)[:5]
