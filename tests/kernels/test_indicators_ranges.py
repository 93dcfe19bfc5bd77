"""Rolling extremes and the average true range agree with TA-Lib and pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_runs import stream

from core.kernels.ranges import ATR, ROLLING_MAX, ROLLING_MIN, atr, rolling_max, rolling_min


@pytest.mark.parametrize("period", [1, 2, 3, 20, 333])
def test_rolling_extremes_are_exactly_those_of_pandas_and_talib(bars: dict[str, Any], period: int) -> None:
    high = stream(rolling_max, ROLLING_MAX, (period,), bars["close"], work=period)
    low = stream(rolling_min, ROLLING_MIN, (period,), bars["close"], work=period)
    window = pd.Series(bars["close"]).rolling(period)
    np.testing.assert_array_equal(high, window.max())
    np.testing.assert_array_equal(low, window.min())
    if period > 1:  # TA-Lib starts at 2
        np.testing.assert_array_equal(high, talib.MAX(bars["close"], period))
        np.testing.assert_array_equal(low, talib.MIN(bars["close"], period))


@pytest.mark.slow
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=50), st.sampled_from([1, 2, 3, 4, 9]))
@settings(deadline=None, max_examples=200)
def test_rolling_extremes_of_any_values_are_those_of_each_window(values: list[int], period: int) -> None:
    x = np.array(values, np.float64)
    for kernel, extreme in ((rolling_max, max), (rolling_min, min)):
        ours = stream(kernel, ROLLING_MAX, (period,), x, work=period)
        assert np.isnan(ours[: period - 1]).all()
        assert [*ours[period - 1 :]] == [extreme(x[i : i + period]) for i in range(len(x) - period + 1)]


@pytest.mark.parametrize("period", [1, 2, 14, 100])
def test_atr_agrees_with_talib(bars: dict[str, Any], period: int) -> None:
    ours = stream(atr, ATR, (period,), bars["high"], bars["low"], bars["close"])
    np.testing.assert_allclose(ours, talib.ATR(bars["high"], bars["low"], bars["close"], period), rtol=1e-9, atol=1e-18)


def test_atr_agrees_with_pandas(bars: dict[str, Any]) -> None:
    frame, period = pd.DataFrame(bars), 14
    last = frame["close"].shift()
    reach = pd.concat([frame["high"] - frame["low"], (frame["high"] - last).abs(), (frame["low"] - last).abs()], axis=1).max(axis=1)
    seeded = pd.concat([pd.Series([reach[1 : period + 1].mean()]), reach[period + 1 :]]).ewm(alpha=1 / period, adjust=False).mean()
    ours = stream(atr, ATR, (period,), bars["high"], bars["low"], bars["close"])
    np.testing.assert_allclose(ours[period:], seeded, rtol=1e-9)
