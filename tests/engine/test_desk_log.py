"""The desk keeps the newest of what it hears, and no more than it says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from core.engine.blotter import Rows
from core.engine.desk_log import MOST, DeskLog
from core.kernels.records import FILL, PLACED
from core.terms import Terms

#: Two strategies whose signals are told each in its order, but one long after the other.
AHEAD, BEHIND = "sma_crossover-1", "rsi-1"


def signal(id_: str, number: int, ts_ns: int) -> dict[str, Any]:
    figures = {"side": "buy", "target": 1.0, "confidence": None, "reason": "signal", "price": 100.0, "outcome": "ordered"}
    return {"signal_id": f"{id_}:{number}", "strategy_id": id_, "symbol": "binance:BTCUSDT", "seq": number, "ts_ns": ts_ns, **figures}


def told(signals: list[dict[str, Any]]) -> Rows:
    rows = Rows(0)
    rows.signals = signals
    return rows


def entry(id_: str) -> Any:
    return SimpleNamespace(id=id_, figures=None, state="running", order=SimpleNamespace(symbols=["binance:BTCUSDT"]), terms=Terms())


def test_signals_are_the_newest_of_all_strategies_whoever_was_told_last() -> None:
    log, rng = DeskLog(cast(Any, None)), np.random.default_rng(7)
    heard: list[tuple[int, str]] = []
    for turn in range(9 * MOST):
        id_ = AHEAD if rng.random() < 0.5 else BEHIND
        at = 10 * turn + (0 if id_ == AHEAD else -5_001)
        log.hear(entry(id_), told([signal(id_, turn, at)]))
        heard.append((at, id_))
        if turn % 97 == 0 or turn == 9 * MOST - 1:
            newest = sorted(heard, reverse=True)[:MOST]
            assert [(row.ts_ns, row.strategy_id) for row in log.signals()] == newest


def test_a_signal_that_is_told_again_is_kept_once() -> None:
    log = DeskLog(cast(Any, None))
    for turn in (*range(5), *range(5)):
        log.hear(entry(AHEAD), told([signal(AHEAD, turn, turn)]))
    assert [row.ts_ns for row in log.signals()] == [4, 3, 2, 1, 0]


def order(number: int, kind: int, *, over: bool) -> tuple[Any, ...]:
    position = 1.0 if over else 0.0
    return number, number, 0, number, number, 1.0, 100.0, 0.0, 0.0, position, 1.0, 0.0, kind, 0, 0


def test_orders_that_are_over_go_the_oldest_first_and_those_that_work_stay() -> None:
    log = DeskLog(cast(Any, SimpleNamespace(roster=SimpleNamespace(entries={"slow": entry("slow"), "quick": entry("quick")}))))
    rows = Rows(0)
    rows.reports = [order(0, PLACED, over=False)]
    log.hear(entry("slow"), rows)  # works for ever
    for number in range(1, MOST + 50):
        rows = Rows(0)
        rows.reports = [order(number, PLACED, over=False), order(number, FILL, over=True)]
        rows.fresh = [{"fill_id": f"quick:{number}"}]
        log.hear(entry("quick"), rows)
    kept = [row.order_id for row in log.orders()]
    newest = range(MOST + 49, 48, -1)  # the last of them was working still when room was made for it
    assert kept == ["slow:o0", *(f"quick:o{number}" for number in newest)]
