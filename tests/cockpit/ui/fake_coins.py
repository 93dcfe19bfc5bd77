"""A study of several symbols for the scripted engine."""

from __future__ import annotations

from typing import Any

import msgspec
from fake_engine import FakeEngine
from fake_lab import STUDY, run_row, study_report, study_row, with_studies

from core.study_view import StudyRow

COINS = ["binance:BTCUSDT", "binance:ETHUSDT", "binance:SOLUSDT"]


def coins_row(number: int = 9, **changes: Any) -> StudyRow:
    """A study of three coins of a folder, the best of which is ETHUSDT."""
    order = msgspec.structs.replace(STUDY, sources=["/data/coins"], monte_carlo=10_000)
    row = study_row(number, order=order, series=3, symbol=COINS[1], done=270, total=270)
    return msgspec.structs.replace(row, best={**(row.best or {}), "symbol": COINS[1]}, **changes)


def coins_report(row: StudyRow) -> dict[str, Any]:
    """The whole of it: ninety trials a coin, each coin a little worse than the one before; ETHUSDT is the first."""
    told = study_report(row)
    detail, document = told["detail"], told["detail"]["document"]
    order = [COINS[1], COINS[0], COINS[2]]
    rows = [
        {**one, "symbol": symbol, "sharpe": one["sharpe"] - 0.5 * k, "net_pnl": one["net_pnl"] - 350 * k}
        for k, symbol in enumerate(order)
        for one in document["ranking"]
    ]
    points = [(COINS.index(symbol), [*point[:-1], point[-1] - 0.5 * k]) for k, symbol in enumerate(order) for point in _points(detail)]
    document["ranking"] = rows
    way = document["validations"][0]
    document["validations"] = [{**way, "symbol": symbol, "test_pnl": 90.0 - 100 * k} for k, symbol in enumerate(order)]
    document["monte_carlo"] = {
        "redrawn": {**_BANDS, "paths": 10_000, "ruin": 0.002},
        "jittered": {**_BANDS, "runs": 100, "price_bps": 1.0, "cost": (0.5, 2.0), "losing": 0.13},
    }
    detail |= {
        "points": {"sma_crossover": [point for _, point in points]}, "on": {"sma_crossover": [on for on, _ in points]}, "symbols": COINS,
        "rows_total": 270, "origins": {symbol: f"/data/coins/{symbol[8:]}-1m.csv" for symbol in COINS},
        "notes": ["binance:SOLUSDT: 2 rows were out of order"], "left_out": {"binance:XRPUSDT": "no table of columns"},
    }  # fmt: skip
    return told


_BANDS = {"net_pnl": [-40.0, 200.0, 500.0, 800.0, 1300.0], "max_drawdown": [60.0, 80.0, 110.0, 150.0, 240.0]}


def _points(detail: dict[str, Any]) -> list[list[float]]:
    found: list[list[float]] = detail["points"]["sma_crossover"]
    return found


def with_coins(engine: FakeEngine, row: StudyRow) -> None:
    """The engine has that study, and knows all of it."""
    with_studies(engine, row, run_row(4))
    engine.answers["run"] = lambda args: coins_report(row) if args["id"] == row.id else None
