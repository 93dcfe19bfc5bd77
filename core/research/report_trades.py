"""What a run came to beyond its account, as lines of its report: of its trades, of its time, and a year's worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.research.report_figures import NONE, count, money, number, ratio

#: (name, figure, remark).
Line = tuple[str, str, str]


def trade_lines(figures: Mapping[str, Any]) -> list[Line]:
    """Of closed round trips."""
    get = figures.get
    return [
        ("expectancy", money(get("expectancy"), sign=True), f"a trade, after fees; {money(get('expectancy_gross'), sign=True)} before"),
        ("average win", money(get("average_win")), f"largest {money(get('largest_win'))}"),
        ("average loss", money(get("average_loss")), f"largest {money(get('largest_loss'))}"),
        ("payoff ratio", number(get("payoff_ratio")), "average win / average loss"),
        ("won in a row", count(get("consecutive_wins", 0)), f"lost in a row {count(get('consecutive_losses', 0))}"),
        ("fee share", ratio(get("fees_share")), "of what trades won before fees"),
        ("holding time", lasting(get("average_holding_s")), f"on average, at most {lasting(get('longest_holding_s'))}"),
        *_excursions(figures),
    ]


def _excursions(figures: Mapping[str, Any]) -> list[Line]:
    worst, best = figures.get("average_mae_pct"), figures.get("average_mfe_pct")
    if worst is None or best is None:
        return []
    return [
        ("MAE", number(worst, " %", sign=True), "worst on the way, average of trades, of the entry"),
        ("MFE", number(best, " %", sign=True), "best on the way"),
    ]


def time_lines(figures: Mapping[str, Any]) -> list[Line]:
    """Of the span, its days, and a year's worth of them."""
    get = figures.get
    lines = [
        ("exposure", ratio(get("exposure")), "of the time in the market"),
        ("turnover", number(get("turnover")), "times the capital a day"),
        ("net P&L a day", money(get("net_pnl_day"), sign=True), f"best {_signed(get('best_day'))}, worst {_signed(get('worst_day'))}"),
        ("drawdown time", lasting(get("max_drawdown_s")), _recovery(figures)),
        ("under water", ratio(get("underwater")), f"of the time, at most {lasting(get('longest_underwater_s'))} on end"),
    ]
    if get("volatility") is None:
        return lines
    return [
        *lines,
        ("CAGR", ratio(get("cagr"), sign=True), "growth a year, compounded"),
        ("volatility", ratio(get("volatility")), "of daily changes, times √365"),
        ("Sortino", number(get("sortino")), "as Sharpe, over the days that lost"),
        ("Calmar", number(get("calmar")), "CAGR / max drawdown"),
    ]


def _signed(value: float | None) -> str:
    return money(value, sign=True)


def _recovery(figures: Mapping[str, Any]) -> str:
    recovered = figures.get("max_drawdown_recovered")
    if recovered is None:
        return ""
    return f"of the deepest one, {'until equity was back' if recovered else 'not recovered by the end'}"


def exit_lines(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """What ended the trips; nothing where all ended alike."""
    if len(rows) < 2:
        return []
    return [(row["reason"].replace("_", " "), money(row["net"], sign=True), _won(row)) for row in rows]


def _won(row: Mapping[str, Any]) -> str:
    return f"of {count(row['trades'])} trade{'s' * (row['trades'] != 1)}, {ratio(row['win_rate'])} won"


def regime_lines(title: str, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """What the trips came to that were entered in each regime; `title` is the table's."""
    return [(row[title], money(row["net"], sign=True), _won(row)) for row in rows]


def lasting(seconds: float | None) -> str:
    """`2d 04h`, `3h 07m`, `4m 09s`, `1.25 s`."""
    if seconds is None:
        return NONE
    whole = int(seconds)
    for unit, name, part, lesser in ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= unit:
            return f"{whole // unit}{name} {whole % unit // part:02d}{lesser}"
    return f"{seconds:.2f} s"
