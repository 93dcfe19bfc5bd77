"""Figures of a strategy that go over days."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from core.commands import Register, Terms
from core.engine.blotter import Blotter
from core.engine.roster import Entry
from core.kernels.records import MARK, REPORT
from core.types import DAY
from core.workers.frames import Figures


def figures(equity: float) -> Figures:
    return Figures("a", 1, 1, 0, False, False, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, equity, 0.0)


def silent(seen: int, **more: Any) -> Figures:
    return msgspec.structs.replace(figures(1000.0), seen=seen, warmup=50, **{"quiet": True, **more})


@pytest.mark.parametrize(
    ("said", "state", "detail"),
    [
        (silent(49), "warming", "49/50"),
        (silent(69), "running", ""),
        (silent(1250), "running", "no opinion yet: 1,200 bars after warm-up"),
        (silent(1250, quiet=False), "running", ""),
        (silent(1250, paused=True), "paused", ""),
        (silent(1250, blocked=1), "running", "blocked: halted"),
    ],
)
def test_a_strategy_that_never_comes_to_an_opinion_says_so_once_that_is_long(said: Figures, state: str, detail: str) -> None:
    entry = Entry("a", Register(name="x", symbols=["binance:A"], terms=Terms(capital=1000.0)), None)
    entry.take(said)
    assert (entry.row().state, entry.row().detail) == (state, detail)


def test_sharpe_is_of_daily_changes_and_not_there_before_it_ran_for_two_days() -> None:
    entry = Entry("a", Register(name="x", symbols=["binance:A"], terms=Terms(capital=1000.0)), None)
    entry.begun_ns = 98 * DAY + DAY // 2
    assert entry.row().sharpe is None
    entry.take(figures(1003.0))
    assert entry.row().sharpe is None
    reports = np.zeros(3, REPORT)
    reports["kind"], reports["ts"], reports["equity"] = MARK, (99 * DAY, 100 * DAY, 101 * DAY), (1010.0, 1004.0, 1005.0)
    Blotter("paper").translate(entry, reports[:2], 1)
    assert entry.row().sharpe is None
    Blotter("paper").translate(entry, reports[2:], 1)
    changes = np.array([10.0, -6.0, 1.0, -2.0]) / 1000
    assert entry.row().sharpe == pytest.approx(changes.mean() / changes.std(ddof=1) * np.sqrt(365))
