"""The account's fall from its peak: not known by halves, and neither made nor mended by strategies that come and go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.engine.alert_figures import Fall, Falls
from core.workers.frames import Figures


def roster(**profits: float | None) -> Any:
    """Strategies of 1,000 each with this profit; None: not known yet."""
    return [
        SimpleNamespace(
            id=id_,
            state="running",
            terms=SimpleNamespace(capital=1000.0),
            figures=None if profit is None else SimpleNamespace(equity=1000.0 + profit),
        )
        for id_, profit in profits.items()
    ]


def looked(*rosters: Any, peak: float | None = None) -> Fall:
    fall = Fall()
    fall.peak = peak
    for one in rosters:
        fall.look(one)
    return fall


def test_the_fall_is_a_share_of_the_equity_at_the_peak() -> None:
    assert looked(roster(a=0, b=0), roster(a=500, b=0), roster(a=0, b=250)).percent == pytest.approx(10.0)
    assert looked(roster(a=0), roster(a=500), roster(a=600)).percent == 0.0


def test_what_is_known_by_halves_says_nothing() -> None:
    assert looked(roster(a=0, b=None)).percent is None
    assert looked(roster(a=100, b=100), roster(a=100, b=None)).percent == 0.0


def test_a_strategy_that_leaves_with_its_profit_or_comes_with_none_is_no_fall() -> None:
    fall = looked(roster(a=100, b=300), roster(a=0, b=300), roster(a=0))
    assert fall.percent == pytest.approx(100 / 1100 * 100)
    assert looked(roster(a=100), roster(a=100, b=0)).percent == 0.0


def test_the_peak_of_before_a_restart_counts() -> None:
    assert looked(roster(a=0), peak=250.0).percent == pytest.approx(20.0)


def figures(equity: float, peak: float, deepest: float) -> Figures:
    return Figures("a", 1, 1, 0, False, False, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, equity, deepest / 100, peak)


def test_a_strategys_fall_is_that_of_now_and_a_new_deepest_between_two_looks_is_not_missed() -> None:
    falls = Falls()
    looks = [(1000.0, 1000.0, 0.0), (940.0, 1000.0, 6.0), (990.0, 1000.0, 6.0), (1010.0, 1010.0, 6.0), (1005.0, 1010.0, 9.0)]
    assert [round(falls.look(figures(*look)), 2) for look in looks] == [0.0, 6.0, 1.0, 0.0, 9.0]
    assert Falls().look(figures(1005.0, 1010.0, 9.0)) == pytest.approx(0.495, abs=1e-3), "what was before it began to look is past"
