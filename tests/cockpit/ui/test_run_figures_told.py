"""What is read of a run in full, and what its trades pane says of the round trips."""

from __future__ import annotations

from typing import Any

from fake_lab import report, run_row

from cockpit.figures import NONE
from cockpit.panes.metric import METRICS
from cockpit.panes.result import metric_line
from cockpit.panes.run_figures import more_lines
from cockpit.panes.run_fill import fill_lines
from cockpit.panes.run_trades import fill_rows
from cockpit.report import read_report


def lines_of(found: dict[str, Any]) -> list[str]:
    return ["".join(part.text for part in line) for line in more_lines(read_report(found), "USDT")]


def test_every_figure_there_is_can_be_read_with_its_unit() -> None:
    lines = lines_of(report(run_row()))
    for line in (
        "expectancy            +3.96  USDT a trade after fees, +4.72 before",
        "held                12m 34s  on average, at most 1d 02h",
        "stop loss           -165.50  USDT from 12 trades that ended so",
        "drawdown             5h 12m  the deepest one, until equity was back",
        "CAGR                  387.0  % a year, compounded",
    ):
        assert line in lines


def test_trades_are_told_by_the_market_they_were_entered_in() -> None:
    found = report(run_row())
    found["detail"]["tables"] |= {
        "by_volatility": [
            {"volatility": "low", "trades": 1, "win_rate": 0.0, "net": -4.5},
            {"volatility": "n/a", "trades": 9, "win_rate": 2 / 3, "net": 8.0},
        ],
        "by_trend": [{"trend": "up", "trades": 10, "win_rate": 0.6, "net": 3.5}],
    }
    lines = lines_of(found)
    for line in (
        "vol. low              -4.50  USDT from 1 trade, 0.0 % won, entered in it",
        "vol. n/a              +8.00  USDT from 9 trades, 66.7 % won, entered in it",
        "trend up              +3.50  USDT from 10 trades, 60.0 % won, entered in it",
    ):
        assert line in lines


def test_a_run_of_before_there_were_such_figures_has_none_to_read() -> None:
    old = report(run_row())
    old["figures"] = {name: old["figures"][name] for name in ("net_pnl", "trades", "sharpe")}
    assert lines_of(old) == []
    old["detail"] = {name: old["detail"][name] for name in ("equity", "fills", "fills_total")}
    assert read_report(old).detail is not None, "nor has its file"


def test_a_run_that_made_no_trades_says_only_what_time_tells() -> None:
    idle = report(run_row())
    idle["figures"] |= dict.fromkeys(("expectancy", "cagr", "max_drawdown_recovered", "max_drawdown_s")) | {"trades": 0}
    lines = lines_of(idle)
    assert not any("expectancy" in line for line in lines)
    assert any("there was none" in line for line in lines)


def test_a_figure_stands_with_its_kin_where_there_are_any() -> None:
    row = run_row()
    said = {metric.key: "".join(part.text for part in metric_line(metric, row, "USDT")) for metric in METRICS}
    assert said["sharpe"].endswith("Sortino 2.41, Calmar 3.20")
    assert said["trades"].endswith("round trips, +3.96 each")
    assert said["fills"].endswith("executions, 43 % exposure")
    old = run_row(figures={"sharpe": 1.5, "trades": 3, "fills": 6})
    said = {metric.key: "".join(part.text for part in metric_line(metric, old, "USDT")) for metric in METRICS}
    assert said["sharpe"].endswith("daily, a year's worth")
    assert said["trades"].endswith("round trips")


def test_a_fill_is_read_with_the_decision_behind_it_and_what_that_rested_on() -> None:
    detail = read_report(report(run_row())).detail
    assert detail is not None
    lines = fill_lines(detail.fills[0], detail.signals[0])
    for line in (
        "  what           buy 0.50 BTCUSDT at 61,651",
        "  decided        2026-11-20 13:02:11 UTC, signal 314",
        "  target         0 to +1",
        "  fast           61,640.125",
        f"  slow           {NONE}",
    ):
        assert line in lines
    assert fill_lines(detail.fills[1], None)[-1] == "No decision of the strategy: it was stopped out."
    assert fill_lines(detail.fills[0], None)[-1] == "Its decision is not kept."


def test_the_fill_that_ended_a_round_trip_says_how_far_it_was_behind_and_ahead() -> None:
    detail = read_report(report(run_row())).detail
    assert detail is not None
    newest, oldest = fill_rows(detail.fills, detail.trips)
    assert "-0.08/+0.31" in [cell.text for cell in newest.cells]
    assert not any("/" in cell.text for cell in oldest.cells)
    detail.trips[0]["mae_pct"] = None
    assert not any("/" in cell.text for cell in fill_rows(detail.fills, detail.trips)[0].cells)
