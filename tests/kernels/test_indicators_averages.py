"""Averages and sums agree with TA-Lib and pandas, do not drift, and give the same bits compiled and not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from kernel_runs import stream

from core.kernels.averages import (
    EMA,
    ROLLING_SUM,
    ROLLING_VWAP,
    SMA,
    VWAP,
    above,
    ema,
    rolling_ratio,
    rolling_sum,
    rolling_vwap,
    session_vwap,
    sma,
)


def agree(ours: Any, oracle: Any, scale: float = 0.0) -> None:
    """Equal to 1e-9 of the value (or of `scale`), and NaN in the same places."""
    np.testing.assert_allclose(ours, oracle, rtol=1e-9, atol=1e-9 * scale, equal_nan=True)


@pytest.mark.parametrize("period", [2, 5, 50, 200])
def test_sma_agrees_with_talib_and_pandas(bars: dict[str, Any], period: int) -> None:
    ours = stream(sma, SMA, (period,), bars["close"], work=period)
    agree(ours, talib.SMA(bars["close"], period))
    agree(ours, pd.Series(bars["close"]).rolling(period).mean())


def test_sma_of_one_is_the_value_itself() -> None:
    x = np.array([3.5, 0.1, 7.25])
    np.testing.assert_array_equal(stream(sma, SMA, (1,), x, work=1), x)


@pytest.mark.parametrize("period", [2, 12, 200])
def test_ema_agrees_with_talib(bars: dict[str, Any], period: int) -> None:
    agree(stream(ema, EMA, (period,), bars["close"]), talib.EMA(bars["close"], period))


def test_ema_agrees_with_pandas_from_its_seed_on(bars: dict[str, Any]) -> None:
    x, period = bars["close"], 26
    seeded = pd.Series(np.concatenate([[x[:period].mean()], x[period:]])).ewm(span=period, adjust=False).mean()
    agree(stream(ema, EMA, (period,), x)[period - 1 :], seeded)


def test_rolling_sum_agrees_with_pandas(bars: dict[str, Any]) -> None:
    ours = stream(rolling_sum, ROLLING_SUM, (30,), bars["volume"], work=30)
    agree(ours, pd.Series(bars["volume"]).rolling(30).sum(), scale=bars["volume"].mean())


def test_a_rolling_sum_does_not_drift() -> None:
    x = np.random.default_rng(7).normal(60_000, 500, 2_000_000)
    x[:1000] *= 1e6  # the rounding errors these leave behind stay in a sum that only adds and subtracts
    period = 50
    ours = stream(rolling_sum, ROLLING_SUM, (period,), x, work=period)
    naive = np.cumsum(np.concatenate([x[:period], x[period:] - x[:-period]]))[period - 1 :]
    at = np.arange(1000 + 2 * period, len(x), 997)
    exact = np.array([math.fsum(x[i - period + 1 : i + 1]) for i in at])
    ours_off = np.abs(ours[at] / exact - 1).max()
    naive_off = np.abs(naive[at - period + 1] / exact - 1).max()
    assert ours_off < 1e-14
    assert naive_off > 100 * ours_off


def days_vwap(ts: Any, price: Any, qty: Any) -> Any:
    """Session VWAP by pandas."""
    frame = pd.DataFrame({"day": ts // 86_400_000_000_000, "notional": price * qty, "volume": qty})
    sums = frame.groupby("day")[["notional", "volume"]].cumsum()
    return sums["notional"] / sums["volume"].where(sums["volume"] > 0)


def test_session_vwap_agrees_with_pandas_and_starts_again_at_utc_midnight(bars: dict[str, Any]) -> None:
    ts = 1_723_075_200_000_000_000 - 17 * 60_000_000_000 + np.arange(len(bars["close"])) * 60_000_000_000
    agree(stream(session_vwap, VWAP, (), ts, bars["close"], bars["volume"]), days_vwap(ts, bars["close"], bars["volume"]))


def test_session_vwap_takes_a_late_tick_of_yesterday_into_today() -> None:
    midnight = 1_723_075_200_000_000_000
    ts = np.array([midnight - 1, midnight, midnight - 5, midnight + 1])
    ours = stream(session_vwap, VWAP, (), ts, np.array([10.0, 20.0, 40.0, 60.0]), np.ones(4))
    np.testing.assert_array_equal(ours, [10.0, 20.0, 30.0, 40.0])


@pytest.mark.parametrize("period", [1, 2, 20, 300])
def test_rolling_vwap_agrees_with_pandas(bars: dict[str, Any], period: int) -> None:
    price, qty = bars["close"], bars["volume"]
    sums = pd.DataFrame({"notional": price * qty, "volume": qty}).rolling(period).sum()
    known = sums["volume"] > 1e-6
    ours = stream(rolling_vwap, ROLLING_VWAP, (period,), price, qty, work=2 * period)
    agree(ours[known], (sums["notional"] / sums["volume"])[known])


def test_rolling_vwap_is_unknown_while_nothing_was_traded() -> None:
    qty = np.array([0.1, 0.2, 0.7, 0.0, 0.0, 0.0, 0.0, 0.3])
    ours = stream(rolling_vwap, ROLLING_VWAP, (3,), np.full(8, 5.0), qty, work=6)
    np.testing.assert_array_equal(np.isnan(ours), [True, True, False, False, False, True, True, False])


def test_rolling_ratio_of_a_window_that_is_empty_again_is_unknown_however_much_was_in_it() -> None:
    parts, wholes = np.array([1e9, -3e8, 0.1, 0.0, 0.0, 0.0, -2.0]), np.array([1e9, 7e8, 0.3, 0.0, 0.0, 0.0, 4.0])
    ours = stream(rolling_ratio, ROLLING_VWAP, (3,), parts, wholes, work=6)
    np.testing.assert_array_equal(np.isnan(ours), [True, True, False, False, False, True, False])
    assert ours[-1] == -0.5


def test_averages_within_a_trillionth_are_equal() -> None:
    assert above(1.0 + 2e-12, 1.0)
    assert not above(1.0 + 5e-13, 1.0)
    assert not above(1.0, 1.0 + 5e-13)
    assert above(-1.0, -1.0 - 2e-12)
    assert not above(math.nan, 1.0)
    assert not above(1.0, math.nan)
    assert above(1e-300, 0.0)


def test_averages_of_a_flat_price_are_equal_whatever_their_length() -> None:
    x = np.full(5_000, 60_000.1)
    fast, slow = stream(sma, SMA, (7,), x, work=7), stream(sma, SMA, (1_000,), x, work=1_000)
    seeded = stream(ema, EMA, (333,), x)
    for i in range(1_000, 5_000):
        assert not above(fast[i], slow[i])
        assert not above(slow[i], fast[i])
        assert not above(seeded[i], slow[i])
        assert not above(slow[i], seeded[i])
