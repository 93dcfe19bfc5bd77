"""A year's worth, against values that quantstats and empyrical give for the same daily returns.

Frozen from quantstats 0.0.86 and empyrical-reloaded 0.7.1 (numpy 2.4.6, pandas 3.1.1) over `returns(...)` on a daily index, 365 periods a
year; both agree to 1e-12 wherever both have the figure. Fall lengths are those of `quantstats.stats.drawdown_details`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.research.figures import longest_row
from core.research.underwater import Falls, Underwater
from core.research.yearly import cagr, calmar, volatility_and_sortino


class Frozen(NamedTuple):
    """What the libraries say of `returns(seed, days, mean, deviation)`."""

    seed: int
    days: int
    mean: float
    deviation: float
    volatility: float
    sortino: float
    cagr: float
    drawdown: float
    calmar: float
    consecutive: tuple[int, int]
    deepest_days: int
    payoff: float


FROZEN = [
    Frozen(
        1, 30, 0.002, 0.02, volatility=0.32160020089339564, sortino=0.9883246642293095, cagr=0.2174033063244225,
        drawdown=0.09338083559409295, calmar=2.328136227752656, consecutive=(5, 4), deepest_days=6, payoff=0.8538199093155793,
    ),
    Frozen(
        2, 365, 0.0005, 0.01, volatility=0.1929277916686664, sortino=0.6420289522809148, cagr=0.06916828610528003,
        drawdown=0.17945279770013653, calmar=0.3854399986611488, consecutive=(6, 9), deepest_days=129, payoff=1.0189349822797795,
    ),
    Frozen(
        3, 500, -0.001, 0.03, volatility=0.5741331309599745, sortino=0.5894534496477585, cagr=0.0750813691922756,
        drawdown=0.3671839912878983, calmar=0.2044788742802419, consecutive=(8, 7), deepest_days=286, payoff=1.0476485630024002,
    ),
]  # fmt: skip


def returns(frozen: Frozen) -> NDArray[np.float64]:
    """The daily returns the libraries were given."""
    return np.round(np.random.default_rng(frozen.seed).normal(frozen.mean, frozen.deviation, frozen.days), 6)


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda frozen: f"{frozen.days} days")
def test_ratios_are_those_of_quantstats_and_empyrical(frozen: Frozen) -> None:
    daily = returns(frozen)
    assert volatility_and_sortino(daily) == pytest.approx((frozen.volatility, frozen.sortino), rel=1e-12)
    growth = cagr(1000.0, 1000.0 * float(np.prod(1 + daily)), frozen.days / 365)
    assert growth == pytest.approx(frozen.cagr, rel=1e-11)
    assert calmar(growth, frozen.drawdown) == pytest.approx(frozen.calmar, rel=1e-11)


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda frozen: f"{frozen.days} days")
def test_rows_of_wins_and_the_length_of_the_deepest_fall_are_those_of_quantstats(frozen: Frozen) -> None:
    daily = returns(frozen)
    assert (longest_row(daily > 0), longest_row(daily < 0)) == frozen.consecutive
    assert daily[daily > 0].mean() / -daily[daily < 0].mean() == pytest.approx(frozen.payoff, rel=1e-12)
    equity = np.cumprod(1 + daily)  # deepest in percent and in money are the same fall here
    under = Underwater(1.0)
    under.take(np.arange(frozen.days), equity)
    falls = under.falls(frozen.days - 1)
    days = falls.deepest_ns if falls.recovered else falls.deepest_ns + 1  # theirs counts the last day too
    assert days == frozen.deepest_days


def test_what_does_not_exist_is_none() -> None:
    for daily in ([], [0.01], [0.01, math.inf], [0.01, math.nan]):
        assert volatility_and_sortino(daily) == (None, None)
    for daily in ([0.01, 0.02, 0.0], [0.01, -1e-16]):
        assert volatility_and_sortino(daily)[1] is None, "no day lost, or by rounding only"
    assert cagr(1000.0, 1100.0, 0.0) is None
    assert cagr(1000.0, 0.0, 1.0) is None, "all is gone"
    assert cagr(1000.0, -5.0, 1.0) is None
    assert cagr(1000.0, math.nan, 1.0) is None
    assert cagr(1.0, 1e300, 1e-3) is None, "it overflows"
    assert calmar(0.1, 0.0) is None
    assert calmar(None, 0.1) is None


def test_growth_is_compounded() -> None:
    assert cagr(1000.0, 1210.0, 2.0) == pytest.approx(0.1)
    assert cagr(1000.0, 900.0, 0.5) == pytest.approx(0.81 - 1)


@given(st.lists(st.booleans(), max_size=40))
def test_the_longest_row_is_the_longest_word_of_ones(of: list[bool]) -> None:
    words = "".join("1" if one else "0" for one in of).split("0")
    assert longest_row(np.array(of, np.bool_)) == max(map(len, words))


def test_nothing_fell_where_equity_only_rose() -> None:
    under = Underwater(100.0)
    under.take(np.arange(3), np.array([100.0, 101.0, 101.0]))
    assert under.falls(2) == Falls(0, 0, None, None)
