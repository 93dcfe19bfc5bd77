"""Pane 3 of the lab: the equity of a run over time with its drawdown under it, or two runs in one frame of axes."""

from __future__ import annotations

from cockpit import figures
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.plots import Dots, at_times, deepest, hung_dots, laid_over, line_dots, since_axis, time_axis
from cockpit.report import Report, span_words, stamp
from cockpit.text import clean, width

#: Curves farther apart than so many times what they cover would be dots at the edges of a common axis.
FARTHEST = 4

_EMPTY = ("The equity of the run under the cursor is drawn here, its drawdown below.",)


class EquityPane(Facts, can_focus=True):
    """Curves of what was made."""

    NUMBER = 3
    TITLE = "Equity"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._drawn: tuple[object, ...] = ()

    def paint(self, report: Report | None, marked: Report | None, word: str = "") -> None:
        """Show a run's curve, with `marked` both; `word` says why there is none."""
        drawn = (report and report.id, marked and marked.id, word, self.room)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        head = f"{self.NUMBER} {self.TITLE}"
        shown = [one for one in (marked, report) if one is not None and one.detail is not None and len(one.detail.equity) > 1]
        if not shown or report not in shown:
            self.show_lines(head, [[Part(line, "muted")] for line in ((word,) if word else _EMPTY)])
        elif len(shown) == 2:
            note = f"A {clean(shown[0].id)} dim, B {clean(shown[1].id)} bright"
            self.show_lines(head, pair_lines(shown[0], shown[1], *self.room), (note, "muted"))
        else:
            last = shown[0].detail.equity[-1][1] if shown[0].detail else 0.0
            legs = "all legs together, " if "," in shown[0].symbol else ""
            note = f"{legs}ends at {figures.number(last)}"
            self.show_lines(f"{head}: {clean(shown[0].id)}", curve_lines(shown, *self.room), (note, "muted"))

    def repaint(self) -> None:
        self._drawn = ()
        super().repaint()


def pair_lines(a: Report, b: Report, cells: int, lines: int) -> list[list[Part]]:
    """Two curves in one frame, each at its own time; where these lie too far apart for that, both from their beginnings. What each
    covers is said where it is not the same."""
    spans = [span_of(report) for report in (a, b)]
    (first, last), (start, end) = spans
    if max(last, end) - min(first, start) == last - first == end - start:
        return curve_lines([a, b], cells, lines)
    apart = max(last, end) - min(first, start) > FARTHEST * (last - first + end - start)
    said = [[Part("each from its own beginning, not at the same time", "warn")]] if apart else []
    for name, (since, until) in zip("AB", spans, strict=True):
        said.append([Part(f"{name} ", "key"), Part(f"{stamp(since)} to {stamp(until)} UTC, {span_words(since, until)}", "muted")])
    return [*curve_lines([a, b], cells, max(4, lines - len(said)), from_start=apart), *said]


def span_of(report: Report) -> tuple[int, int]:
    """From when to when there is a curve, ns."""
    curve = report.detail.equity if report.detail is not None else []
    return (report.first_ns or curve[0][0], curve[-1][0]) if curve else (0, 0)


def curve_lines(reports: list[Report], cells: int, lines: int, from_start: bool = False) -> list[list[Part]]:
    """Equity over about two thirds of the lines, drawdown over one, times below; of two runs the second is the bright one.
    `from_start`: time counts from where each run began."""
    curves = [report.detail.equity for report in reports if report.detail is not None]
    if from_start:
        begun = [span_of(report)[0] for report in reports]
        curves = [[(ts - since, *rest) for ts, *rest in curve] for curve, since in zip(curves, begun, strict=True)]  # type: ignore[misc]
    capitals = [report.order.terms.capital for report in reports]
    first, last = min(curve[0][0] for curve in curves), max(curve[-1][0] for curve in curves)
    levels = [equity for curve in curves for _, equity, _ in curve] + capitals
    low, high, worst = min(levels), max(levels), max(fall for curve in curves for _, _, fall in curve)
    margin = max(width(text) for text in (figures.number(low), figures.number(high), figures.signed(-worst)))
    room = max(4, cells - margin - 3)
    below = max(2, (lines - 2) // 3) if lines >= 8 else 0
    above = max(2, lines - 1 - below - (1 if below else 0))
    drawings: list[tuple[Dots, str]] = []
    for index, (curve, capital) in enumerate(zip(curves, capitals, strict=True)):
        tone = ("up" if curve[-1][1] >= capital else "down") if len(curves) == 1 else ("muted", "strong")[index]
        values = at_times([(ts, equity) for ts, equity, _ in curve], first, last, 2 * room)
        drawings.append((line_dots(values, low, high, above), tone))
    flat = high == low  # drawn in the middle
    labels = {(above - 1) // 2: figures.number(high)} if flat else {0: figures.number(high), above - 1: figures.number(low)}
    made = [_line(margin, labels.get(index, ""), parts) for index, parts in enumerate(laid_over(drawings))]
    if below:
        made.append([Part(f"{'drawdown':>{margin}} ", "muted")])
        made += _falls(curves, worst, first, last, margin, room, below)
    times = since_axis(last, room) if from_start else time_axis(first, last, room)
    return [*made, [Part(" " * (margin + 3)), Part(times, "muted")]]


def _falls(
    curves: list[list[tuple[int, float, float]]], worst: float, first: int, last: int, margin: int, room: int, lines: int
) -> list[list[Part]]:
    """The drawdown of the last curve as a filled shape, that of another as a line in front of it."""
    labels = {0: "0", lines - 1: figures.signed(-worst)} if worst else {0: "none"}
    falls = [[(ts, fall) for ts, _, fall in curve] for curve in curves]
    dots = [(hung_dots(deepest(falls[-1], first, last, 2 * room), worst, lines), "down")]
    if len(falls) == 2 and worst:
        outline = [None if value is None else -value for value in deepest(falls[0], first, last, 2 * room)]
        dots.append((line_dots(outline, -worst, 0.0, lines), "muted"))
    return [_line(margin, labels.get(index, ""), parts) for index, parts in enumerate(laid_over(dots))]


def _line(margin: int, label: str, parts: list[Part]) -> list[Part]:
    return [Part(f"{label:>{margin}} ", "muted"), Part("┤ " if label else "│ ", "edge"), *parts]
