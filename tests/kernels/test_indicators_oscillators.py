"""Momentum, RSI and MACD agree with TA-Lib and pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from kernel_runs import stream

from core.kernels.oscillators import LAG, MACD, RSI, lag, macd, momentum, rate_of_change, rsi


@pytest.mark.parametrize("period", [1, 5, 60])
def test_momentum_and_rate_of_change_agree_with_talib_and_pandas(bars: dict[str, Any], period: int) -> None:
    x = bars["close"]
    np.testing.assert_array_equal(stream(lag, LAG, (period,), x, work=period), pd.Series(x).shift(period))
    ours = stream(momentum, LAG, (period,), x, work=period)
    np.testing.assert_array_equal(ours, talib.MOM(x, period))
    np.testing.assert_array_equal(ours, pd.Series(x).diff(period))
    ours = stream(rate_of_change, LAG, (period,), x, work=period)
    np.testing.assert_allclose(ours, talib.ROCP(x, period), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(ours, pd.Series(x).pct_change(period), rtol=1e-9, atol=1e-15)


def test_a_rate_of_change_from_zero_is_unknown() -> None:
    ours = stream(rate_of_change, LAG, (1,), np.array([0.0, 2.0, 3.0]), work=1)
    np.testing.assert_array_equal(ours, [np.nan, np.nan, 0.5])


@pytest.mark.parametrize("period", [2, 14, 50])
def test_rsi_agrees_with_talib(bars: dict[str, Any], period: int) -> None:
    x = bars["close"]
    scale = 1.0 if x.mean() > 1.0 else 1e6  # TA-Lib takes moves below 1e-14 for none
    theirs = talib.RSI(x * scale, period)
    ours = stream(rsi, RSI, (period,), x)
    moved = theirs != 0.0
    np.testing.assert_allclose(ours[moved], theirs[moved], rtol=1e-9, atol=1e-9)
    assert moved.mean() > 0.9


def test_rsi_agrees_with_pandas(bars: dict[str, Any]) -> None:
    x, period = bars["close"], 14
    change = pd.Series(x).diff()
    parts = []
    for move in (change.clip(lower=0), -change.clip(upper=0)):
        seeded = pd.concat([pd.Series([move[1 : period + 1].mean()]), move[period + 1 :]])
        parts.append(seeded.ewm(alpha=1 / period, adjust=False).mean().to_numpy())
    np.testing.assert_allclose(stream(rsi, RSI, (period,), x)[period:], 100 * parts[0] / (parts[0] + parts[1]), rtol=1e-9)


def test_rsi_is_100_after_gains_only_0_after_losses_only_and_50_where_nothing_moved() -> None:
    x = np.arange(1.0, 30.0)
    assert (stream(rsi, RSI, (14,), x)[14:] == 100.0).all()
    assert (stream(rsi, RSI, (14,), x[::-1])[14:] == 0.0).all()
    assert (stream(rsi, RSI, (14,), np.full(29, 60_000.1))[14:] == 50.0).all()


@pytest.mark.parametrize(("fast", "slow", "smooth"), [(12, 26, 9), (3, 10, 16), (2, 3, 1), (50, 200, 30)])
def test_macd_agrees_with_talib(bars: dict[str, Any], fast: int, slow: int, smooth: int) -> None:
    x = bars["close"]
    histogram, line, signal = stream(macd, MACD, (fast, slow, smooth), x, fields=("line", "signal"))
    theirs = talib.MACD(x, fast, slow, smooth)
    known = slice(slow + smooth - 2, None)
    scale = 1e-9 * np.abs(theirs[0][known]).mean()
    np.testing.assert_array_equal(np.isnan(histogram), np.isnan(theirs[2]))
    for ours, oracle in zip((line, signal, histogram), theirs, strict=True):
        np.testing.assert_allclose(ours[known], oracle[known], rtol=1e-9, atol=scale)
