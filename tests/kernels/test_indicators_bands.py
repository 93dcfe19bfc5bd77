"""Rolling deviation and Bollinger bands agree with TA-Lib and pandas, also where those lose their digits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_runs import stream

from core.kernels.bands import BOLLINGER, ROLLING_STD, bollinger, rolling_std


def windows_std(x: Any, period: int) -> Any:
    """Population deviation of every window, in extended precision, each one from its own values."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.longdouble), period)
    away = windows - windows.mean(axis=1, keepdims=True)
    return np.sqrt((away * away).mean(axis=1)).astype(np.float64)


@pytest.mark.parametrize("period", [2, 20, 200])
def test_rolling_std_agrees_with_pandas_and_with_each_window_alone(bars: dict[str, Any], period: int) -> None:
    x = bars["close"]
    ours = stream(rolling_std, ROLLING_STD, (period,), x, work=2 * period)[period - 1 :]
    exact = windows_std(x, period)
    np.testing.assert_allclose(ours, exact, rtol=1e-9, atol=1e-15 * x.mean())
    # pandas slides one variance along, which keeps its rounding errors: they show in still windows.
    wide = exact > 1e-4 * x.mean()
    theirs = pd.Series(x).rolling(period).std(ddof=0)[period - 1 :]
    np.testing.assert_allclose(ours[wide], theirs[wide], rtol=1e-9, atol=1e-11 * x.mean())
    assert wide.sum() > 100


def test_rolling_std_resolves_a_cent_at_60000() -> None:
    x = 60_000 + np.random.default_rng(5).normal(0, 0.01, 20_000)
    ours = stream(rolling_std, ROLLING_STD, (20,), x, work=40)[19:]
    np.testing.assert_allclose(ours, windows_std(x, 20), rtol=1e-9)
    np.testing.assert_allclose(ours, pd.Series(x).rolling(20).std(ddof=0)[19:], rtol=1e-6)


def test_a_jump_leaves_no_error_behind() -> None:
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.normal(5, 1e-3, 105), rng.normal(60_000, 1e-3, 105), rng.normal(1e9, 0.01, 105), rng.normal(1, 1e-3, 105)])
    ours = stream(rolling_std, ROLLING_STD, (10,), x, work=20)[9:]
    exact = windows_std(x, 10)
    assert np.nanmax(np.abs(ours / exact - 1)) < 1e-6  # the last digits of 1e9 + 0.01 are the data's own
    still = exact < 0.01
    np.testing.assert_allclose(ours[still], exact[still], rtol=1e-9)


def test_a_flat_price_has_no_deviation_at_all() -> None:
    x = np.concatenate([np.full(50, 0.1), np.full(50, 60_000.1)])
    ours = stream(rolling_std, ROLLING_STD, (7,), x, work=14)
    assert (ours[6:50] == 0.0).all()
    assert (ours[56:] == 0.0).all()
    assert (ours[50:56] > 0.0).all()


def test_rolling_std_of_one_is_zero() -> None:
    np.testing.assert_array_equal(stream(rolling_std, ROLLING_STD, (1,), np.array([1.5, 9.0, 0.1]), work=2), 0.0)


@given(
    st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=60),
    st.sampled_from([1, 2, 3, 7, 16]),
)
@settings(deadline=None, max_examples=200)
def test_rolling_std_of_any_prices_is_that_of_each_window(values: list[float], period: int) -> None:
    x = np.array(values)
    ours = stream(rolling_std, ROLLING_STD, (period,), x, work=2 * period)
    assert np.isnan(ours[: period - 1]).all()
    for i in range(period - 1, len(x)):
        window = x[i - period + 1 : i + 1]
        mean = math.fsum(window) / period
        exact = math.sqrt(math.fsum((v - mean) ** 2 for v in window) / period)
        assert math.isclose(ours[i], exact, rel_tol=1e-9, abs_tol=4e-16 * float(window.max()))


@pytest.mark.parametrize(("period", "k"), [(5, 1.0), (20, 2.0), (100, 2.5)])
def test_bollinger_agrees_with_talib_and_pandas(bars: dict[str, Any], period: int, k: float) -> None:
    x = bars["close"]
    middle, upper, lower = stream(bollinger, BOLLINGER, (period, k), x, work=2 * period, fields=("upper", "lower"))
    known = slice(period - 1, None)
    their_upper, their_middle, their_lower = talib.BBANDS(x, period, k, k)
    window = pd.Series(x).rolling(period)
    width = (k * window.std(ddof=0)).to_numpy()
    np.testing.assert_allclose(middle, their_middle, rtol=1e-9)
    np.testing.assert_allclose(middle, window.mean(), rtol=1e-9)
    # Both oracles slide their squares along and have no digits left in still windows; where the price moved they have.
    wide = np.flatnonzero(upper - lower > 1e-4 * x.mean())
    wide = wide[wide >= period - 1]
    assert len(wide) > 100
    np.testing.assert_allclose(upper[wide], their_upper[wide], rtol=1e-9)
    np.testing.assert_allclose(lower[wide], their_lower[wide], rtol=1e-9)
    np.testing.assert_allclose(upper[wide], (middle + width)[wide], rtol=1e-9)
    np.testing.assert_allclose(lower[wide], (middle - width)[wide], rtol=1e-9)
    exact = k * windows_std(x, period)
    np.testing.assert_allclose(upper[known], middle[known] + exact, rtol=1e-12)
    np.testing.assert_allclose(lower[known], middle[known] - exact, rtol=1e-12)
