"""The report says every figure with its unit and every assumption, plainly, and shows hostile names harmless."""

from __future__ import annotations

import io
from typing import Any

from core.commands import Terms
from core.research.report_text import Setting, print_report, report_text

FIGURES: dict[str, Any] = {
    "ticks": 1_234_567, "trades": 12, "fills": 24, "win_rate": 0.5833, "gross_profit": 123.45, "gross_loss": 100.1, "fees": 9.6,
    "net_pnl": -12.3, "profit_factor": None, "max_drawdown": 300.0, "max_drawdown_pct": 3.0, "sharpe": 1.25, "elapsed_s": 0.5,
}  # fmt: skip


def setting(**changes: Any) -> Setting:
    given: dict[str, Any] = {
        "strategy": "sma_crossover", "params": {"fast": 5, "slow": 20, "interval": "1m"}, "terms": Terms(), "kind": "ticks",
        "source": "BTCUSDT-aggTrades-2024-08-08.zip", "symbol": "binance:BTCUSDT", "form": "aggTrades", "interval_ns": 0,
        "first_ns": 1_723_075_200_000_000_000, "last_ns": 1_723_085_200_000_000_000,
    }  # fmt: skip
    return Setting(**(given | changes))


def test_figures_carry_their_units() -> None:
    text = report_text(FIGURES, setting())
    for line in (
        "1,234,567  in 0.50 s, 2,469,134 a second",
        "58.3 %  of trades, after fees",
        "-12.30  quote currency",
        "3.00 %  of the peak",
    ):
        assert line in text
    assert "profit factor          -  gross" in text
    assert "None" not in text


def test_every_assumption_is_said() -> None:
    terms = Terms(qty=0.5, fee_bps=7.5, slippage_bps=2, latency_ms=40, participation=0.1, stop_loss_pct=2, side="long_short", capital=5000)
    text = report_text(FIGURES, setting(terms=terms, notes=["3 bars are missing"]))
    for words in (
        "0.5  base currency", "7.5 bps", "2 bps", "40 ms", "10 %", "stop loss", "long/short", "5,000.00", "fast=5 slow=20 interval=1m",
        "2024-08-08T00:00:00.000000Z", "2024-08-08T02:46:40.000000Z", "BTCUSDT-aggTrades-2024-08-08.zip", "note: 3 bars are missing",
    ):  # fmt: skip
        assert words in text


def test_what_is_not_asked_for_is_not_said_and_what_is_asked_for_is() -> None:
    plain = report_text(FIGURES, setting())
    text = report_text(
        FIGURES,
        setting(
            terms=Terms(
                lot=0.001,
                tick_size=0.25,
                min_notional=5,
                spread="quote",
                spread_bps=2,
                impact_bps=7,
                entry="limit",
                maker_fee_bps=-1,
                funding_bps=0.5,
            )
        ),
    )
    for words in (
        "0.001  base currency, orders are whole multiples",
        "tick size",
        "5  quote currency; smaller ones",
        "pay ask or bid",
        "half of it is paid",
        "7 bps  times √",
        "-1 bps  of the value",
        "0.5 bps  of a position's",
    ):
        assert words not in plain
        assert words in text


def test_exits_that_rest_are_said_where_there_are_any() -> None:
    text = " ".join(report_text(FIGURES, setting(terms=Terms(exits="resting", take_profit_pct=3, maker_fee_bps=1))).split())
    for said in (
        "take profit 3 % at its price",
        "exits resting at the venue from",
        "maker fee 1 bps of the value of each fill of a take-profit",
    ):
        assert said in text
    both = report_text(FIGURES, setting(terms=Terms(exits="resting", entry="limit", stop_loss_pct=3)))
    assert "exits and stops are market orders" not in both
    assert both.count("maker fee") == 1
    assert "resting" not in report_text(FIGURES, setting(terms=Terms(exits="resting")))


def test_stop_orders_and_sizes_by_volatility_are_said() -> None:
    text = report_text(FIGURES, setting(terms=Terms(qty=20, size="vol_pct", entry="stop", trigger_offset_bps=5, trigger_ttl_ms=900)))
    words = " ".join(text.split())
    for said in (
        "size 20 % of equity is the volatility a year",
        "volatility 24 h half-life of",
        "leverage 2 times equity",
        "entries stop 5 bps beyond the decision's price",
        "wait for 900 ms, then cancel",
    ):
        assert said in words


def test_bars_say_how_they_fill() -> None:
    text = report_text(FIGURES, setting(kind="bars", interval_ns=60_000_000_000, form="klines", terms=Terms(take_profit_pct=1)))
    assert "1m bars" in text
    assert "filled at the next bar's open" in text
    assert "at the open on a gap, the worse where a bar holds both" in text


