"""Runs for the scripted engine: rows of the lab's list, and the whole of a run."""

from __future__ import annotations

from typing import Any

import msgspec
from fake_engine import NOON, SECOND, FakeEngine

from core.commands import Backtest, Terms
from core.view import LabView, RunRow

HOUR = 3600 * SECOND

FIGURES: dict[str, Any] = {
    "ticks": 60_191, "trades": 312, "fills": 625, "win_rate": 0.58, "gross_profit": 2_400.5, "gross_loss": 1_166.0, "fees": 240.1,
    "net_pnl": 1_234.5, "profit_factor": 2.06, "max_drawdown": 123.4, "max_drawdown_pct": 1.21, "sharpe": 1.73, "elapsed_s": 0.4,
    "expectancy": 3.96, "sortino": 2.41, "calmar": 3.2, "exposure": 0.432,
}  # fmt: skip

#: What the whole of a run tells, and its row does not.
MORE: dict[str, Any] = {
    "expectancy_gross": 4.72, "expectancy_pct": 0.012, "average_win": 13.26, "average_loss": 8.9, "payoff_ratio": 1.49,
    "largest_win": 88.5, "largest_loss": 41.25, "consecutive_wins": 9, "consecutive_losses": 5, "fees_share": 0.082,
    "average_holding_s": 754.5, "longest_holding_s": 93_784.0, "average_mae_pct": -0.51, "average_mfe_pct": 0.75, "turnover": 128.4,
    "net_pnl_day": 411.5, "best_day": 640.0, "worst_day": -52.3, "max_drawdown_s": 18_720.0, "max_drawdown_recovered": True,
    "underwater": 0.38, "longest_underwater_s": 18_720.0, "cagr": 3.87, "volatility": 0.22,
}  # fmt: skip
EXITS = [{"reason": "signal", "trades": 300, "net": 1_400.0}, {"reason": "stop_loss", "trades": 12, "net": -165.5}]

ORDER = Backtest(
    source="tape:BTCUSDT",
    strategy="sma_crossover",
    params={"fast": 5, "slow": 20, "interval": "1s"},
    terms=Terms(qty=0.5, side="long_short", fee_bps=2.0),
)


def run_row(number: int = 1, **changes: Any) -> RunRow:
    """A run that is done."""
    row = RunRow(
        f"run-{number}", ORDER, "done", "", NOON - 60 * SECOND, NOON - 59 * SECOND, NOON - 58 * SECOND, 60_191, 1.0, 0, "binance:BTCUSDT",
        FIGURES, NOON - 72 * HOUR, NOON,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def waiting_row(number: int) -> RunRow:
    """One in the queue."""
    return run_row(number, state="queued", started_ns=0, ended_ns=0, rows=0, share=None, symbol="", figures=None, first_ns=0, last_ns=0)


def running_row(number: int, share: float | None = 0.43, **changes: Any) -> RunRow:
    """One under way, with some seconds left."""
    row = waiting_row(number)
    return msgspec.structs.replace(
        row, state="running", started_ns=NOON - SECOND, rows=25_000, share=share, eta_ns=NOON + 50 * SECOND if share else 0, **changes
    )


def failed_row(number: int, line: str) -> RunRow:
    """One that came to nothing."""
    return run_row(number, state="failed", line=line, figures=None, symbol="", share=None, first_ns=0, last_ns=0)


def report(row: RunRow, gain: float = 1_234.5, **changes: Any) -> dict[str, Any]:
    """The whole of a run: fifty points over its span that end at a gain, and two fills in its last hour."""
    first, length = row.first_ns, row.last_ns - row.first_ns
    equity = [(first + k * length // 49, 10_000 + gain * k / 49, 123.4 if k == 20 else 0.0) for k in range(50)]
    fills = [
        {
            "fill_id": f"sma_crossover:{n}", "strategy_id": "sma_crossover", "symbol": "binance:BTCUSDT", "side": side, "qty": 0.5,
            "price": 61_650.0 + n, "fee": 6.17, "realised": realised, "position": position, "ts_ns": NOON - HOUR + n * SECOND, "seq": n,
            "tick_id": n, "order_id": f"sma_crossover:o{n}", "mode": "backtest", "reason": reason,
        }
        for n, side, realised, position, reason in ((1, "buy", 0.0, 0.5, "signal"), (2, "sell", 42.5, 0.0, "stop_loss"))
    ]  # fmt: skip
    return {
        "id": row.id, "state": row.state, "line": row.line, "asked_ns": row.asked_ns, "started_ns": row.started_ns,
        "ended_ns": row.ended_ns, "rows": row.rows, "share": row.share, "order": msgspec.to_builtins(row.order),
        "figures": row.figures and row.figures | MORE, "symbol": row.symbol, "values": {**row.order.params, "confirm": False},
        "kind": "ticks", "form": "tape",
        "interval_ns": 0, "first_ns": first, "last_ns": row.last_ns, "notes": ["3 of the ticks came too late to be delivered live"],
        "detail": {
            "equity": equity, "fills": fills, "fills_total": 625, "trips_total": 312, "tables": {"by_exit": EXITS},
            "trips": [{"last_fill": "sma_crossover:2", "mae_pct": -0.08, "mfe_pct": 0.31}],
        }, **changes,
    }  # fmt: skip


def with_runs(engine: FakeEngine, *rows: RunRow, total: int = 0) -> None:
    """The engine has these runs, the newest first, and tells all of each that is done."""
    engine.lab = LabView(list(rows), total or len(rows), 2)
    engine.answers["run"] = lambda args: next(report(row) for row in engine.lab.runs if row.id == args["id"])
    engine.answers["source"] = {"symbols": [], "wrong": ""}
    engine.answers["sources"] = lambda _: ["tape:BTCUSDT", "tape:ETHUSDT"]
    engine.moved("lab")
