"""Hedge ratios agree with statsmodels and scipy, which nobody here wrote, and say in words where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pair_series import Floats, cointegrated, walk
from scipy.stats import theilslopes
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.recursive_ls import RecursiveLS
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM
from statsmodels.tools import add_constant

from core.analytics.pairs.absent import Absent
from core.analytics.pairs.huber import fit_huber
from core.analytics.pairs.kalman import START, fit_kalman
from core.analytics.pairs.line import fit_ols
from core.analytics.pairs.theil_sen import EVERY, below, fit_theil_sen, inversions

LENGTHS = (10, 60, 1000, 5000)


def spiked(count: int, seed: int) -> tuple[Floats, Floats]:
    """Cointegrated legs, one bar in twenty of the first far off."""
    y, x = cointegrated(count, seed)
    y[:: max(2, count // 20)] += 0.05
    return y, x


@pytest.mark.parametrize("count", LENGTHS)
def test_least_squares_are_those_of_statsmodels(count: int) -> None:
    y, x = cointegrated(count, count)
    line = fit_ols(y, x)
    intercept, slope = OLS(y, add_constant(x)).fit().params
    assert line.slope == pytest.approx(slope, rel=1e-9)
    assert line.intercept == pytest.approx(intercept, rel=1e-9)


@pytest.mark.parametrize("count", LENGTHS)
@pytest.mark.parametrize("legs", [cointegrated, spiked])
def test_huber_is_statsmodels_rlm(count: int, legs: Callable[[int, int], tuple[Floats, Floats]]) -> None:
    y, x = legs(count, 3)
    line = fit_huber(y, x)
    intercept, slope = RLM(y, add_constant(x), M=HuberT()).fit().params
    assert line.slope == pytest.approx(slope, rel=1e-7)
    assert line.intercept == pytest.approx(intercept, rel=1e-7)


def test_huber_is_pulled_less_by_outliers_than_least_squares() -> None:
    x = walk(500, 1)
    y = 0.7 * x + np.random.default_rng(2).normal(size=500) * 1e-4
    y[np.argsort(x)[-25:]] += 0.02
    assert abs(fit_huber(y, x).slope - 0.7) < 0.2 * abs(fit_ols(y, x).slope - 0.7)


@pytest.mark.parametrize("count", [10, 61, 1000, EVERY, EVERY + 1, 3000, 4001])
@pytest.mark.parametrize("decimals", [15, 3])
def test_theil_sen_is_scipys(count: int, decimals: int) -> None:
    y, x = cointegrated(count, 5)
    y, x = y.round(decimals), x.round(decimals)
    line, oracle = fit_theil_sen(y, x), theilslopes(y, x, method="separate")
    assert line.slope == pytest.approx(oracle.slope, rel=1e-11)
    assert line.intercept == pytest.approx(oracle.intercept, rel=1e-9)


@given(st.permutations(range(40)))
def test_inversions_are_the_pairs_that_stand_the_wrong_way_round(order: list[int]) -> None:
    plain = sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order)))
    assert inversions(np.array(order, np.int64)) == plain


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=30), st.sampled_from([-1.5, -0.25, 0.0, 0.3, 2.5]))
def test_slopes_below_a_guess_are_counted_ties_and_all(points: list[tuple[int, int]], guess: float) -> None:
    x, y = np.array(sorted(points), np.float64).T
    plain = sum(x[j] > x[i] and (y[j] - guess * x[j]) < (y[i] - guess * x[i]) for i in range(len(x)) for j in range(i + 1, len(x)))
    assert below(y, x, guess) == plain


@pytest.mark.parametrize("count", [START + 1, 100, 1000])
def test_kalman_without_state_noise_is_recursive_least_squares(count: int) -> None:
    y, x = cointegrated(count, 7)
    path = fit_kalman(y, x, delta=0.0)
    # The oracle's diffuse start is exact for centred legs only; the slope does not depend on where x is 0.
    oracle = RecursiveLS(y, add_constant(x - x.mean())).fit().recursive_coefficients.filtered
    assert np.isnan(path.slope[: START - 1]).all()
    np.testing.assert_allclose(path.slope[START - 1 :], oracle[1][START - 1 :], rtol=1e-6)
    np.testing.assert_allclose((path.intercept + path.slope * x.mean())[START - 1 :], oracle[0][START - 1 :], rtol=1e-6)
    full = fit_ols(y, x)
    assert path.last.slope == pytest.approx(full.slope, rel=1e-8)
    assert path.last.intercept == pytest.approx(full.intercept, rel=1e-8)


def test_kalman_follows_a_hedge_ratio_that_changes_where_least_squares_give_the_mean() -> None:
    x = walk(2000, 11)
    ratio = np.where(np.arange(2000) < 1000, 0.5, 1.0)
    y = ratio * (x - x[1000]) + np.random.default_rng(12).normal(size=2000) * 1e-4
    path = fit_kalman(y, x)
    assert path.slope[990] == pytest.approx(0.5, abs=0.05)
    assert path.last.slope == pytest.approx(1.0, abs=0.05)
    assert 0.55 < fit_ols(y, x).slope < 0.95


def test_kalman_looks_back_only() -> None:
    y, x = cointegrated(400, 13)
    changed = y.copy()
    changed[300:] += 1.0
    np.testing.assert_array_equal(fit_kalman(changed, x).slope[:300], fit_kalman(y, x).slope[:300])
    np.testing.assert_array_equal(fit_kalman(changed, x).spread[:300], fit_kalman(y, x).spread[:300])


@pytest.mark.parametrize("delta", [0.0, 1e-4])
def test_kalman_forecasts_each_bar_from_those_before(delta: float) -> None:
    y, x = cointegrated(200, 14)
    path = fit_kalman(y, x, delta)
    forecast = path.intercept[:-1] + path.slope[:-1] * x[1:]
    np.testing.assert_allclose(path.spread[START:], (y[1:] - forecast)[START - 1 :], atol=1e-12)
    assert np.isnan(path.spread[:START]).all()


FITS = [fit_ols, fit_huber, fit_theil_sen, lambda y, x: fit_kalman(y, x).last]


@pytest.mark.parametrize("fit", FITS)
@given(scale=st.sampled_from([1e-6, 1.0, 1e5]), shift=st.sampled_from([0.0, -3.0, 1e3]))
@settings(max_examples=9)
def test_units_of_a_leg_scale_the_ratio_and_nothing_else(fit: Callable[[Floats, Floats], object], scale: float, shift: float) -> None:
    y, x = cointegrated(200, 17)
    plain, other = fit(y, x), fit(y, scale * x + scale * shift)
    assert other.slope * scale == pytest.approx(plain.slope, rel=1e-5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        (np.ones(5), np.arange(5.0), r"PENDING: (5|16) more bars needed"),
        (np.arange(100.0), np.full(100, 3.0), "the second leg did not move"),
        (np.append(np.arange(99.0), np.nan), np.arange(100.0), "not finite"),
        (np.append(np.arange(99.0), np.inf), np.arange(100.0), "not finite"),
    ],
)
def test_where_there_is_no_line_it_says_why(fit: Callable[[Floats, Floats], object], y: Floats, x: Floats, words: str) -> None:
    with pytest.raises(Absent, match=words):
        fit(y, x)


@pytest.mark.parametrize("fit", FITS)
def test_an_exact_line_is_found_and_a_leg_that_stands_still_has_ratio_0(fit: Callable[[Floats, Floats], object]) -> None:
    x = walk(300, 19)
    assert fit(3.0 * x - 1.0, x).slope == pytest.approx(3.0)  # type: ignore[attr-defined]
    assert fit(np.full(300, 5.0), x).slope == pytest.approx(0.0, abs=1e-9)  # type: ignore[attr-defined]


@pytest.mark.parametrize("fit", FITS)
def test_arrays_that_do_not_go_together_are_an_error_of_the_caller(fit: Callable[[Floats, Floats], object]) -> None:
    with pytest.raises(ValueError, match="one length"):
        fit(np.arange(50.0), np.arange(51.0))