def test_columns_line_up() -> None:
    lines = report_text(FIGURES, setting()).splitlines()
    result = lines[1 : lines.index("Assumptions")]
    ends = {line.index(remark) for line, remark in zip(result[1:4], ("executions", "closed round trips", "of trades"), strict=True)}
    assert len(ends) == 1


def test_hostile_names_are_inert() -> None:
    text = report_text(FIGURES, setting(source="\x1b]52;c;AAAA\x07[bold red]x[/]", symbol="file:\x9b31mX", notes=["\x1b[2J"]))
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "[bold red]x[/]" in text


def test_a_file_gets_no_colour() -> None:
    out = io.StringIO()
    print_report(FIGURES, setting(), out)
    assert "Result" in out.getvalue()
    assert "\x1b" not in out.getvalue()


MORE: dict[str, Any] = {
    "expectancy": -1.25, "expectancy_gross": 0.4, "average_win": 17.64, "average_loss": 20.02, "payoff_ratio": 0.88, "largest_win": 55.5,
    "largest_loss": 80.25, "consecutive_wins": 3, "consecutive_losses": 4, "fees_share": 0.0721, "average_holding_s": 754.5,
    "longest_holding_s": 93_784.0, "average_mae_pct": -0.51, "average_mfe_pct": 0.75, "exposure": 0.432, "turnover": 3.2,
    "net_pnl_day": -6.15, "best_day": 40.0, "worst_day": -52.3, "max_drawdown_s": 187_200.0, "max_drawdown_recovered": False,
    "underwater": 0.63, "longest_underwater_s": 187_200.0, "cagr": -0.36, "volatility": 0.22, "sortino": 1.9, "calmar": -12.0,
}  # fmt: skip
EXITS = [
    {"reason": "signal", "trades": 9, "win_rate": 0.66, "net": 40.0},
    {"reason": "stop_loss", "trades": 3, "win_rate": 0.0, "net": -52.3},
]
TABLES = {
    "by_exit": EXITS,
    "by_volatility": [{"volatility": "mid", "trades": 12, "win_rate": 1 / 3, "net": -12.3}],
    "by_trend": [{"trend": "n/a", "trades": 12, "win_rate": 1 / 3, "net": -12.3}],
}


def test_trades_time_and_a_year_are_told_with_their_units() -> None:
    text = report_text(FIGURES | MORE, setting(), width=80, tables=TABLES)
    for line in (
        "expectancy         -1.25  a trade, after fees; +0.4000 before",
        "holding time     12m 34s  on average, at most 1d 02h",
        "MAE              -0.51 %  worst on the way",
        "drawdown time     2d 04h  of the deepest one, not recovered by the end",
        "stop loss         -52.30  of 3 trades, 0.0 % won",
        "mid               -12.30  of 12 trades, 33.3 % won",
        "n/a               -12.30  of 12 trades, 33.3 % won",
        "CAGR             -36.0 %  growth a year",
    ):
        assert line in text
    assert "None" not in text


def test_on_eighty_columns_the_figures_of_all_blocks_stand_below_each_other() -> None:
    lines = report_text(FIGURES | MORE, setting(), width=80, tables={"by_exit": EXITS}).split("Assumptions")[0].splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if line.startswith("  ") and line.strip()]
    figures = [line[:28].rstrip() for line in rows if line[:26].strip()]
    assert len(figures) > 30
    assert {len(figure) for figure in figures} <= {26}, "every figure ends in the same column"


def test_what_a_run_without_trades_or_of_a_day_has_not_is_left_out() -> None:
    idle = dict.fromkeys(MORE) | {"consecutive_wins": 0, "consecutive_losses": 0, "exposure": 0.0}
    text = report_text(FIGURES | idle | {"trades": 0}, setting(), tables={})
    assert "Trades\n" not in text
    assert "Exits\n" not in text
    assert "CAGR" not in text
    assert "exposure" in text


def test_protections_are_said_where_there_are_any() -> None:
    how = Terms(
        max_drawdown_pct=5, on_guard="flatten", low_profit_pct=0.0, low_profit_trades=7, lock_hours=2, cooldown_s=60, break_even_pct=1
    )
    words = " ".join(report_text(FIGURES, setting(terms=how)).split())
    plain = " ".join(report_text(FIGURES, setting()).split())
    for said in (
        "drawdown limit 5 % of equity below its peak; nothing opens or adds from then on; what is held is closed",
        "low profit 0 % of capital, made by the last 7; below it nothing opens for 2 h",
        "cooldown 60 s after an exit",
        "break even 1 % gained",
    ):
        assert said in words
        assert said not in plain
    assert "loss streak" not in words
