"""Slopes and means with errors that know what hangs together, beside statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.analytics.trend.regression import MOST_T, level_lags, long_run_sum, mean, return_lags, slope


def wandering(seed: int, count: int) -> NDArray[np.float64]:
    return np.asarray(np.cumsum(np.random.default_rng(seed).standard_normal(count)))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(5, 400), st.floats(0.0, 1.0))
def test_a_slope_and_its_error_are_those_of_statsmodels(seed: int, count: int, share: float) -> None:
    y, lags = wandering(seed, count), int(share * (count - 1))
    x = np.sort(np.random.default_rng(seed + 1).uniform(0, count, count))
    theirs = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    ours = slope(x, y, lags)
    assert ours.value == pytest.approx(theirs.params[1], rel=1e-8, abs=1e-10)
    # With all lags the weighted sum may be 0 but for rounding.
    assert ours.error == pytest.approx(theirs.bse[1], rel=1e-6, abs=1e-8)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(3, 400))
def test_a_mean_and_its_error_are_those_of_statsmodels(seed: int, count: int) -> None:
    y = np.random.default_rng(seed).standard_normal(count)
    theirs = sm.OLS(y, np.ones(count)).fit(cov_type="HAC", cov_kwds={"maxlags": return_lags(count)})
    ours = mean(y, return_lags(count))
    assert ours.value == pytest.approx(theirs.params[0], rel=1e-8, abs=1e-12)
    assert ours.error == pytest.approx(theirs.bse[0], rel=1e-8)
    assert ours.t == pytest.approx(theirs.tvalues[0], rel=1e-6, abs=1e-9)


def test_the_error_of_what_hangs_together_is_wider_than_the_textbooks() -> None:
    x, y = np.arange(300.0), wandering(3, 300)
    textbook = sm.OLS(y, sm.add_constant(x)).fit().bse[1]
    assert slope(x, y, level_lags(300)).error > 3 * textbook


def test_a_line_without_noise_is_as_sure_as_it_gets_and_a_constant_tells_nothing() -> None:
    x = np.arange(50.0)
    assert slope(x, 2.0 - 0.1 * x, 5).t == -MOST_T
    assert mean(np.full(50, 0.01), 3).t == MOST_T
    assert math.isnan(slope(x, np.full(50, 4.6), 5).t)
    assert math.isnan(mean(np.zeros(50), 3).t)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_points_have_no_slope(count: int) -> None:
    assert math.isnan(slope(np.arange(float(count)), np.ones(count), 0).value)


def test_points_at_one_place_have_no_slope() -> None:
    assert math.isnan(slope(np.ones(9), np.arange(9.0), 2).value)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60), st.integers(0, 59))
def test_a_long_run_sum_is_never_negative(values: list[float], lags: int) -> None:
    assert long_run_sum(np.array(values), min(lags, len(values) - 1)) >= 0.0


@pytest.mark.parametrize("count", [2, 5, 30, 1000, 20_000])
def test_lags_leave_something_to_multiply(count: int) -> None:
    assert 0 <= return_lags(count) < count
    assert 1 <= level_lags(count) < count
