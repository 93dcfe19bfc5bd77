"""Runs for the scripted engine: rows of the lab's list, and the whole of a run."""

from __future__ import annotations

from typing import Any

import msgspec
from fake_engine import NOON, SECOND, FakeEngine

from core.commands import Backtest, Optimize, Terms
from core.study_view import StudyRow
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
EXITS = [
    {"reason": "signal", "trades": 300, "win_rate": 0.6, "net": 1_400.0},
    {"reason": "stop_loss", "trades": 12, "win_rate": 0.0, "net": -165.5},
]

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
            "signals": [
                {
                    "signal": 314, "ts_ns": NOON - HOUR, "price": 61_650.5, "old": 0.0, "new": 1.0, "order_id": "sma_crossover:o1",
                    "values": {"close": 61_650.5, "fast": 61_640.125, "slow": None},
                }
            ],
            "signals_total": 314,
        }, **changes,
    }  # fmt: skip


def with_runs(engine: FakeEngine, *rows: RunRow, total: int = 0) -> None:
    """The engine has these runs, the newest first, and tells all of each that is done."""
    engine.lab = LabView(list(rows), total or len(rows), 2)
    engine.answers["run"] = lambda args: next(report(row) for row in engine.lab.runs if row.id == args["id"])
    engine.answers["source"] = {"symbols": [], "wrong": ""}
    engine.answers["sources"] = lambda _: ["tape:BTCUSDT", "tape:ETHUSDT"]
    engine.moved("lab")


STUDY = Optimize(
    sources=["tape:BTCUSDT"],
    strategies=["sma_crossover"],
    params={"interval": "1m", "confirm": False},
    ranges=["fast=2:20:2", "slow=20:100:10"],
    where=["fast<slow"],
    terms=Terms(qty=0.5, side="long_short", fee_bps=2.0),
    validate="rolling",
    folds=3,
)


def trial_row(fast: int, slow: int) -> dict[str, Any]:
    """A trial of the study: a hill whose top is at 8 and 50, and a valley beyond it."""
    sharpe = round(1.8 - 0.004 * (fast - 8) ** 2 - 0.0011 * (slow - 50) ** 2, 4)
    return {
        "strategy": "sma_crossover", "symbol": "binance:BTCUSDT",
        "params": {"fast": fast, "slow": slow, "interval": "1m", "confirm": False},
        "trades": 400 - 2 * slow, "net_pnl": round(700 * sharpe, 2), "sharpe": sharpe, "max_drawdown": 88.0, "max_drawdown_pct": 0.88,
        "win_rate": 0.56, "profit_factor": 1.4, "fees": 31.0, "fills": 801 - 4 * slow, "deflated_sharpe": 0.971, "plateau": 0.94,
    }  # fmt: skip


def study_row(number: int = 9, **changes: Any) -> StudyRow:
    """A study that is done."""
    row = StudyRow(
        f"run-{number}", STUDY, "done", "", NOON - 90 * SECOND, NOON - 89 * SECOND, NOON - 85 * SECOND, 90, 90, 0, 0, 22.5, 0,
        "binance:BTCUSDT", trial_row(8, 50), "holds", NOON - 72 * HOUR, NOON,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def running_study(number: int = 9, **changes: Any) -> StudyRow:
    """One under way."""
    row = study_row(number, state="running", ended_ns=0, done=43, rate=12.5, eta_ns=NOON + 50 * SECOND, verdict=None)
    return msgspec.structs.replace(row, **changes)


def study_report(row: StudyRow, **changes: Any) -> dict[str, Any]:
    """The whole of a study: ninety trials of two parameters, judged on three later stretches."""
    axes = [("fast", list(range(2, 21, 2))), ("slow", list(range(20, 101, 10))), ("interval", ["1m"])]
    trials = sorted((trial_row(fast, slow) for fast in axes[0][1] for slow in axes[1][1]), key=lambda one: -one["sharpe"])
    points = [[axes[0][1].index(one["params"]["fast"]), axes[1][1].index(one["params"]["slow"]), 0, one["sharpe"]] for one in trials]
    folds = [
        {
            "train": (NOON - 72 * HOUR, NOON - (60 - 16 * k) * HOUR), "test": (NOON - (60 - 16 * k) * HOUR, NOON - (44 - 16 * k) * HOUR),
            "strategy": "sma_crossover", "params": trial_row(8, 50 - 10 * k)["params"], "train_sharpe": 0.2, "test_sharpe": 0.1,
            "train_pnl": 400.0 + k, "test_pnl": 120.0 - 90 * k, "trades": 40,
        }
        for k in range(3)
    ]  # fmt: skip
    way = {
        "way": "rolling",
        "symbol": row.symbol,
        "folds": folds,
        "test_pnl": 90.0,
        "test_sharpe": 0.1,
        "efficiency": 0.63,
        "losing": 1 / 3,
    }
    document = {
        "study": "abc", "trials": 90, "trials_counted": 131, "resumed": 0, "refused": 0, "rank_by": "sharpe", "pbo": 0.04, "spa": 0.02,
        "verdict": row.verdict, "advice": ["Best: it.", "Against it: only 28 trades.", "Verdict: it."], "ranking": trials,
        "validations": [way], "failed": [], "elapsed_s": 4.0,
    }  # fmt: skip
    first, step = row.first_ns, (row.last_ns - row.first_ns) // 48
    return {
        "id": row.id, "state": row.state, "line": row.line, "asked_ns": row.asked_ns, "started_ns": row.started_ns,
        "ended_ns": row.ended_ns, "order": msgspec.to_builtins(row.order),
        "found": {"verdict": row.verdict, "pbo": 0.04, "trials": 131}, "rows": [],
        "detail": {
            "document": document, "rows_total": 90, "axes": {"sma_crossover": axes}, "points": {"sma_crossover": points},
            "edges_ns": [first + step * k for k in range(1, 49)], "curves": [[10_000.0 + 26.25 * k for k in range(1, 49)]],
        }, **changes,
    }  # fmt: skip


def with_studies(engine: FakeEngine, *rows: RunRow | StudyRow) -> None:
    """The engine has these runs and studies, the newest first, and tells all of each that is done."""
    runs, studies = [row for row in rows if isinstance(row, RunRow)], [row for row in rows if isinstance(row, StudyRow)]
    with_runs(engine, *runs, total=max(int(row.id[4:]) for row in rows))
    engine.lab.studies = studies
    engine.answers["run"] = lambda args: next(
        study_report(row) if isinstance(row, StudyRow) else report(row) for row in rows if row.id == args["id"]
    )
    engine.moved("lab")
