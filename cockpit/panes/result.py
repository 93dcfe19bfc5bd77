"""Pane 2 of the lab: what a run came to, every figure with its unit, and what it rests on; or two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cockpit import figures
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.panes.prices import bare, sign_tone
from cockpit.panes.runs import progress_words, seconds
from cockpit.report import Report, params_words, quote_of, source_words, stamp, terms_words, title_words, width_words
from cockpit.text import clean, width
from core.view import RunRow


class Figure(NamedTuple):
    """One metric: its key, its name, its decimals, and its unit; `money` stands for the quote currency."""

    key: str
    name: str
    decimals: int
    unit: str
    signed: bool = False
    scale: float = 1.0


FIGURES = (
    Figure("net_pnl", "net P&L", 2, "money", signed=True),
    Figure("max_drawdown", "max drawdown", 2, "money"),
    Figure("max_drawdown_pct", "", 2, "% of the peak before it"),
    Figure("sharpe", "Sharpe", 2, "daily, a year's worth"),
    Figure("profit_factor", "profit factor", 2, "won / lost"),
    Figure("trades", "trades", 0, "round trips"),
    Figure("win_rate", "won", 1, "% of trades, after fees", scale=100.0),
    Figure("fills", "fills", 0, "executions"),
    Figure("gross_profit", "won trades", 2, "money"),
    Figure("gross_loss", "lost trades", 2, "money"),
    Figure("fees", "fees", 2, "money"),
)

#: Closing fills whose spread says something, and the cells it is drawn in.
FEW, BINS = 8, 14

_SEEN = Figure("ticks", "over", 0, "ticks or bars")

_EMPTY = (
    "What a run came to stands here: profit, drawdown, Sharpe, trades, costs.",
    "c marks a run, and compares it with the one under the cursor.",
    "r registers what was tested, with the same parameters and terms.",
)


class ResultPane(Facts, can_focus=True):
    """The run under the cursor, or that beside the marked one."""

    NUMBER = 2
    TITLE = "Result"

    def paint(self, row: RunRow | None, report: Report | None, marked: RunRow | None, now_ns: int) -> None:
        """Show a run; with `marked` both."""
        head = f"{self.NUMBER} {self.TITLE}"
        if row is None:
            self.show_lines(head, [[Part(line, "muted")] for line in _EMPTY])
        elif marked is not None and marked.id != row.id:
            self.show_lines(f"{head}: A {clean(marked.id)} beside B {clean(row.id)}", compared(marked, row))
        else:
            self.show_lines(f"{head}: {title_words(row)}", result_lines(row, report, now_ns, self.room[0]))


def result_lines(row: RunRow, report: Report | None, now_ns: int, cells: int = 80) -> list[list[Part]]:
    """The figures, then what they rest on; of a run without any, why."""
    if row.state != "done" or row.figures is None:
        return [*state_lines(row, now_ns), [], *order_lines(row, cells)]
    found, money = row.figures, quote_of(row.symbol)
    capital = row.order.terms.capital
    lines = [[*figure_line(figure, found, money)] for figure in FIGURES]
    net = found.get("net_pnl")
    if net is not None:
        lines[0].append(Part(f", {figures.signed(100 * net / capital)} % of capital", "muted"))
    lines += outcome_lines(report, money)
    lines.append([])
    if report is not None and report.first_ns:
        rows = f"{width_words(report.interval_ns)} bars" if report.kind == "bars" else "ticks"
        lines += [
            fact("over", Part(f"{found['ticks']:,} {rows} of {bare(row.symbol)}, {clean(report.form)}")),
            fact("from", Part(f"{stamp(report.first_ns)} UTC")),
            fact("to", Part(f"{stamp(report.last_ns)} UTC")),
        ]
    lines += [*order_lines(row, cells, report.values if report else None), fact("took", Part(seconds(row)))]
    if report is not None:
        lines += [[Part(f"note: {clean(note)}", "warn")] for note in report.notes]
        if report.detail is None:
            lines.append([Part("its curve and trades are no longer on disk", "warn")])
    return lines


def outcome_lines(report: Report | None, money: str) -> list[list[Part]]:
    """How the results of the closing fills that are kept spread, from the worst to the best; nothing of a few."""
    closed = [float(fill["realised"]) for fill in report.detail.fills if fill["realised"]] if report and report.detail else []
    low, high = min(closed, default=0.0), max(closed, default=0.0)
    if len(closed) < FEW or not low < high:
        return []
    counts = [0.0] * BINS
    for value in closed:
        counts[min(BINS - 1, int(BINS * (value - low) / (high - low)))] += 1
    ends = f"  {figures.signed(low)} to {figures.signed(high)} {money} before fees"
    return [fact("each close", Part(figures.spark(counts, BINS)), Part(ends, "muted"))]


def state_lines(row: RunRow, now_ns: int) -> list[list[Part]]:
    """Of a run without figures: how far it is, or why there are none."""
    if row.state == "queued":
        return [[Part("waits for its turn; x takes it out", "muted")]]
    if row.state == "running":
        return [[Part(progress_words(row, now_ns), "up")], [Part("x cancels it", "muted")]]
    return [[Part(f"{clean(row.state)}: {clean(row.line)}", "bad" if row.state == "failed" else "muted")]]


def order_lines(row: RunRow, cells: int, values: Mapping[str, Any] | None = None) -> list[list[Part]]:
    """What was asked for."""
    order = row.order
    lines = [fact("source", Part(source_words(order.source)))]
    for name, when in (("not before", order.from_ns), ("not after", order.to_ns)):
        lines += [fact(name, Part(f"{stamp(when)} UTC"))] if when is not None else []
    lines += _wrapped("params", params_words(dict(values or order.params)) or "defaults", cells)
    return lines + _wrapped("terms", terms_words(order.terms), cells)


def _wrapped(label: str, text: str, cells: int) -> list[list[Part]]:
    """A fact over as many lines as it takes; broken at its commas."""
    room, lines = max(20, cells - 13), [""]
    for word in text.split(", "):
        joined = f"{lines[-1]}, {word}" if lines[-1] else word
        if len(joined) > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = joined
    return [fact(label if not index else "", Part(line)) for index, line in enumerate(lines)]


def figure_line(figure: Figure, found: Mapping[str, Any], money: str) -> list[Part]:
    """`net P&L  +1,234.50  USDT`."""
    value = found.get(figure.key)
    tone = sign_tone(value or 0.0) if figure.signed else "plain"
    unit = money if figure.unit == "money" else figure.unit
    return fact(figure.name, Part(f"{_text(figure, value):>14}", tone), Part(f"  {unit}", "muted"))


def compared(a: RunRow, b: RunRow) -> list[list[Part]]:
    """Both runs' figures, and by how much the second differs."""
    money = quote_of(b.symbol or a.symbol)
    rows = []
    for figure in (*FIGURES, _SEEN):
        one, two = ((row.figures or {}).get(figure.key) for row in (a, b))
        less = None if one is None or two is None else two - one
        text = figures.NONE if less is None else figures.signed(less * figure.scale, figure.decimals)
        rows.append((figure, _text(figure, one), _text(figure, two), text, less))
    heads = f"A {clean(a.id)}", f"B {clean(b.id)}", "B less A"
    cells = max(11, *(width(text) + 2 for text in (*heads, *(text for row in rows for text in row[1:4]))))
    lines = [[Part(" " * 13 + "".join(head.rjust(cells) for head in heads), "muted")]]
    for figure, one, two, text, less in rows:
        unit = money if figure.unit == "money" else figure.unit.partition(",")[0].partition(" of ")[0]
        tone = sign_tone(less or 0.0) if figure.signed else "plain"
        values = Part(one.rjust(cells), "muted"), Part(two.rjust(cells), "strong"), Part(text.rjust(cells), tone)
        lines.append(fact(figure.name, *values, Part(f"  {unit}", "muted")))
    lines.append([])
    for name, row in (("A", a), ("B", b)):
        state = "" if row.state == "done" else f" ({clean(row.state)})"
        lines.append([Part(f"{name} ", "key"), Part(f"{clean(row.order.strategy)} over {source_words(row.order.source)}{state}")])
        lines.append([Part(f"  {params_words(row.order.params) or 'default parameters'}", "muted")])
    if terms_words(a.order.terms) != terms_words(b.order.terms):
        lines += [[Part(f"{name} ", "key"), Part(terms_words(row.order.terms), "muted")] for name, row in (("A", a), ("B", b))]
    return [*lines, [Part("c on the marked run unmarks it", "muted")]]


def _text(figure: Figure, value: float | None) -> str:
    if value is None:
        return figures.NONE
    scaled = value * figure.scale
    return figures.signed(scaled, figure.decimals) if figure.signed else figures.number(scaled, figure.decimals)
