"""The usual figures against quantstats and empyrical on the same returns, and what does not exist is None.

The frozen values are from quantstats 0.0.86 and empyrical-reloaded 0.7.1, with 365 periods a year; of quantstats
`conditional_value_at_risk(method="historical")` and the longest `days` of `drawdown_details(to_drawdown_series(...))`, on an index
of days. Drawdowns have their sign turned round. Where only one library is named the other differs or has no such figure.
"""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
import scipy.stats
from fixed_returns import daily_returns, idle_returns, noise
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.research.statistics.ratios import Ratios, ratios

BOTH = {
    "cagr": (0.2806171889938549, -0.02764553852414875),
    "volatility": (0.38573660195643167, 0.07778363321141958),
    "sharpe": (0.8340624525138396, -0.3217039663088141),
    "sortino": (1.2000298273153722, -0.45309088468521314),
    "calmar": (1.4787388782966078, -0.3418476529481526),
    "omega": (1.1185323983200066, 0.8260243136350919),
    "max_drawdown": (0.18976791177432495, 0.0808709326676047),
    "tail_ratio": (1.0025852724611697, None),
}
EMPYRICAL = {
    "value_at_risk": (-0.03499748678207397, 0.0),
    "expected_shortfall": (-0.042471166992187497, -0.0078812156829834),
}
QUANTSTATS = {
    "skew": (-0.08139049920156746, 1.254540518765048),
    "kurtosis": (0.12432601852898928, 55.9835527146471),
    "ulcer_index": (0.0943875212167824, 0.051869025224391394),
    "longest_drawdown": (162, 440),
}
FROZEN = BOTH | EMPYRICAL | QUANTSTATS


def of(returns: list[float] | NDArray[np.float64], periods: float = 365) -> Ratios:
    found = ratios(returns, periods)
    assert found is not None
    return found


def test_the_fixed_returns_are_the_ones_the_values_were_made_of() -> None:
    assert daily_returns()[:3].tolist() == [0.0057674987792968755, -0.005823296737670898, -0.006009930801391602]
    assert math.fsum(idle_returns()) == pytest.approx(-0.03427849769592285, rel=1e-12)


def test_no_figure_is_without_a_frozen_value() -> None:
    assert set(FROZEN) == set(asdict(of([0.1, 0.2])))


@pytest.mark.parametrize("name", FROZEN)
@pytest.mark.parametrize("kind", [0, 1], ids=["daily", "idle"])
def test_the_figure_is_that_of_the_library_it_follows(name: str, kind: int) -> None:
    found, expected = getattr(of((daily_returns, idle_returns)[kind]()), name), FROZEN[name][kind]
    assert found == (expected if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12))


def test_days_that_tie_at_the_quantile_do_not_water_down_the_shortfall() -> None:
    """quantstats says -0.0004: it takes the mean of all the days without a gain."""
    found = of(idle_returns()).expected_shortfall
    assert found == pytest.approx(np.sort(idle_returns())[:25].mean(), rel=1e-12)


def test_skew_and_kurtosis_are_those_of_scipy_without_bias() -> None:
    found = of(daily_returns())
    assert found.skew == pytest.approx(scipy.stats.skew(daily_returns(), bias=False), rel=1e-9)
    assert found.kurtosis == pytest.approx(scipy.stats.kurtosis(daily_returns(), bias=False), rel=1e-9)


def test_the_periods_of_a_year_change_what_is_said_of_a_year_only() -> None:
    days, hours = asdict(of(daily_returns())), asdict(of(daily_returns(), 365 * 24))
    changed = {name for name in days if days[name] != hours[name]}
    assert changed == {"cagr", "volatility", "sharpe", "sortino", "calmar"}
    assert hours["sharpe"] == pytest.approx(days["sharpe"] * math.sqrt(24), rel=1e-12)


def test_of_one_return_there_is_no_spread() -> None:
    found = of([0.01])
    for name in ("volatility", "sharpe", "sortino", "calmar", "omega", "skew", "kurtosis", "ulcer_index"):
        assert getattr(found, name) is None, name
    assert (found.value_at_risk, found.expected_shortfall, found.max_drawdown, found.longest_drawdown) == (0.01, 0.01, 0.0, 0)
    assert found.cagr == pytest.approx(1.01**365 - 1)


@pytest.mark.parametrize("constant", [0.01, -0.01, 0.1, 1 / 3])
def test_of_equal_returns_there_is_no_sharpe_and_no_shape(constant: float) -> None:
    found = of([constant] * 30)
    assert (found.sharpe, found.skew, found.kurtosis, found.volatility) == (None, None, None, 0.0)


def test_of_no_result_at_all_only_what_exists_is_said() -> None:
    found = {name: value for name, value in asdict(of([0.0] * 30)).items() if value is not None}
    assert found == {
        "cagr": 0.0, "volatility": 0.0, "value_at_risk": 0.0, "expected_shortfall": 0.0, "max_drawdown": 0.0,
        "longest_drawdown": 0, "ulcer_index": 0.0,
    }  # fmt: skip


def test_without_a_loss_there_is_nothing_to_divide_by() -> None:
    found = of([0.01, 0.02, 0.0])
    assert (found.sortino, found.omega, found.calmar) == (None, None, None)


def test_equity_that_is_gone_has_lost_all_and_below_zero_has_no_growth() -> None:
    assert of([0.5, -1.0, 0.5]).cagr == -1.0
    assert of([0.5, -1.0, 0.5]).max_drawdown == 1.0
    assert of([0.5, -1.5, 0.1]).cagr is None
    assert of([0.5, -1.5, 0.1]).calmar is None


def test_of_nothing_or_of_nan_there_is_nothing() -> None:
    assert ratios([], 365) is None
    assert ratios([0.1, math.nan], 365) is None
    assert ratios([0.1, -math.inf], 365) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=10), st.floats(1e-3, 1e6))
def test_no_figure_is_ever_nan_or_infinite(returns: list[float], periods: float) -> None:
    for name, value in asdict(of(returns, periods)).items():
        assert value is None or math.isfinite(value), name


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=30))
def test_turning_returns_round_turns_sharpe_and_skew_round(returns: list[float]) -> None:
    one, other = of(returns), of([-value for value in returns])
    for name in ("sharpe", "skew"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert a == pytest.approx(-b, rel=1e-6, abs=1e-6)


@given(st.integers(2, 60))
def test_the_shortfall_is_never_better_than_the_value_at_risk(count: int) -> None:
    found = of(noise(count, count) / 50)
    assert found.expected_shortfall is not None
    assert found.value_at_risk is not None
    assert found.expected_shortfall <= found.value_at_risk


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="returns have 2 dimensions: 1 is possible"):
        ratios(np.zeros((3, 3)), 365)
    with pytest.raises(ValueError, match="periods_a_year is 0: above 0 is possible"):
        ratios([0.1], 0)
