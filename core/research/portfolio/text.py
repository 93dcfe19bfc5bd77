"""A portfolio as aligned text for a person, in 80 columns: the figures together, the legs, how they go together, and what to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from core.research.portfolio.document import by_symbol
from core.research.portfolio.figures import portfolio_figures
from core.research.portfolio.run import Portfolio
from core.research.portfolio.together import contributions, correlation, netting
from core.research.portfolio.warnings import ALIKE, moment, warnings_of
from core.research.report_figures import NONE, count, money, number, ratio
from core.research.source_name import clean
from core.types import DAY, interval_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Widest name of a leg, and a column of the matrix with the space before it.
NAME, COLUMN = 22, 7

#: What a quantity is, behind it.
_UNITS = {"units": "", "quote": " quote", "equity_pct": " % of its equity", "vol_pct": " % volatility a year"}

#: Blue and orange are told apart by everyone.
TOGETHER, AGAINST = "dark_orange", "blue"


def print_portfolio(done: Portfolio, file: TextIO, width: int | None = None, color: bool | None = None) -> None:
    """The report, coloured where the terminal can and NO_COLOR is not set."""
    from rich.console import Console

    console = Console(
        file=file, width=width, force_terminal=color, no_color=None if color is None else not color,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    figures = portfolio_figures(done)
    _block(console, "Portfolio", _rows(["", "", ""], _together(done, figures), (True, False, True)))
    _block(console, "Legs", _legs(done))
    if len(done.runs) > 1:
        for table in _matrix(done, max(1, (console.width - NAME - 4) // COLUMN)):
            _block(console, "Correlation of what they make in a period", table)
    _block(console, "Exposure, quote currency", _exposure(done))
    _block(console, "Sizes", _rows(["", "", ""], _sizes(done), (True, False, True)))
    _block(console, "Assumptions", _sentences(assumptions(done, figures), " "))
    found = warnings_of(done)
    if found:
        console.print("Warnings", style="bold")
        console.print(_sentences(found, "!"), style="yellow")


def _block(console: Console, title: str, table: Table) -> None:
    console.print(title, style="bold")
    console.print(table)


def _together(done: Portfolio, figures: dict[str, Any]) -> list[list[str]]:
    quote = "quote currency"
    net = figures["net_pnl"]
    percent = f", {100 * net / done.ask.capital:+.2f} % of capital" if net is not None else ""
    when = moment(figures["leverage_max_ns"])
    return [
        ["net P&L", money(net, sign=True), f"{quote}{percent}"],
        ["fees", money(figures["fees"]), f"{quote}, funding included" if "funding" in figures else quote],
        ["trades", count(figures["trades"]), f"closed round trips, of {count(figures['fills'])} fills"],
        ["win rate", ratio(figures["win_rate"]), "of trades, after fees"],
        ["growth a year", ratio(figures["cagr"], sign=True), "compounded"],
        ["Sharpe", number(figures["sharpe"]), "daily UTC equity changes over capital, times √365"],
        ["Sortino", number(figures["sortino"]), "the same over losing days"],
        ["max drawdown", money(figures["max_drawdown"]), f"{quote}, at marks {interval_text(done.marks.step_ns)} apart"],
        ["max drawdown", number(figures["max_drawdown_pct"], " %"), "of the peak it fell from"],
        ["exposure", ratio(figures["exposure"]), "of the time any leg held something"],
        ["turnover", number(figures["turnover"]), "times the capital a day"],
        ["gross / equity", number(figures["leverage_max"]), f"at most, at {when}"],
        ["diversification", number(figures["diversification_ratio"]), "Σ deviations of legs / deviation of all; 1: none"],
    ]


def _legs(done: Portfolio) -> Table:
    parts = contributions(done.marks.changes, [float(run.result.figures["net_pnl"] or 0.0) for run in done.runs])
    rows = [
        [run.leg.name, money(run.result.figures["net_pnl"], sign=True), ratio(part.of_pnl), ratio(part.of_variance),
         number(run.result.figures["sharpe"]), money(run.result.figures["max_drawdown"]), count(run.result.figures["trades"])]
        for run, part in zip(done.runs, parts, strict=True)
    ]  # fmt: skip
    rows += [[name, "failed", *[NONE] * 5] for name in done.failed]
    return _rows(["leg", "net P&L", "of P&L", "of risk", "Sharpe", "drawdown", "trades"], rows)


def _matrix(done: Portfolio, most: int) -> Iterator[Table]:
    """The matrix below its diagonal, in tables of so many columns at most."""
    from rich.text import Text

    matrix = correlation(done.marks.changes, done.marks.covered)
    for start in range(0, len(matrix), most):
        numbers = range(start, min(start + most, len(matrix)))
        rows: list[list[Any]] = [
            [f"{k + 1} {done.runs[k].leg.name}", *(Text(_r(row[j]), _tone(row[j], k == j)) if j <= k else "" for j in numbers)]
            for k, row in enumerate(matrix)
            if k >= start
        ]
        yield _rows(["", *(str(j + 1) for j in numbers)], rows)


def _r(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _tone(value: float | None, own: bool) -> str:
    if value is None or own:
        return "dim"
    strong = "bold " if abs(value) >= ALIKE else ""
    return f"{strong}{TOGETHER if value > 0 else AGAINST}" if abs(value) >= 0.3 else ""


def _exposure(done: Portfolio) -> Table:
    shared = netting(done.marks.value, done.symbols)
    rows = []
    for symbol, (gross, net) in by_symbol(done).items():
        cancels = ratio(shared[symbol].cancels) if symbol in shared else NONE
        extremes = [f"{float(np.abs(gross).mean()):,.0f}", f"{float(gross.max()):,.0f}", f"{float(net.mean()):,.0f}"]
        rows.append([symbol, *extremes, f"{float(net.min()):,.0f}", f"{float(net.max()):,.0f}", cancels])
    return _rows(["symbol", "gross", "most", "net", "least", "most", "cancels"], rows)


def _sizes(done: Portfolio) -> list[list[str]]:
    return [
        [
            run.leg.name,
            f"{run.qty:.10g}{_UNITS[run.leg.terms.size]}",
            f"{run.rows.symbol}{'' if run.weight is None else f', {100 * run.weight:.1f} % of the capital'}",
        ]
        for run in done.runs
    ]


def assumptions(done: Portfolio, figures: dict[str, Any]) -> list[str]:
    """What the figures rest on, beyond what a backtest's do."""
    marks = done.marks
    days = "UTC days" if bool((marks.edges[:-1] % DAY == 0).all()) and len(marks.edges) > 1 else "equal stretches of time"
    lines = [
        f"{moment(marks.first_ns)} to {moment(marks.last_ns + 1)}; {len(marks.edges):,} periods ({days})",
        f"capital {money(done.ask.capital)}, one account; every leg has a book of its own",
        f"put together at {len(marks.times):,} marks; between two of them a fall may have been deeper",
    ]
    if done.measured_ns is not None:
        start, end = map(moment, done.measured_ns)
        lines.append(f"weighed by risk measured from {start} to {end}, traded after it only")
    for run in done.runs:
        if run.leg.costs is not None:
            lines.append(f"costs of {run.leg.name} {': '.join(run.leg.costs.words(run.rows.symbol, run.leg.terms))}")
    return lines


def _sentences(lines: Sequence[str], sign: str) -> Table:
    """Sentences that are folded behind their sign."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(Text(f" {sign}"), Text(clean(line)))
    return table


def _rows(heads: Sequence[str], rows: Sequence[Sequence[Any]], left: Sequence[bool] = ()) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", show_header=any(heads))
    for number_, head in enumerate(heads):
        first = number_ == 0
        to_left = left[number_] if left else first
        free = bool(left) and number_ == len(heads) - 1
        table.add_column(
            f"  {head}" if first else head, justify="left" if to_left else "right", no_wrap=not free,
            overflow="fold" if free else "ellipsis", max_width=NAME + 2 if first else None, min_width=4 if not first else None,
        )  # fmt: skip
    for row in rows:
        cells = [cell if isinstance(cell, Text) else Text(clean(str(cell))) for cell in row]
        table.add_row(Text.assemble("  ", cells[0]), *cells[1:])
    return table
