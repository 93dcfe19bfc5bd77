"""Pane 2 of the analyst: two markets beside each other: prices, spread with its bands, z-score, and what the figures say."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from cockpit import figures
from cockpit.analyst_view import PairAnswer, Series
from cockpit.inquiry import Question
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.panes.pair_plot import CROWD, Panel, Trace, draw_panel, flat, margin_of, times_line
from cockpit.panes.pair_text import FAR, METHODS, figure_rows, short_figures, verdict_lines, z_tone, z_words
from cockpit.panes.prices import bare

INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")
WINDOWS = (20, 30, 60, 120, 250)

#: From so many cells on the figures stand beside the curves, in so many.
BESIDE, SIDE = 116, 62

#: What is asked where there is no pair.
_EMPTY = ("Two symbols beside each other: put the cursor on a pair in 3 or 4, or press / to choose.",)


class Spec(NamedTuple):
    """What a pair is looked at by."""

    a: str = ""
    b: str = ""
    interval: str = "1m"
    window: int = 60
    method: str = "ols"

    @property
    def name(self) -> str:
        """`BTCUSDT / ETHUSDT`; '' there is none."""
        return f"{bare(self.a)} / {bare(self.b)}" if self.a and self.b else ""


class PairPane(Facts, can_focus=True):
    """One pair.

    Attributes:
        spec: which, and by which bars, window and method.
    """

    NUMBER = 2
    TITLE = "Pair"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.question: Question[PairAnswer] = Question("pair", PairAnswer)
        self.spec = Spec()
        self._drawn: tuple[object, ...] = ()

    def choose(self, **changes: Any) -> None:
        """Look at another pair, or otherwise at this one."""
        self.spec = spec = self.spec._replace(**changes)
        self.question.about(spec._asdict() if spec.name else None)

    def step_interval(self, steps: int) -> None:
        """The next longer or shorter interval."""
        self.choose(interval=_next(INTERVALS, self.spec.interval, steps))

    def step_window(self) -> None:
        """The next longer window, after the longest the shortest."""
        self.choose(window=next((window for window in WINDOWS if window > self.spec.window), WINDOWS[0]))

    def step_method(self) -> None:
        """The next way to get a hedge ratio."""
        self.choose(method=_next(tuple(METHODS), self.spec.method, 1))

    def paint(self) -> None:
        """Show the newest answer."""
        found, note = self.question.found, self.question.standing
        drawn = (found, self.spec, note, self.room)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        spec = self.spec
        head = f"{self.NUMBER} {self.TITLE}" + (f" {spec.name} {spec.interval}" if spec.name else "")
        by = f"window {spec.window}, {METHODS.get(spec.method, spec.method)}"
        cells, lines = self.room
        named = [Part(f"{spec.name} {spec.interval}", "strong"), Part(f"  {by}", "muted"), *_beside(note)]
        top = [] if self.framed or not spec.name else [named]
        if not spec.name or found is None or (not found.verdicts and found.series is None):
            words = self.question.empty if spec.name else _EMPTY
            self.show_lines(head, [*top, *([Part(line, "muted")] for line in words)], note)
            return
        made = pair_picture(found, spec, cells, lines - len(top))
        self.show_lines(head, [*top, *made], note if note[0] else (by, "muted"))

    def repaint(self) -> None:
        self._drawn = ()
        super().repaint()


def _next(all_: tuple[str, ...], one: str, steps: int) -> str:
    return all_[(all_.index(one) + steps) % len(all_)] if one in all_ else all_[0]


def _beside(note: tuple[str, str]) -> list[Part]:
    return [Part(f"  {note[0]}", note[1])] if note[0] else []


def pair_picture(found: PairAnswer, spec: Spec, cells: int, lines: int) -> list[list[Part]]:
    """Curves, and figures beside or below them, in so many cells and lines."""
    if cells >= BESIDE:
        left = _curves(found, spec, cells - SIDE - 2, lines)
        right = _column(found, spec, SIDE)
        wide = [sum(len(part.text) for part in line) for line in left]
        rows = max(len(left), min(len(right), lines))
        pads = [" " * (cells - SIDE - (wide[y] if y < len(left) else 0)) for y in range(rows)]
        return [[*(left[y] if y < len(left) else []), Part(pads[y]), *(right[y] if y < len(right) else [])] for y in range(rows)]
    verdicts = verdict_lines(found, cells)
    below = min(1 + len(verdicts), max(2, lines // 3 if lines >= 24 else lines // 4))
    return [*_curves(found, spec, cells, lines - below), short_figures(found, spec.method, cells), *verdicts[: below - 1]]


def _column(found: PairAnswer, spec: Spec, cells: int) -> list[list[Part]]:
    """The figures under each other, then the sentences."""
    rows = [
        [Part(f"{name:<24}", "muted"), Part(f"{value:>10}  "), Part(meaning if len(meaning) <= cells - 36 else "", "faint")]
        for name, value, meaning in figure_rows(found, spec.method, spec.window)
    ]
    return [*rows, [], *verdict_lines(found, cells, wrapped=True)]


def _curves(found: PairAnswer, spec: Spec, cells: int, lines: int) -> list[list[Part]]:
    series = found.series
    if series is None or not series.ts_ns:
        return [[Part("No bars of both legs yet.", "muted")]]
    series = newest(series, CROWD * 2 * (cells - 8))
    panels = panels_of(found, series, spec)
    panels = panels[2 if lines < 6 else 1 if lines < 10 else 0 :]
    each, more = divmod(lines - 1, len(panels))
    heights = [each + (k < more) for k in range(len(panels))]
    margin = margin_of(panels, heights)
    made = [line for panel, high in zip(panels, heights, strict=True) for line in draw_panel(panel, cells, high, margin)]
    return [*made[: lines - 1], times_line(series.ts_ns, cells, margin)]


def panels_of(found: PairAnswer, series: Series, spec: Spec) -> list[Panel]:
    """Prices from 100 on; the spread, its mean and two deviations around it; the z-score with ±2."""
    a, b = normal(series.a), normal(series.b)
    price_head = [
        Part("prices  ", "muted"), Part(f"━ {bare(spec.a)} {_last(a)}", "strong"), Part(f"   ╍ {bare(spec.b)} {_last(b)}", "plain"),
        Part("   the first bar is 100", "faint"),
    ]  # fmt: skip
    low, high = _last(series.lower, 4), _last(series.upper, 4)
    spread_head = [Part("log spread  ", "muted"), Part(_last(series.spread, 4), "strong")]
    if series.mean and series.mean[-1] is not None:
        spread_head += [Part(f"   mean {_last(series.mean, 4)}", "muted"), Part(f"   ±2 deviations {low} to {high}", "faint")]
    z = found.zscore
    z_head = [Part("z-score ", "muted"), Part(f"{figures.signed(z)}", z_tone(z) if z_tone(z) != "plain" else "strong"),
              Part(f"   {z_words(found)}", z_tone(z))]  # fmt: skip
    bands = [Trace(series.upper, flat("faint")), Trace(series.lower, flat("faint"))]
    return [
        Panel(price_head, [Trace(b, flat("muted"), dashed=True), Trace(a, flat("strong"))]),
        Panel(spread_head, [*bands, Trace(series.mean, flat("muted"), dashed=True), Trace(series.spread, flat("strong"))]),
        Panel(z_head, [Trace(series.zscore, z_tone)], (-FAR, 0.0, FAR)),
    ]


def newest(series: Series, count: int) -> Series:
    """Its newest bars, at most so many."""
    return Series(**{name: values[-count:] for name, values in msgspec.structs.asdict(series).items()})


def normal(values: list[float | None]) -> list[float | None]:
    """The values with the first of them as 100."""
    first = next((value for value in values if value), None)
    return [None if value is None or first is None else 100.0 * value / first for value in values]


def _last(values: list[float | None], decimals: int = 2) -> str:
    return figures.number(values[-1] if values else None, decimals)
