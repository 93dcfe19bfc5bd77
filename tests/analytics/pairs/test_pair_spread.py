"""What is measured of a spread: half-life and Hurst exponent of series whose truth is known, rolling figures as pandas has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pair_series import cointegrated, fractional_motion, ornstein_uhlenbeck, walk

from core.analytics.pairs.absent import Absent
from core.analytics.pairs.half_life import half_life
from core.analytics.pairs.hurst import hurst
from core.analytics.pairs.windows import beta, correlation, rolling_beta, rolling_correlation, rolling_zscore, zscore


@pytest.mark.parametrize("bars", [2.0, 10.0, 50.0, 200.0])
def test_the_half_life_of_an_ornstein_uhlenbeck_process_is_found(bars: float) -> None:
    found = [half_life(ornstein_uhlenbeck(20_000, bars, seed)) for seed in range(5)]
    assert np.mean(found) == pytest.approx(bars, rel=0.1)


def test_the_half_life_does_not_depend_on_level_or_unit() -> None:
    spread = ornstein_uhlenbeck(500, 8, 1)
    assert half_life(1e6 * spread - 30) == pytest.approx(half_life(spread), rel=1e-6)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.arange(15.0), "PENDING: 5 more bars needed"),
        (np.full(50, 1.0), "does not move"),
        (1.1 ** np.arange(50.0), "does not come back"),
        (np.tile([1.0, -1.0], 30), "over within a bar"),
        (np.append(np.arange(49.0), np.nan), "not finite"),
    ],
)
def test_a_spread_without_half_life_says_why(values: np.ndarray, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(Absent, match=words):
        half_life(values)


@pytest.mark.parametrize("exponent", [0.2, 0.35, 0.5, 0.65, 0.8])
def test_the_hurst_exponent_of_fractional_brownian_motion_is_found(exponent: float) -> None:
    found = [hurst(fractional_motion(8192, exponent, seed)) for seed in range(6)]
    assert np.mean(found) == pytest.approx(exponent, abs=0.04)


def test_a_random_walk_has_one_half_and_what_comes_back_far_less() -> None:
    assert np.mean([hurst(walk(4000, seed)) for seed in range(8)]) == pytest.approx(0.5, abs=0.03)
    assert hurst(ornstein_uhlenbeck(4000, 3, 5)) < 0.2
    assert hurst(np.cumsum(ornstein_uhlenbeck(4000, 50, 6))) > 0.8


@pytest.mark.parametrize(
    ("values", "words"),
    [(np.arange(90.0), "PENDING: 10 more"), (np.ones(200), "does not move"), (np.tile([1.0, 2.0], 100), "repeats itself")],
)
def test_a_spread_without_hurst_exponent_says_why(values: np.ndarray, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(Absent, match=words):
        hurst(values)


@settings(max_examples=25)
@given(st.integers(3, 80), st.integers(0, 1000))
def test_rolling_figures_are_those_of_pandas(window: int, seed: int) -> None:
    y, x = cointegrated(200, seed)
    spread = pd.Series(y - 0.7 * x)
    plain = (spread - spread.rolling(window).mean()) / spread.rolling(window).std()
    np.testing.assert_allclose(rolling_zscore(spread.to_numpy(), window), plain, rtol=1e-6, atol=1e-9)
    a, b = pd.Series(y).diff(), pd.Series(x).diff()
    np.testing.assert_allclose(rolling_correlation(y, x, window), a.rolling(window).corr(b), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(rolling_beta(y, x, window), a.rolling(window).cov(b) / b.rolling(window).var(), rtol=1e-6, atol=1e-9)
    assert zscore(spread.to_numpy(), window) == pytest.approx(rolling_zscore(spread.to_numpy(), window)[-1])
    assert correlation(y, x, window) == pytest.approx(rolling_correlation(y, x, window)[-1])
    assert beta(y, x, window) == pytest.approx(rolling_beta(y, x, window)[-1])


def test_correlation_over_all_is_numpys() -> None:
    y, x = cointegrated(500, 3)
    assert correlation(y, x) == pytest.approx(np.corrcoef(np.diff(y), np.diff(x))[0, 1])


def test_a_window_that_is_not_full_says_how_many_bars_it_waits_for() -> None:
    with pytest.raises(Absent, match="PENDING: 14 more bars needed"):
        zscore(np.arange(46.0), 60)
    with pytest.raises(Absent, match="PENDING: 15 more bars needed"):
        correlation(np.arange(46.0), np.arange(46.0), 60)
    assert np.isnan(rolling_zscore(np.arange(46.0), 60)).all()


def test_a_leg_that_stands_still_has_no_correlation_and_a_still_spread_no_zscore() -> None:
    moving, still = walk(100, 1), np.append(walk(50, 2), np.full(50, 3.0))
    with pytest.raises(Absent, match="the second leg did not move in the window"):
        correlation(moving, still, 30)
    with pytest.raises(Absent, match="the first leg did not move in the window"):
        beta(still, moving, 30)
    with pytest.raises(Absent, match="does not move in the window"):
        zscore(still, 30)
    assert np.isnan(rolling_zscore(still, 30)[-1])
    assert np.isnan(rolling_correlation(moving, still, 30)[-1])


def test_a_window_of_two_bars_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="window is 2"):
        zscore(np.arange(10.0), 2)
