"""Pane 5 of the analyst: what the variants of indicators are now, for the symbol the cursor is on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import figures
from cockpit.analyst_view import Value, Values
from cockpit.inquiry import Question
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import bare
from cockpit.text import clean

#: Columns before the value, which a note takes the place of where there is none.
_VALUE = 1


class IndicatorsPane(LiveGrid):
    """One line a variant.

    Attributes:
        symbol: whose values are shown.
    """

    NUMBER = 5
    TITLE = "Indicators"
    COLUMNS = (
        Column("name", least=10, most=24),
        Column("value", "point", least=9, flash="cell", means="now; held until the indicator gives the next one"),
        Column("", least=1, most=1, means="! outside of what its type allows, such as a risk above 100; v rests on the venue's bars"),
        Column("unit", least=4, most=12, drop=3),
        Column("indicator", least=9, most=20, drop=1),
        Column("type", least=7, most=12, drop=4, means="what it is for: general, risk, price, stop_loss, take_profit, close_order"),
        Column("age", "right", least=6, means="since the value is what it is"),
        Column("parameters", least=10, most=60, drop=5, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.question: Question[Values] = Question("indicator_values", Values)
        self.symbol = ""

    def follow(self, symbol: str) -> None:
        """Show this symbol's."""
        self.symbol = symbol
        self.question.about({"symbol": symbol} if symbol else None)

    @property
    def chosen(self) -> Value | None:
        """The variant under the cursor."""
        values = self.question.found.values if self.question.found is not None else []
        return next((value for value in values if key_of(value) == self.listing.cursor_key), None)

    def paint(self, now: float, now_ns: int) -> None:
        """Show the newest answer as of `now_ns`, the engine's time."""
        found, standing, name = self.question.found, self.question.standing, bare(self.symbol)
        if found is None or not found.values:
            empty = self.question.empty if name else ("Its symbol is that of the cursor in 1: there is none yet.",)
            self.show([], now, note=standing[0] or name, empty=empty or why_empty(name))
            return
        rows = [value_row(value, now_ns) for value in found.values]
        told = None
        if standing[1] == "warn" and not self.framed:  # there is no edge to say it in
            told = Row("standing", tuple(Cell("") for _ in self.COLUMNS), span=(0, Cell(*standing)))
        self.show(rows, now, rest=told, note=standing[0] or f"{name}, {figures.many(len(rows), 'variant')}")


def why_empty(name: str) -> tuple[str, ...]:
    """How to get one."""
    return (
        f"No indicator follows {name} yet.",
        "A variant is an indicator with parameters and a name: n makes one.",
        "From a shell: cockpit indicators add fast_rsi rsi --param period=7",
        "docs/indicators.md lists them.",
    )


def key_of(value: Value) -> str:
    """What tells a line from others."""
    return f"{value.variant} {value.line or ''}"


def value_row(value: Value, now_ns: int) -> Row:
    """One line."""
    age = (now_ns - value.ts_ns) / 1e9 if value.ts_ns else None
    note = clean(value.note or "")
    line = f".{clean(value.line)}" if value.line and value.line not in (value.indicator, "value") else ""
    rests = value.value is not None and value.venue_bars > 0
    cells = (
        Cell(f"{clean(value.variant)}{line}", "strong"),
        Cell(number(value.value), "warn" if value.flagged else "plain", value.value),
        Cell("!" if value.flagged else "v" if rests else "", "muted" if rests and not value.flagged else "warn"),
        Cell(clean(value.unit or ""), "muted"),
        Cell(clean(value.indicator), "plain"),
        Cell(clean(value.type), "muted"),
        Cell(figures.age(max(0.0, age) if age is not None else None), "muted", age),
        Cell(note if note and value.value is not None else params_words(value.params), "warn" if note else "muted"),
    )
    unknown = value.value is None and note
    return Row(key_of(value), cells, span=(_VALUE, Cell(note, "muted")) if unknown else None)


def number(value: float | None) -> str:
    """Six digits or so, grouped: what lies beyond them says nothing."""
    if value is None:
        return figures.NONE
    size = abs(value)
    decimals = 2 if size >= 1000 or size == 0 else 3 if size >= 1 else 6
    return figures.number(value, decimals) if size < 1e9 else figures.short(value)


def params_words(params: Mapping[str, Any]) -> str:
    """`period=7 interval=1m`."""
    return " ".join(f"{clean(str(name))}={clean(str(value))}" for name, value in params.items())


def resting_words(venue_bars: int) -> str:
    """What of it is not made of our prints."""
    return f"{figures.many(venue_bars, 'bar')} of the venue's own, from before our prints" if venue_bars else ""


def value_lines(value: Value, symbol: str) -> list[str]:
    """All of a variant, to read."""
    facts = (
        ("value", f"{number(value.value)} {clean(value.unit or '')}".rstrip()),
        ("flagged", "outside of what its type allows" if value.flagged else ""),
        ("note", clean(value.note or "")),
        ("rests on", resting_words(value.venue_bars) if value.value is not None else ""),
        ("symbol", bare(symbol)),
        ("indicator", f"{clean(value.indicator)}{f', its line {clean(value.line)}' if value.line else ''}"),
        ("type", clean(value.type)),
        ("parameters", params_words(value.params) or "its defaults"),
        ("since", f"{figures.moment(value.ts_ns, 0)}Z" if value.ts_ns else ""),
    )
    return [f"  {name:<12} {text}" for name, text in facts if text]
