"""Two runs side by side: their figures, by how much the second differs where that says something, and over what each was made.

Amounts made in spans of different length, or in different currencies, are not compared: `≠` stands where the difference would.
"""

from __future__ import annotations

from typing import NamedTuple

from cockpit import figures
from cockpit.panes.facts import fact
from cockpit.panes.line import Part
from cockpit.panes.metric import METRICS, Metric, lined_up, metric_text, per_day
from cockpit.panes.prices import sign_tone
from cockpit.report import over_words, params_words, quote_of, span_words, stamp, terms_words
from cockpit.text import clean, width
from core.view import RunRow

#: Spans are called alike where neither their lengths nor their beginnings differ by more than this share of the longer.
ALIKE = 0.05

_UNLIKE = "≠"
_LABEL = 13
_SEEN = Metric("ticks", "over", 0, "ticks or bars", total=True)
_SHARE = Metric("", "of capital", 2, "%", signed=True, total=True)
_DAILY = Metric("", "a day", 2, "money", signed=True)


class Likeness(NamedTuple):
    """How far two runs can be compared: whether their spans are equally long, lie at the same time, and are in one currency."""

    long: bool
    when: bool
    money: bool

    def compares(self, metric: Metric) -> bool:
        """Whether the difference of this figure says something of the strategies."""
        return (self.long or not metric.total) and (self.money or metric.unit != "money")


class Line(NamedTuple):
    """One figure of both runs, as it is written; `less` is by how much the second differs, None where that says nothing."""

    metric: Metric
    one: str
    two: str
    text: str
    less: float | None


def likeness(a: RunRow, b: RunRow) -> Likeness:
    """What is alike; a span that nobody knows is like every other."""
    long = when = True
    if a.last_ns and b.last_ns:
        one, two = a.last_ns - a.first_ns, b.last_ns - b.first_ns
        bound = ALIKE * max(one, two)
        long, when = abs(one - two) <= bound, abs(a.first_ns - b.first_ns) <= bound
    return Likeness(long, when, quote_of(a.symbol) == quote_of(b.symbol))


def compared(a: RunRow, b: RunRow) -> list[list[Part]]:
    """Both runs' figures, and by how much the second differs."""
    alike = likeness(a, b)
    table = _table(a, b, alike)
    heads = f"A {clean(a.id)}", f"B {clean(b.id)}", "B less A"
    cells = max(11, *(width(text) + 2 for text in (*heads, *(text for row in table for text in (row.one, row.two, row.text)))))
    lines = [[Part(" " * _LABEL + "".join(head.rjust(cells) for head in heads), "muted")]]
    money = quote_of(b.symbol or a.symbol) if alike.money else "quote currency"
    for row in table:
        tone = "warn" if row.text == _UNLIKE else sign_tone(row.less or 0.0) if row.metric.signed else "plain"
        values = Part(row.one.rjust(cells), "muted"), Part(row.two.rjust(cells), "strong"), Part(row.text.rjust(cells), tone)
        lines.append(fact(row.metric.name, *values, Part(f"  {money if row.metric.unit == 'money' else row.metric.short_unit}", "muted")))
    return [*lines, [], *_caveats(a, b, alike), *_identities(a, b), [Part("c on the marked run unmarks it", "muted")]]


def _table(a: RunRow, b: RunRow, alike: Likeness) -> list[Line]:
    found, others = a.figures or {}, b.figures or {}
    net, *rest = [_line(metric, found.get(metric.key), others.get(metric.key), alike) for metric in (*METRICS, _SEEN)]
    share = _line(_SHARE, _of_capital(a), _of_capital(b), alike)
    daily = [] if alike.long else [_line(_DAILY, per_day(a), per_day(b), alike)]
    return [net, share, *daily, *rest]


def _line(metric: Metric, one: float | None, two: float | None, alike: Likeness) -> Line:
    less = None if one is None or two is None or not alike.compares(metric) else two - one
    if one is not None and two is not None and less is None:
        text = _UNLIKE
    else:
        text = figures.NONE if less is None else lined_up(figures.signed(less * metric.scale, metric.decimals), metric.decimals)
    return Line(metric, metric_text(metric, one), metric_text(metric, two), text, less)


def _of_capital(row: RunRow) -> float | None:
    net = (row.figures or {}).get("net_pnl")
    return None if net is None else 100 * float(net) / row.order.terms.capital


def _caveats(a: RunRow, b: RunRow, alike: Likeness) -> list[list[Part]]:
    """What must be known before anything is made of the differences."""
    found = []
    if not alike.long:
        spans = " and ".join(span_words(row.first_ns, row.last_ns) for row in (a, b))
        found.append(f"{_UNLIKE} totals over {spans} are not compared")
    elif not alike.when:
        found.append("A and B are of different times")
    if a.symbol and b.symbol and a.symbol != b.symbol:
        found.append("A and B are of different symbols" + ("" if alike.money else f" and {_UNLIKE} currencies"))
    return [[Part(text, "warn")] for text in found]


def _identities(a: RunRow, b: RunRow) -> list[list[Part]]:
    """Of each what it is: strategy, source, span, parameters; terms where they differ."""
    lines = []
    for name, row in (("A", a), ("B", b)):
        state = "" if row.state == "done" else f" ({clean(row.state)})"
        lines.append([Part(f"{name} ", "key"), Part(f"{clean(row.order.strategy)} over {over_words(row.order)}{state}")])
        if row.last_ns:
            lines.append([Part(f"  {stamp(row.first_ns)} to {stamp(row.last_ns)} UTC", "muted")])
        lines.append([Part(f"  {params_words(row.order.params) or 'default parameters'}", "muted")])
    if _terms(a) != _terms(b):
        lines += [[Part(f"{name} ", "key"), Part(_terms(row), "muted")] for name, row in (("A", a), ("B", b))]
    return lines


def _terms(row: RunRow) -> str:
    """Those that were paid, and that they were measured."""
    terms = row.order.terms
    return terms_words(terms) if row.costs is None else f"{terms_words(row.costs.over(terms))}, costs {clean(row.costs.state)}"
