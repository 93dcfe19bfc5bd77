"""A study as text: the line while it runs, the table of its best, and the words about them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.table import Table

    from core.research.search.findings import Findings
    from core.research.search.progress import Progress
    from core.research.search.ranking import Row
    from core.research.search.validation import Validation

_BAR = 20

#: Heading, unit, and how a figure of a row is written; None is a dash.
_COLUMNS = (
    ("net_pnl", "net P&L", "{:+,.2f}"), ("sharpe", "Sharpe", "{:.2f}"), ("deflated_sharpe", "deflated", "{:.0%}"),
    ("max_drawdown", "drawdown", "{:,.2f}"), ("trades", "trades", "{:,}"), ("win_rate", "wins", "{:.0%}"),
    ("profit_factor", "profit factor", "{:.2f}"), ("plateau", "plateau", "{:.0%}"),
)  # fmt: skip


#: Figures that make room on a narrow terminal, the first one first.
_FIRST_TO_GO = ("profit_factor", "win_rate", "plateau", "max_drawdown", "trades")


def progress_text(progress: Progress, by: str) -> str:
    """`[######··············]  31 %  312/1,000 trials  286/s  2 s left  best sharpe 1.24: fast=5 slow=20`."""
    part = progress.done / progress.total if progress.total else 0.0
    full = int(part * _BAR)
    rate = progress.rate
    text = f"[{'#' * full}{'·' * (_BAR - full)}] {part:4.0%}  {progress.done:,}/{progress.total:,} trials"
    if rate > 0:
        text += f"  {rate:,.0f}/s  {(progress.total - progress.done) / rate:,.0f} s left"
    if progress.failed:
        text += f"  {progress.failed:,} failed"
    if progress.best is not None and progress.best_by is not None:
        other = f" (no {by} yet)" if progress.ranked_by != by else ""
        value = -progress.best if progress.ranked_by.startswith("max_drawdown") else progress.best
        text += f"  best {progress.ranked_by} {value:,.4g}{other}: {params_text(progress.best_by.params)}"
    return text


def params_text(params: dict[str, Any]) -> str:
    """`fast=5 slow=20`."""
    return " ".join(f"{name}={value}" for name, value in params.items())


def print_findings(found: Findings, top: int, file: TextIO) -> None:
    """The table and the words."""
    from rich.console import Console

    from core.research.search.advice import sentences

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    ranking = found.ranking
    console.print(_table(found, top, console.width))
    left = len(ranking.rows) - top
    if left > 0:
        console.print(f"… {left:,} more; --top {len(ranking.rows)} shows all", style="dim")
    console.print()
    for line in sentences(ranking):
        console.print(line)
    for one in found.validations:
        console.print(_validated(one))
    for line in _chances(found):
        console.print(line)
    for line in _paid(found):
        console.print(line)
    console.print(_counted(found), style="dim")
    for strategy, symbol, params, why in ranking.failed[:3]:
        console.print(f"failed: {strategy} on {symbol} with {params_text(params)}: {why}", style="yellow")
    if len(ranking.failed) > 3:
        console.print(f"… and {len(ranking.failed) - 3:,} more that failed", style="yellow")


def _table(found: Findings, top: int, width: int) -> Table:
    """The best rows: what was varied, and the figures that exist, as many as there is room for."""
    from rich.table import Table

    rows = found.ranking.rows
    several = (len({row.strategy for row in rows}) > 1, len({row.symbol for row in rows}) > 1)
    varied = [name for space in found.study.spaces for name, values in space.axes if len(values) > 1]
    names = list(dict.fromkeys(varied)) or ([] if any(several) else sorted({name for row in rows for name in row.params}))
    shown = [column for column in _COLUMNS if any(getattr(row, column[0]) is not None for row in rows)]
    heads = [head for head, wanted in zip(("strategy", "symbol"), several, strict=True) if wanted]
    titles = ["#", *heads, *names, *(title for _, title, _ in shown)]
    one_venue = len({row.symbol.partition(":")[0] for row in rows}) == 1
    lines = [
        [str(place), *_cells(row, several, names, one_venue), *(_figure(getattr(row, key), form) for key, _, form in shown)]
        for place, row in enumerate(rows[:top], 1)
    ]
    left = len(titles) - len(shown)
    for key in _FIRST_TO_GO:
        widths = [max(len(line[k]) for line in [titles, *lines]) for k in range(len(titles))]
        if sum(widths) + 2 * len(widths) <= width:
            break
        place = left + next((k for k, column in enumerate(shown) if column[0] == key), len(titles))
        if place < len(titles):
            del shown[place - left]
            for line in [titles, *lines]:
                del line[place]
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    for k, title in enumerate(titles):
        table.add_column(title, justify="left" if 0 < k <= len(heads) else "right", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    return table


def _validated(one: Validation) -> str:
    """`Out of sample (rolling, 5 folds on binance:BTCUSDT): net P&L +12.30, …`."""
    parts = [f"net P&L {one.test_pnl:+,.2f}", f"{sum(fold.test_pnl < 0 for fold in one.folds)} of {len(one.folds)} folds lost"]
    if one.efficiency is not None:
        parts.append(f"{f'{one.efficiency:.0%}' if one.efficiency > 0 else 'nothing'} left of what it made in training")
    return f"Out of sample ({one.way}, {one.symbol}): {'; '.join(parts)}."


def _chances(found: Findings) -> Iterator[str]:
    """`Drawn again 10,000 times: net P&L -40.10 … +210.00 (5 % … 95 %), …`."""
    chance = found.monte_carlo
    if chance is None:
        return
    if chance.redrawn:
        pnl, fall = chance.redrawn.net_pnl, chance.redrawn.max_drawdown
        yield (
            f"Its periods drawn again {chance.redrawn.paths:,} times: net P&L {pnl.p5:+,.2f} to {pnl.p95:+,.2f}, "
            f"drawdown {fall.p5:,.2f} to {fall.p95:,.2f} (5 % to 95 %)."
        )
    if chance.jittered:
        other = chance.jittered
        yield (
            f"Prices off by {other.price_bps:g} bp and costs times {other.cost[0]:g} to {other.cost[1]:g}, {other.runs} runs: "
            f"net P&L {other.net_pnl.p5:+,.2f} to {other.net_pnl.p95:+,.2f}; {other.losing:.0%} lost."
        )


def _paid(found: Findings) -> Iterator[str]:
    """`Costs of binance:BTCUSDT measured: fee and slippage: 412 fills of one's own, …`."""
    ask = found.study.ask
    if ask.costs is not None:
        for one in found.study.series:
            yield f"Costs of {one.symbol} {': '.join(ask.costs.words(one.symbol, ask.terms))}."


def _cells(row: Row, several: tuple[bool, bool], names: list[str], one_venue: bool) -> list[str]:
    symbol = row.symbol.partition(":")[2] if one_venue else row.symbol
    cells = [text for text, wanted in zip((row.strategy, symbol), several, strict=True) if wanted]
    return cells + [str(row.params.get(name, "-")) for name in names]


def _figure(value: Any, form: str) -> str:
    return "-" if value is None else form.format(value)


def _counted(found: Findings) -> str:
    ranking = found.ranking
    parts = [f"{ranking.trials:,} trials ranked by {ranking.rank_by}"]
    if found.progress.kept:
        parts.append(f"{found.progress.kept:,} of them from an earlier run")
    if ranking.counted > ranking.trials:
        parts.append(f"{ranking.counted:,} ever made on this data")
    if found.refused:
        parts.append(f"{found.refused:,} combinations not allowed by the strategy")
    if ranking.failed:
        parts.append(f"{len(ranking.failed):,} failed")
    return f"{'; '.join(parts)}."


class StudyLine:
    """A line on stderr that says how far a study is; silent where no terminal looks on."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._seen = sys.stderr.isatty()
        self._length = 0
        self._last = 0.0

    def __enter__(self) -> StudyLine:
        return self

    def __exit__(self, *error: object) -> None:
        self._put("")

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._seen and now - self._last >= 0.1:
            self._last = now
            self._put(progress_text(progress, self._by))

    def _put(self, text: str) -> None:
        if self._length or text:
            width = os.get_terminal_size(sys.stderr.fileno()).columns if self._seen else 80
            text = text[: width - 1]
            sys.stderr.write(f"\r{text.ljust(self._length)}" if text else f"\r{' ' * self._length}\r")
            sys.stderr.flush()
        self._length = len(text)
