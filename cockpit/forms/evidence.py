"""Why a trend is told: its figures in words, prices, and the strategies that bet on it; one of these can be backtested from here."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static
from textual.widgets.option_list import Option

from cockpit import figures
from cockpit.analyst_view import Evidence, Suggestion, Trend
from cockpit.forms.dialog import Dialog
from cockpit.panes.indicator_values import params_words
from cockpit.panes.trends import TRENDS
from cockpit.text import clean

#: Cells of the dialog, and those of its frame and its scroll bar; cells a figure takes before its sentence.
WIDEST, AROUND, FIGURE = 130, 6, 60

#: A sentence with less room than this stands below its figure.
LEAST = 40

#: Decimals of a price, by its size.
_DECIMALS = ((1000.0, 2), (1.0, 4), (0.0, 8))


class EvidenceDialog(Dialog[str]):
    """A trend in words; answers the number of the suggestion to run, as text."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "close"),
        Binding("b", "run_it", "backtest"),
        Binding("enter", "run_it", "backtest"),
        Binding("pageup", "read(-1)", priority=True, show=False),  # the list below would take them
        Binding("pagedown", "read(1)", priority=True, show=False),
    ]

    def __init__(self, name: str, interval: str, found: Trend) -> None:
        super().__init__()
        self._title = f"{name} {interval}: {trend_words(found)}"
        self._found = found

    def compose(self) -> ComposeResult:
        fits = self._found.suggestions
        with Vertical(classes="form reading evidence"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(id="text"):
                yield Static(Content("\n").join(evidence_lines(self._found, min(WIDEST, self.app.size.width) - AROUND)), markup=False)
            if fits:
                yield Static("What bets on that", classes="group", markup=False)
                yield OptionList(*(Option(_suggested(one), id=str(k)) for k, one in enumerate(fits)), markup=False, compact=True)
            keys = "b backtests the chosen one · ↑ ↓ choose · PgUp PgDn read · esc closes" if fits else "↑ ↓ scroll · esc closes"
            yield Static(keys, classes="keys", markup=False)

    def on_mount(self) -> None:
        listed = self.query(OptionList)
        (listed.first() if listed else self.query_one("#text")).focus()
        if listed:
            listed.first().highlighted = 0

    def action_read(self, pages: int) -> None:
        text = self.query_one("#text", VerticalScroll)
        text.scroll_relative(y=pages * max(1, text.size.height - 1), animate=False)

    def action_run_it(self) -> None:
        listed = self.query(OptionList)
        if listed and (option := listed.first().highlighted_option) is not None:
            self.dismiss(option.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


def _suggested(one: Suggestion) -> Content:
    params = params_words(one.params)
    return Content.assemble((clean(one.strategy), "bold"), f"{f' {params}' if params else ''}: {clean(one.reason)}")


def trend_words(found: Trend) -> str:
    """`▲ uptrend, 97 % sure`."""
    mark, word, *_ = TRENDS.get(found.trend or "", ("", clean(found.trend or found.status), ""))
    sure = "" if found.confidence is None else f", {100 * min(found.confidence, 0.994):.0f} % sure"
    return f"{mark} {word}{sure}".strip()


def evidence_lines(found: Trend, cells: int) -> list[Content]:
    """Prices, how likely each trend is, the figures with their sentences, what to know about the bars."""
    lines = [Content(text) for text in price_lines(found)]
    if found.likely:
        said = "  ".join(f"{TRENDS.get(name, ('', clean(name)))[1]} {100 * share:.0f} %" for name, share in found.likely.items())
        lines.append(Content(f"{'likely':<10} {said}"))
    lines += [Content("")] if found.evidence else []
    lines += [line for one in found.evidence for line in _evidence(one, cells)]
    lines += [Content(""), Content.styled("◆ is what the trend and its confidence are told by", "$muted")] * bool(found.evidence)
    return [*lines, *(Content.styled(f"! {clean(note)}", "$warn") for note in found.notes)]


def price_lines(found: Trend) -> list[str]:
    """From where to where the price went, and when returns changed for good."""
    lines: list[str] = []
    if found.min is not None and found.max is not None:
        change = "" if found.change_pct is None else f", {figures.signed(found.change_pct)} %"
        lines.append(f"{'price':<10} {price(found.min)} to {price(found.max)}{change} over {figures.many(found.n or 0, 'bar')}")
    if found.from_ns and found.to_ns:
        lines.append(f"{'bars':<10} {figures.moment(found.from_ns, 0)}Z to {figures.moment(found.to_ns, 0)}Z")
    if found.changes_ns is not None:
        when = ", ".join(f"{figures.moment(ns, 0)}Z" for ns in found.changes_ns[-4:])
        lines.append(f"{'changes':<10} {when or 'returns kept their mean and their spread'}")
    return lines


def price(value: float) -> str:
    """A price with the decimals its size asks for."""
    return figures.number(value, next(decimals for least, decimals in _DECIMALS if abs(value) >= least))


def _evidence(one: Evidence, cells: int) -> Iterator[Content]:
    """A figure with its unit, and its sentence beside it, or below where there is no room."""
    value = figures.NONE if one.value is None else f"{one.value:,.4g}"
    mark = ("◆ ", "bold") if one.weighed else ("  ", "")
    name, unit = clean(one.name).replace("_", " "), clean(one.unit)
    told: list[tuple[str, str]] = [mark, (f"{name:<22} ", "$muted"), (f"{value:>9} ", ""), (f"{unit:<24} ", "$muted")]
    beside = cells - FIGURE >= LEAST
    first, *more = textwrap.wrap(clean(one.sentence), max(LEAST, cells - FIGURE if beside else cells - 6)) or [""]
    if beside:
        yield Content.assemble(*told, first)
    else:
        yield Content.assemble(*told)
        more = [first, *more]
    yield from (Content(" " * (FIGURE if beside else 6) + line) for line in more)
