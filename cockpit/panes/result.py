"""Pane 2 of the lab: what a run came to, every figure with its unit, and what it rests on; or two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import figures
from cockpit.panes.beside import compared
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.panes.metric import METRICS, Metric, metric_text
from cockpit.panes.prices import bare, sign_tone
from cockpit.panes.runs import progress_words, seconds
from cockpit.report import (
    Report,
    costs_words,
    over_words,
    params_words,
    quote_of,
    span_words,
    stamp,
    terms_words,
    title_words,
    width_words,
)
from cockpit.study import wrapped
from cockpit.text import clean
from core.codes import DAY, MINUTE
from core.commands import Backtest, Optimize
from core.view import RunRow

#: Closing fills whose spread says something, and the cells it is drawn in.
FEW, BINS = 8, 14

#: A run of a shorter span has no Sharpe (`core.research.metrics`).
SHARPE_NS = 2 * DAY - 60 * MINUTE

_EMPTY = (
    "Profit, drawdown, Sharpe, trades and costs of a run.",
    "b makes one.  c marks one, to see others beside it.",
    "r registers what was tested, on the same terms.",
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
    lines = [metric_line(metric, row, money) for metric in METRICS]
    net = found.get("net_pnl")
    if net is not None:
        lines[0].append(Part(f", {figures.signed(100 * net / capital)} % of capital", "muted"))
    lines += outcome_lines(report, money) + leg_lines(report, money)
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


def leg_lines(report: Report | None, money: str) -> list[list[Part]]:
    """Of a run of several legs what each came to, of the round trips that are kept; nothing of a run of one."""
    if report is None or report.detail is None or not report.detail.trips or len(legs := report.symbol.split(",")) < 2:
        return []
    trips, lines = report.detail.trips, []
    newest = len(trips) < report.detail.trips_total
    for leg in legs:
        made = [float(trip["net"]) for trip in trips if trip["symbol"] == leg]
        count = f"{len(made):,} of the newest {len(trips):,} trades" if newest else figures.many(len(made), "trade")
        words = f"  {money}, {count}"
        lines.append(fact(bare(leg), Part(f"{figures.signed(sum(made)):>14}", sign_tone(sum(made))), Part(words, "muted")))
    return [[], *lines]


def state_lines(row: RunRow, now_ns: int) -> list[list[Part]]:
    """Of a run without figures: how far it is, or why there are none."""
    if row.state == "queued":
        return [[Part("waits for its turn; x takes it out", "muted")]]
    if row.state == "running":
        return [[Part(progress_words(row, now_ns), "up")], [Part("x cancels it", "muted")]]
    return [[Part(f"{clean(row.state)}: {clean(row.line)}", "bad" if row.state == "failed" else "muted")]]


def order_lines(row: RunRow, cells: int, values: Mapping[str, Any] | None = None) -> list[list[Part]]:
    """What was asked for, on the terms that were paid."""
    order, paid = row.order, row.costs
    lines = [fact("source", Part(over_words(order))), *span_lines(order)]
    lines += _wrapped("params", params_words(dict(values or order.params)) or "defaults", cells)
    lines += _wrapped("terms", terms_words(order.terms if paid is None else paid.over(order.terms)), cells)
    costs = costs_words(order) if paid is None else f"{paid.state}: {paid.words}"
    return lines + (wrapped(costs, cells, label="costs") if costs else [])


def span_lines(order: Backtest | Optimize) -> list[list[Part]]:
    """From when to when it was to be, and whether gaps are allowed; what was not said is not there."""
    lines = []
    for name, when in (("not before", order.from_ns), ("not after", order.to_ns)):
        lines += [fact(name, Part(f"{stamp(when)} UTC"))] if when is not None else []
    return lines + ([fact("gaps", Part("allowed"))] if order.allow_gaps else [])


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


def metric_line(metric: Metric, row: RunRow, money: str) -> list[Part]:
    """`net P&L  +1,234.50  USDT`."""
    value = (row.figures or {}).get(metric.key)
    tone = sign_tone(value or 0.0) if metric.signed else "plain"
    unit = no_sharpe(row) if metric.key == "sharpe" and value is None else beside(metric, row.figures or {})
    unit = money if unit == "money" else unit
    return fact(metric.name, Part(f"{metric_text(metric, value):>14}", tone), Part(f"  {unit}", "muted"))


def beside(metric: Metric, found: Mapping[str, Any]) -> str:
    """What is said with a figure: its unit, or its kin where there are any."""
    kin = {name: found.get(name) for name in ("sortino", "calmar", "expectancy", "exposure")}
    if metric.key == "sharpe" and kin["sortino"] is not None and kin["calmar"] is not None:
        return f"Sortino {figures.number(kin['sortino'])}, Calmar {figures.number(kin['calmar'])}"
    if metric.key == "trades" and kin["expectancy"] is not None:
        return f"round trips, {figures.signed(kin['expectancy'])} each"
    if metric.key == "fills" and kin["exposure"] is not None:
        return f"executions, {100 * kin['exposure']:.0f} % exposure"
    return metric.unit


def no_sharpe(row: RunRow) -> str:
    """Why a run has none."""
    if row.last_ns and row.last_ns - row.first_ns < SHARPE_NS:
        return f"needs two days, not {span_words(row.first_ns, row.last_ns)}"
    return "no day differed from another" if row.last_ns else "needs two days or more"
