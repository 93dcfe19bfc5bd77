"""A strategy's conditions, and what it saw at a moment, as lines of (text, tone): for the pane, for what is read, for the command line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TypeAlias

from cockpit import figures
from cockpit.text import clean, fit, width
from core.desk_view import ConditionRow, ConditionsView, WhyView

Cells: TypeAlias = list[tuple[str, str]]

#: Verdict -> its mark, told apart without colour, and its tone.
MARKS = {"TRUE": ("✓", "up"), "FALSE": ("✗", "down"), "PENDING": ("…", "muted"), "ERROR": ("!", "warn")}

#: Cells of a number, of a verdict with its mark, and of a condition at most.
NUMBER, VERDICT, WIDEST = 14, 9, 56


def phase_cells(view: ConditionsView, now_ns: int = 0) -> Cells:
    """The phase, since when, and why it was entered."""
    since = f" since {figures.moment(view.since_ns, now_ns or view.at_ns)}Z" if view.since_ns else ""
    lasted = f" ({figures.age((view.at_ns - view.since_ns) / 1e9)})" if view.since_ns and view.at_ns >= view.since_ns else ""
    why = f": {clean(view.reason)}" if view.reason and view.reason != view.phase else ""
    return [(clean(view.phase), "strong"), (f"{why}{since}{lasted}", "plain")]


def tree_lines(view: ConditionsView, cells: int) -> list[Cells]:
    """The groups, and in each its conditions: mark, condition, value, bound, verdict; what is nested is set in."""
    names = [_name(row) for row in view.rows]
    room = max(12, min(max((width(name) for name in names), default=0), cells - 2 * NUMBER - VERDICT - 4, WIDEST))
    return [_line(row, name, room) for row, name in zip(view.rows, names, strict=True)]


def heads(view: ConditionsView, cells: int) -> Cells:
    """What stands over the columns of `tree_lines`."""
    names = [_name(row) for row in view.rows]
    room = max(12, min(max((width(name) for name in names), default=0), cells - 2 * NUMBER - VERDICT - 4, WIDEST))
    return [(f"{'':<{room}}  {'value':>{NUMBER}}{'bound':>{NUMBER}}  verdict", "muted")]


def _name(row: ConditionRow) -> str:
    mark, text = MARKS.get(row.verdict, ("?", ""))[0], clean(row.text)
    if row.depth == 0:
        return f"{clean(row.group)}: {text} of"
    return f"{'   ' * row.depth}{mark} {text if ' ' in text else f'{text} of'}"


def _line(row: ConditionRow, name: str, room: int) -> Cells:
    mark, tone = MARKS.get(row.verdict, ("?", "plain"))
    tree = " " not in row.text
    numbers = f"{'' if tree else _number(row.value):>{NUMBER}}{'' if tree else _number(row.bound):>{NUMBER}}"
    parts = [(fit(name, room) if width(name) > room else name + " " * (room - width(name)), "strong" if row.depth == 0 else "plain")]
    return [*parts, (f"  {numbers}  ", "plain"), (f"{mark} {clean(row.verdict)}", tone)]


def _number(value: float | None) -> str:
    return figures.NONE if value is None else f"{value:,.8g}"


def why_lines(view: WhyView, cells: int) -> Iterator[Cells]:
    """What a strategy saw and did at a moment, its answer first."""
    symbols = ", ".join(clean(symbol).rpartition(":")[2] for symbol in view.symbols)
    yield [(f"{clean(view.strategy_id)} on {symbols} at {_time(view.at_ns)}", "strong")]
    yield from ([(line, "plain")] for line in textwrap.wrap(clean(view.answer), max(20, cells)))
    yield []
    entry = f" at {view.entry:,.8g}" if view.entry is not None else ""
    target = figures.NONE if view.target is None else f"{view.target:g}"
    yield from _listed("position", [f"{figures.quantity(view.position, sign=True)}{entry}"], cells)
    yield from _listed("target", [f"{target}{_signal_words(view)}"], cells)
    yield from _listed("in force", [_held(row.kind, row.text, row.since_ns, row.by) for row in view.held], cells)
    if view.conditions is not None:
        yield []
        yield phase_cells(view.conditions)
        yield heads(view.conditions, cells)
        yield from tree_lines(view.conditions, cells)
    if view.near:
        yield []
        yield [("the ten minutes before", "muted")]
        yield from ([(f"  {_time(row.ts_ns)}  {row.kind:<9}  {clean(row.text)}", "plain")] for row in view.near)
    yield []
    basis = f"{view.basis}; the last print it had seen is of {_time(view.seen_ns)}" if view.seen_ns else view.basis
    yield from ([(line, "muted")] for line in textwrap.wrap(clean(basis), max(20, cells)))


def _listed(head: str, rows: list[str], cells: int) -> Iterator[Cells]:
    for at, row in enumerate(rows):
        for line in textwrap.wrap(row, max(20, cells - 10)):
            yield [(f"{head if at == 0 else '':<10}{line}", "plain")]
            head = ""


def _held(kind: str, text: str, since_ns: int, by: str) -> str:
    since = f" since {_time(since_ns)}" if since_ns else ""
    return f"{kind}{since}{f' by {by}' if by else ''}: {clean(text)}"


def _signal_words(view: WhyView) -> str:
    signal = view.signal
    if signal is None:
        return ""
    sure = f", {100 * signal.confidence:.0f} % sure" if signal.confidence is not None else ""
    why = f": {clean(signal.reason)}" if signal.reason else ""
    return f" signalled {_time(signal.ts_ns)} at {signal.price:,.8g}{sure}{why}"


def _time(ns: int) -> str:
    """`2026-11-20T21:30:05Z`."""
    return f"{figures.date(ns)}T{figures.clock(ns)}Z"
