"""What a run came to beyond the figures of its pane, as lines to be read: of its trades, of its time, and a year's worth."""

from __future__ import annotations

from cockpit import figures
from cockpit.figures import uptime
from cockpit.panes.facts import fact
from cockpit.panes.line import Part
from cockpit.report import Report
from cockpit.text import clean


def more_lines(report: Report | None, money: str) -> list[list[Part]]:
    """Every one there is; nothing of a run of before they were made. `money` is the quote currency."""
    if report is None or "expectancy" not in report.figures:
        return []
    return [[], *_traded(report, money), [], *_over_time(report, money)]


def _traded(report: Report, money: str) -> list[list[Part]]:
    get = report.figures.get
    if not get("trades"):
        return []
    before = f"a trade after fees, {figures.signed(get('expectancy_gross'))} before"
    rows = [
        _line("expectancy", figures.signed(get("expectancy")), f"{money} {before}"),
        _line("average win", figures.magnitude(get("average_win")), f"{money}, largest {figures.magnitude(get('largest_win'))}"),
        _line("average loss", figures.magnitude(get("average_loss")), f"{money}, largest {figures.magnitude(get('largest_loss'))}"),
        _line("payoff", figures.number(get("payoff_ratio")), "average win / average loss"),
        _line("in a row", str(get("consecutive_wins")), f"won, {get('consecutive_losses')} lost"),
        _line("fee share", _percent(get("fees_share")), "% of what trades won before fees"),
        _line("held", _lasting(get("average_holding_s")), f"on average, at most {_lasting(get('longest_holding_s'))}"),
        _line(
            "MAE",
            figures.signed(get("average_mae_pct")),
            f"% of the entry, worst on the way; MFE {figures.signed(get('average_mfe_pct'))} %",
        ),
    ]
    exits = (report.detail.tables if report.detail is not None else {}).get("by_exit", [])
    for row in exits if len(exits) > 1 else []:
        words = f"{money} from {figures.many(row['trades'], 'trade')} that ended so"
        rows.append(_line(str(row["reason"]).replace("_", " "), figures.signed(row["net"]), words))
    return rows + _regimes(report, money)


def _regimes(report: Report, money: str) -> list[list[Part]]:
    """What trades came to by the market they were entered in."""
    tables = report.detail.tables if report.detail is not None else {}
    found: list[list[Part]] = []
    for title, short in (("volatility", "vol."), ("trend", "trend")):
        for row in tables.get(f"by_{title}", []):
            words = f"{money} from {figures.many(row['trades'], 'trade')}, {figures.number(100 * row['win_rate'], 1)} % won, entered in it"
            found.append(_line(f"{short} {clean(str(row[title]))}", figures.signed(row["net"]), words))
    return [[], *found] if found else []


def _over_time(report: Report, money: str) -> list[list[Part]]:
    get = report.figures.get
    days = f"{money}, best day {figures.signed(get('best_day'))}, worst {figures.signed(get('worst_day'))}"
    recovered = {True: "until equity was back", False: "not recovered by the end", None: "there was none"}[get("max_drawdown_recovered")]
    return [
        _line("in market", _percent(get("exposure")), "% of the time"),
        _line("turnover", figures.number(get("turnover")), "times the capital a day"),
        _line("a day", figures.signed(get("net_pnl_day")), days),
        _line("drawdown", _lasting(get("max_drawdown_s")), f"the deepest one, {recovered}"),
        _line("under water", _percent(get("underwater")), f"% of the time, at most {_lasting(get('longest_underwater_s'))} on end"),
        _line("CAGR", _percent(get("cagr")), "% a year, compounded"),
        _line("volatility", _percent(get("volatility")), "% a year, of daily changes"),
        _line("Sortino", figures.number(get("sortino")), "as Sharpe, over the days that lost"),
        _line("Calmar", figures.number(get("calmar")), "CAGR / max drawdown"),
    ]


def _line(name: str, text: str, words: str) -> list[Part]:
    return fact(name, Part(f"{text:>14}"), Part(f"  {words}", "muted"))


def _percent(share: float | None) -> str:
    return figures.NONE if share is None else figures.number(100 * share, 1)


def _lasting(seconds: float | None) -> str:
    return figures.NONE if seconds is None else uptime(seconds)
