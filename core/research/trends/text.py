"""Trends as text for a person, in 80 columns: the matrix of symbols and intervals, and the evidence below it where it is one symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from core.analytics.trend import JUDGED, Evidence, evidence_of
from core.clock import iso
from core.research.report_figures import money, number, ratio
from core.research.source_name import clean
from core.research.trends.document import command
from core.research.trends.matrix import Ask, Cell, Fit
from core.types import SECOND, interval_text

if TYPE_CHECKING:
    from rich.console import Console

#: Told apart without colour, and by everyone with it.
LOOKS = {"uptrend": ("▲", "blue"), "downtrend": ("▼", "dark_orange"), "sideways": ("=", ""), "volatile": ("≈", "yellow")}

#: Widest name of a symbol, and a cell of the matrix with the space before it.
_NAME, _CELL = 26, 18


def print_trends(ask: Ask, cells: Sequence[Cell], file: TextIO, width: int | None = None, color: bool | None = None) -> None:
    """The matrix; of one symbol the evidence and suggestions too. In colour where the terminal can and NO_COLOR is unset."""
    from rich.console import Console

    console = Console(
        file=file, width=width, force_terminal=color, no_color=None if color is None else not color,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    console.print(f"Trends, of the newest {ask.most:,} bars of each interval; behind a word how sure it is", style="bold")
    _matrix(console, cells)
    _unjudged(console, cells)
    symbols = {cell.symbol for cell in cells}
    for cell in cells:
        if cell.reading.status == JUDGED and (len(symbols) == 1 or ask.backtests is not None):
            _details(console, cell, whole=len(symbols) == 1)
    for note in dict.fromkeys(f"{cell.symbol}: {note}" for cell in cells for note in cell.notes):
        console.print(f" note: {clean(note)}", style="yellow")
    if len(symbols) > 1 and any(cell.reading.status == JUDGED for cell in cells):
        console.print(" --symbols NAME tells the evidence of one", style="dim")


def _matrix(console: Console, cells: Sequence[Cell]) -> None:
    """In as many tables as it takes for every word to be read."""
    intervals = sorted({cell.interval_ns for cell in cells if cell.interval_ns is not None})
    at = {(cell.symbol, cell.interval_ns): cell for cell in cells}
    symbols = list(dict.fromkeys(cell.symbol for cell in cells))
    names = min(max(map(len, symbols)), _NAME) + 3
    beside = max((console.width - names) // _CELL, 1)
    for first in range(0, len(intervals), beside):
        _block(console, symbols, intervals[first : first + beside], at)


def _block(console: Console, symbols: Sequence[str], intervals: Sequence[int], at: Mapping[tuple[str, int | None], Cell]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("  symbol", overflow="ellipsis", no_wrap=True, max_width=_NAME + 2)
    for interval in intervals:
        table.add_column(interval_text(interval), no_wrap=True)
    for symbol in symbols:
        row = [at.get((symbol, interval)) for interval in intervals]
        table.add_row(Text(f"  {clean(symbol)}"), *(Text(*_word(cell)) for cell in row))
    console.print(table)


def _word(cell: Cell | None) -> tuple[str, str]:
    """What stands in the matrix, and its style."""
    if cell is None:
        return "-", "dim"
    verdict = cell.reading.verdict
    if verdict is None:
        return cell.reading.status.partition(":")[0], "dim"
    glyph, style = LOOKS[verdict.trend]
    return f"{glyph} {verdict.trend} {100 * verdict.confidence:.0f} %", style


def _unjudged(console: Console, cells: Sequence[Cell]) -> None:
    intervals: dict[tuple[str, str], list[str]] = {}
    for cell in (cell for cell in cells if cell.reading.status != JUDGED):
        told = intervals.setdefault((cell.symbol, cell.reading.status), [])
        told += [] if cell.interval_ns is None else [interval_text(cell.interval_ns)]
    for (symbol, status), at in intervals.items():
        console.print(f" {clean(' '.join([symbol, ', '.join(at)]).strip())}: {clean(status)}", style="yellow", soft_wrap=True)


def _details(console: Console, cell: Cell, whole: bool) -> None:
    found, verdict = cell.reading.measures, cell.reading.verdict
    assert found is not None
    assert verdict is not None
    console.print()
    head = f"{clean(cell.symbol)} {interval_text(found.interval_ns)}: {verdict.trend}, {100 * verdict.confidence:.0f} % sure"
    console.print(head, style="bold")
    if whole:
        span = f"{_moment(found.first_ns)} to {_moment(found.last_ns)}"
        missing = f", {found.missing:,} without a trade" if found.missing else ""
        prices = f"from {found.low:,.8g} to {found.high:,.8g} in quote currency, {100 * found.change:+.2f} % in all"
        console.print(f"  {found.bars:,} bars{missing}, {span}; {prices}", overflow="fold")
        _evidence(console, evidence_of(found))
    _fits(console, cell.fits)


def _evidence(console: Console, rows: Sequence[Evidence]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for one in rows:
        value = "-" if one.value is None else f"{one.value:,.4g}"
        table.add_row(Text(f"{'* ' if one.weighed else '  '}{one.name}"), Text(value), Text(f"{one.unit}: {clean(one.sentence)}"))
    console.print(table)
    console.print("  * what the word and its confidence are made of; the rest is told beside it", style="dim")


def _fits(console: Console, fits: Sequence[Fit]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not fits:
        return
    console.print("Strategies that bet on that", style="bold")
    table = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for fit in fits:
        table.add_row(Text(f"  {fit.suggestion.strategy}"), Text(f"{clean(fit.suggestion.reason)}"))
        if fit.failed:
            table.add_row("", Text(f"its backtest failed: {clean(fit.failed)}", style="yellow"))
        elif fit.figures is not None:
            table.add_row("", Text(_made(fit.figures)))
    console.print(table)
    if any(fit.figures is not None for fit in fits):
        console.print("  The market was looked at first: what they made of it proves nothing about", style="dim")
        console.print("  what they will make.", style="dim")
    else:
        console.print(f"  {clean(command(fits[0]))}", style="dim", soft_wrap=True)


def _made(figures: dict[str, object]) -> str:
    def of(name: str) -> float | None:
        value = figures.get(name)
        return float(value) if isinstance(value, int | float) else None

    return (
        f"net P&L {money(of('net_pnl'), sign=True)} quote currency, {int(of('trades') or 0):,} trades, won {ratio(of('win_rate'))}, "
        f"Sharpe {number(of('sharpe'))}, max drawdown {number(of('max_drawdown_pct'), ' %')}"
    )


def _moment(ns: int) -> str:
    return f"{iso(ns - ns % SECOND)[:16]}Z".replace("T", " ")
