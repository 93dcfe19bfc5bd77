"""A run says how often which protection held something back, and nothing where none did."""

from __future__ import annotations

import numpy as np

from core.kernels.records import BLOCKED, COOLING, DRAWDOWN_LIMIT, FILL, MINIMUM, REPORT
from core.research.guards_text import barred


def test_each_is_counted_by_its_name() -> None:
    reports = np.zeros(6, REPORT)
    reports["kind"] = [BLOCKED, BLOCKED, BLOCKED, BLOCKED, FILL, BLOCKED]
    reports["why"] = [COOLING, MINIMUM, DRAWDOWN_LIMIT, COOLING, COOLING, MINIMUM]
    assert barred(reports) == ["a target was blocked, drawdown limit: 1 time", "a target was blocked, cooling down: 2 times"]
    assert barred(reports[4:]) == []
