"""Strategies of two legs for the scripted engine: in the catalogue, in a run and in a study."""

from __future__ import annotations

from typing import Any

import msgspec
from fake_engine import CATALOGUE, TERMS, FakeEngine
from fake_lab import STUDY, report, run_row, study_report, study_row, with_studies

from core.commands import Backtest, Terms
from core.study_view import StudyRow
from core.view import RunRow

BOTH = "binance:BTCUSDT,binance:ETHUSDT"

PAIRS = {
    "name": "pairs", "sentence": "Bets that two markets keep together.", "legs": 2, "hedged": True,
    "params": [{"name": "window", "type": "int", "default": 60, "description": "bars of z", "ge": 10, "le": 10000}],
}  # fmt: skip

ORDER = Backtest(
    source="tape:BTCUSDT", further=["tape:ETHUSDT"], strategy="pairs", params={"window": 90}, terms=Terms(side="long_short", qty=0.5)
)


def of_legs(engine: FakeEngine) -> FakeEngine:
    """An engine whose catalogue has `pairs` after the strategies of one symbol."""
    engine.catalogue = {"strategies": [*CATALOGUE["strategies"], PAIRS], "terms": TERMS}
    return engine


def legs_row(number: int = 1, **changes: Any) -> RunRow:
    """A run of `pairs` that is done."""
    return run_row(number, **{"order": ORDER, "symbol": BOTH, **changes})


def legs_report(row: RunRow) -> dict[str, Any]:
    """The whole of it: a fill of each leg, and a round trip of each."""
    told = report(row)
    first, second = told["detail"]["fills"]
    second |= {"symbol": "binance:ETHUSDT", "price": 2_684.25}
    trip = told["detail"]["trips"][0] | {"mae_pct": None, "mfe_pct": None}
    told["detail"]["trips"] = [
        {**trip, "symbol": "binance:BTCUSDT", "last_fill": first["fill_id"], "net": -11.5},
        {**trip, "symbol": "binance:ETHUSDT", "last_fill": second["fill_id"], "net": 42.5},
    ]
    return told


def legs_study(number: int = 9, **changes: Any) -> StudyRow:
    """A study of `pairs` over what two tapes hold."""
    order = msgspec.structs.replace(
        STUDY, sources=["tape:*"], symbols=["BTCUSDT", "ETHUSDT"], strategies=["pairs"], params={}, ranges=["window=30,60,90"], where=[]
    )
    row = study_row(number, order=order, symbol=BOTH, series=1)
    return msgspec.structs.replace(row, best={**(row.best or {}), **_trial(90)}, **changes)


def _trial(window: int) -> dict[str, Any]:
    return {"strategy": "pairs", "symbol": BOTH, "params": {"window": window}}


def with_legs(engine: FakeEngine, *rows: RunRow | StudyRow) -> None:
    """The engine has these runs and studies, of two legs each."""
    with_studies(engine, *rows)

    def told(row: RunRow | StudyRow) -> dict[str, Any]:
        if isinstance(row, RunRow):
            return legs_report(row)
        found = study_report(row)
        document = found["detail"]["document"]
        document["ranking"] = [{**one, **_trial(window)} for one, window in zip(document["ranking"], (90, 60, 30), strict=False)]
        found["detail"] |= {
            "axes": {"pairs": [("window", [30, 60, 90])]}, "points": {"pairs": [[2, 1.8], [1, 1.2], [0, 0.4]]}, "symbols": [BOTH],
            "on": {"pairs": [0, 0, 0]}, "origins": {BOTH: "tape:BTCUSDT, tape:ETHUSDT"},
        }  # fmt: skip
        return found

    engine.answers["run"] = lambda args: next(told(row) for row in rows if row.id == args["id"])
