"""Figures of a strategy that go over days."""

from __future__ import annotations

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
