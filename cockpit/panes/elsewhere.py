"""What other symbols, other stretches of time and chance say of the best of a study, as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import figures
from cockpit.panes.facts import fact
from cockpit.panes.line import Part
from cockpit.panes.prices import bare, sign_tone
from cockpit.report import quote_of, span_words, stamp
from cockpit.study import StudyReport, ranked_name, ranked_text, short_params, symbol_names, wrapped
from cockpit.text import clean, fit, width
from core.study_view import StudyRow

#: Cells from which on a fold's line says how long it lasted.
WITH_LENGTH = 72

#: Cells of a symbol's name at most.
_NAME = 16


def symbol_lines(report: StudyReport, row: StudyRow) -> list[list[Part]]:
    """Of several symbols: what did best on each, what came of it there, and what the choice was worth out of sample."""
    if len(report.symbols) < 2:
        return []
    first = {str(one.get("symbol")): one for one in reversed(report.ranking)}
    judged = {str(one["symbol"]): one["test_pnl"] for one in report.document.get("validations", [])}
    by, called = report.rank_by, symbol_names(report.symbols)
    heads = ["", *([ranked_name(by)] if by != "net_pnl" else []), "net P&L", *(["tested"] if judged else []), "best there"]
    table = [[Part(head, "muted") for head in heads]]
    for symbol, best in ((symbol, first[symbol]) for symbol in report.symbols):
        which = f"{clean(str(best.get('strategy')))}: " if len(row.order.strategies) > 1 else ""
        table.append(
            [
                Part(fit(clean(called[symbol]), _NAME).rstrip(), "strong"),
                *([Part(ranked_text(by, best.get(by)))] if by != "net_pnl" else []),
                _money(best.get("net_pnl")),
                *([_money(judged.get(symbol))] if judged else []),
                Part(which + short_params(best.get("params", {}), report.varied), "muted"),
            ]
        )
    return [[], *_set(table)]


def _money(value: float | None) -> Part:
    return Part(figures.signed(value), sign_tone(value or 0.0))


def _set(table: list[list[Part]]) -> list[list[Part]]:
    """A table as lines: figures to the right, the first and the last column to the left."""
    lines = []
    wide = [max(width(parts[at].text) for parts in table) for at in range(len(table[0]) - 1)]
    for name, *values, last in table:
        figured = [Part(f" {one.text:>{cells}}", one.tone) for one, cells in zip(values, wide[1:], strict=True)]
        lines.append([Part(fit(name.text, wide[0]), name.tone), *figured, Part(f"  {last.text}", last.tone)])
    return lines


def chance_lines(found: Mapping[str, Any], row: StudyRow, cells: int) -> list[list[Part]]:
    """What else might have come of the best: nine times of ten it is between these."""
    lines: list[list[Part]] = []
    drawn, other = found.get("redrawn"), found.get("jittered")
    if drawn:
        said = f"{drawn['paths']:,} paths of its periods, {100 * drawn['ruin']:.1f} % lost half the capital"
        lines += [[], *_between("drawn again", drawn, said, row, cells)]
    if other:
        low, high = other["cost"]
        market = f"prices off by {other['price_bps']:g} bp, costs times {low:g} to {high:g}"
        said = f"{other['runs']:,} runs, {market}: {100 * other['losing']:.0f} % lost"
        lines += [[], *_between("other costs", other, said, row, cells)]
    return lines


def _between(name: str, bands: Mapping[str, Any], said: str, row: StudyRow, cells: int) -> list[list[Part]]:
    (low, *_, high), (least, *_, most) = bands["net_pnl"], bands["max_drawdown"]  # percentiles, from 5 to 95
    return [
        fact(name, Part(f"{figures.signed(low)} to {figures.signed(high)} {quote_of(row.symbol)}", sign_tone(low))),
        fact("", Part(f"drawdown {figures.number(least)} to {figures.number(most)}, 9 times of 10", "muted")),
        *wrapped(said, cells, "muted", " "),
    ]


def fold_lines(one: dict[str, Any], row: StudyRow, varied: list[str], cells: int) -> list[list[Part]]:
    """A validation: what it came to, then a line a fold; how long each lasted where there is room."""
    way, money = str(one["way"]), quote_of(str(one["symbol"]))
    about = f"{way}, {bare(str(one['symbol']))}" if row.series > 1 else way
    folds, kept = one["folds"], one.get("efficiency")
    lost = sum(fold["test_pnl"] < 0 for fold in folds)
    said = f", {100 * kept:.0f} % of training kept" if kept is not None else ""
    head = [
        Part(f"out of sample ({clean(about)}) ", "muted"),
        Part(f"{figures.signed(one['test_pnl'])} {money}", sign_tone(one["test_pnl"])),
    ]
    lines = [head, [Part(f"{lost} of {len(folds)} folds lost{said}", "warn" if 2 * lost > len(folds) else "muted")]]
    long = cells >= WITH_LENGTH
    titles = f"{'tested from UTC':<16} {'for':>7} " if long else f"{'tested from UTC':<16} "
    lines.append([Part(f"{titles}{'trained':>10} {'tested':>10}  chosen", "muted")])
    return [*lines, *(_fold(fold, varied, long) for fold in folds)]


def _fold(fold: dict[str, Any], varied: list[str], long: bool) -> list[Part]:
    start, end = fold["test"]
    length = f"{span_words(start, end) if start else '':>7} " if long else ""
    return [
        Part(f"{stamp(start)[:16] if start else 'the beginning':<16} {length}"),
        Part(f"{figures.signed(fold['train_pnl']):>10} ", "muted"),
        Part(f"{figures.signed(fold['test_pnl']):>10}", sign_tone(fold["test_pnl"])),
        Part(f"  {short_params(fold['params'], varied)}", "muted"),
    ]
