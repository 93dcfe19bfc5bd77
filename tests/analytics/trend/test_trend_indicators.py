"""Indicators of whole arrays, beside TA-Lib, pandas and the streaming kernels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.analytics.trend.indicators import directional, efficiency_ratio, rsi
from core.analytics.trend.smoothing import decayed
from core.kernels import oscillators

Floats = NDArray[np.float64]


def bars(seed: int, count: int, grid: float) -> tuple[Floats, Floats, Floats]:
    """High, low, close of a walk on a grid of prices, so that changes of 0 and equal moves are there too."""
    rng = np.random.default_rng(seed)
    close = 100 + grid * np.cumsum(rng.integers(-3, 4, count)).astype(float)
    return close + grid * rng.integers(0, 3, count), close - grid * rng.integers(0, 3, count), close


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 400), st.integers(2, 30), st.sampled_from([0.01, 0.25]))
def test_directional_movement_is_that_of_ta_lib(seed: int, count: int, period: int, grid: float) -> None:
    high, low, close = bars(seed, count, grid)
    ours = directional(high, low, close, period)
    np.testing.assert_allclose(ours.adx, talib.ADX(high, low, close, period), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.plus, talib.PLUS_DI(high, low, close, period), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.minus, talib.MINUS_DI(high, low, close, period), rtol=1e-9, atol=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 400), st.integers(2, 30))
def test_rsi_is_that_of_ta_lib(seed: int, count: int, period: int) -> None:
    _, _, close = bars(seed, count, 0.25)
    theirs = talib.RSI(close, period)
    moved = np.concatenate(([False], np.cumsum(np.abs(np.diff(close))) > 0))
    theirs = np.where(np.isfinite(theirs) & ~moved, 50.0, theirs)  # TA-Lib: 0 where nothing moved
    np.testing.assert_allclose(rsi(close, period), theirs, rtol=1e-9, atol=1e-9)


def test_rsi_is_that_of_the_streaming_kernel() -> None:
    _, _, close = bars(7, 300, 0.25)
    state = np.zeros(1, oscillators.RSI).view(np.recarray)[0]
    streamed = [oscillators.rsi(state, 14, float(price)) for price in close]
    np.testing.assert_allclose(rsi(close, 14), streamed, rtol=1e-10)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 300), st.integers(1, 60))
def test_the_efficiency_ratio_is_change_over_way(seed: int, count: int, period: int) -> None:
    _, _, close = bars(seed, count, 0.25)
    series = pd.Series(close)
    way = series.diff().abs().rolling(period).sum()
    theirs = (series.diff(period).abs() / way).where(way > 0)
    np.testing.assert_allclose(efficiency_ratio(close, period), theirs.to_numpy(), rtol=1e-9, atol=1e-12)


def test_a_price_that_stands_still_has_no_direction_and_no_efficiency() -> None:
    still = np.full(60, 100.0)
    found = directional(still, still, still)
    assert (found.adx[-1], found.plus[-1], found.minus[-1]) == (0.0, 0.0, 0.0)
    assert rsi(still)[-1] == 50.0
    assert np.isnan(efficiency_ratio(still, 20)).all()


@pytest.mark.parametrize("count", [0, 1, 14, 27])
def test_before_there_are_enough_bars_there_is_no_value(count: int) -> None:
    price = np.linspace(100, 110, count)
    assert np.isnan(directional(price, price, price).adx).all()
    assert np.isnan(rsi(price[:14])).all()


@given(st.lists(st.floats(-1e3, 1e3), max_size=300), st.floats(0.0, 1.0), st.floats(-1e3, 1e3))
def test_a_decaying_sum_is_its_plain_loop(values: list[float], kept: float, start: float) -> None:
    expected, last = [], start
    for value in values:
        last = kept * last + value
        expected.append(last)
    np.testing.assert_allclose(decayed(np.array(values), kept, start), expected, rtol=1e-9, atol=1e-7)
