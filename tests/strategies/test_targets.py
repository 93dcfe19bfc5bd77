"""Each built-in strategy wants exactly what a few independent lines of NumPy, pandas or TA-Lib say it should.

Prices are whole numbers of cents (or satoshis), so that the oracles compare averages exactly, in integers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.lib.stride_tricks import sliding_window_view
from strategy_runs import definition, targets

from core.types import BAR, MINUTE, SECOND, TICK

NAMES = ["sma_crossover", "momentum", "mean_reversion", "rsi", "bollinger", "macd", "liquidity", "smart_money", "volume", "microstructure"]


def random_ticks(seed: int) -> tuple[Any, Any]:
    """Ticks of a random walk, some seconds apart, and the closes of its finished minutes in cents."""
    rng = np.random.default_rng(seed)
    cents = 6_000_000 + np.cumsum(rng.integers(-700, 701, 40_000))
    ticks = np.zeros(len(cents), TICK)
    ticks["ts"] = 28_000_000 * MINUTE + np.cumsum(rng.integers(1, 9 * SECOND, len(cents)))
    ticks["price"], ticks["qty"] = cents / 100, rng.exponential(1, len(cents))
    return ticks, pd.Series(cents).groupby(ticks["ts"] // MINUTE).last().to_numpy()[:-1]


def tick_by_tick(seed: int) -> tuple[Any, Any]:
    """Ticks of a random walk of few different prices, and each one's price in cents."""
    rng = np.random.default_rng(seed)
    cents = 1_000 + np.cumsum(rng.integers(-1, 2, 20_000))
    ticks = np.zeros(len(cents), TICK)
    ticks["ts"], ticks["price"], ticks["qty"] = np.arange(len(cents)), cents / 100, 1.0
    return ticks, cents


def recorded_bars(folder: Path, name: str, scale: float) -> tuple[Any, Any]:
    """The venue's 1m bars, and their closes as whole numbers."""
    frame = pd.read_csv(folder / "ohlcv" / name)
    bars = np.zeros(len(frame), BAR)
    bars["start"] = frame["open_time_ms"] * 1_000_000
    bars["ts"] = bars["start"] + MINUTE - 1_000_000
    for ours, theirs in (("open", "open"), ("high", "high"), ("low", "low"), ("price", "close"), ("qty", "volume")):
        bars[ours] = frame[theirs]
    return bars, np.rint(frame["close"].to_numpy() * scale).astype(np.int64)


@pytest.fixture(scope="module", params=["minutes of ticks", "tick by tick", "BTCUSDT bars", "XRPETH bars"])
def market(request: pytest.FixtureRequest) -> tuple[Any, Any, float, str]:
    """Records to feed, the closes they make as whole numbers, what a whole one is divided by, and the interval."""
    match request.param:
        case "minutes of ticks":
            return *random_ticks(11), 100.0, "1m"
        case "tick by tick":
            return *tick_by_tick(12), 100.0, "tick"
        case "BTCUSDT bars":
            folder = request.getfixturevalue("shared_data")
            return *recorded_bars(folder, "binance_usdm_1m_2025/BTCUSDT_1m.csv.gz", 10.0), 10.0, "1m"
        case _:
            folder = request.getfixturevalue("shared_data")
            return *recorded_bars(folder, "binance_spot_XRPETH_1m_20191011_20191013.csv.gz", 1e8), 1e8, "1m"


def holding(enter_long: Any, enter_short: Any, leave_long: Any, leave_short: Any, known: int) -> Any:
    """The target bar by bar: enter, leave for flat, hold otherwise; NaN for the first bars."""
    wanted, target = np.full(len(enter_long), np.nan), 0.0
    for i in range(known, len(wanted)):
        if enter_long[i]:
            target = 1.0
        elif enter_short[i]:
            target = -1.0
        elif (target > 0 and leave_long[i]) or (target < 0 and leave_short[i]):
            target = 0.0
        wanted[i] = target
    return wanted


def padded(values: Any, count: int) -> Any:
    """Window results with NaN (0 for integers) in front, shape (count,)."""
    return np.concatenate([np.zeros(count - len(values), values.dtype), values])


def changed_enough(wanted: Any) -> None:
    """The comparison meant something: both sides were taken, several times."""
    known = wanted[~np.isnan(wanted)]
    assert {-1.0, 1.0} <= set(known)
    assert (np.diff(known) != 0).sum() > 5


@pytest.mark.parametrize(("fast", "slow"), [(5, 20), (50, 200)])
def test_sma_crossover(market: tuple[Any, Any, float, str], fast: int, slow: int) -> None:
    records, close, _, interval = market
    sums = [padded(sliding_window_view(close, n).sum(axis=1), len(close)) for n in (fast, slow)]
    expected = np.sign(sums[0] * slow - sums[1] * fast).astype(float)
    expected[expected == 0] = np.nan
    expected[: slow - 1] = np.nan
    ours = targets("sma_crossover", records, fast=fast, slow=slow, interval=interval)
    np.testing.assert_array_equal(ours, expected)
    changed_enough(ours)


def test_momentum(market: tuple[Any, Any, float, str]) -> None:
    records, close, _, interval = market
    lookback = 5
    past = padded(close[:-lookback], len(close))
    permille = 1000 * (close - past)  # threshold 0.1 percent = 1 permille, exactly
    expected = holding(permille > past, permille < -past, close <= past, close >= past, lookback)
    ours = targets("momentum", records, lookback=lookback, threshold=0.1, interval=interval)
    np.testing.assert_array_equal(ours, expected)
    changed_enough(ours)


def deviations(close: Any, period: int) -> tuple[Any, Any]:
    """Of each window: period * (close - average), and the square of period * standard deviation, in whole numbers."""
    windows = sliding_window_view(close - close[0], period)
    sums, squares = windows.sum(axis=1), (windows * windows).sum(axis=1)
    return padded(period * windows[:, -1] - sums, len(close)), padded(period * squares - sums * sums, len(close))


def test_mean_reversion(market: tuple[Any, Any, float, str]) -> None:
    records, close, _, interval = market
    away, variance = deviations(close, 20)
    stretched = away * away > 4 * variance
    expected = holding(stretched & (away < 0), stretched & (away > 0), away >= 0, away <= 0, 19)
    ours = targets("mean_reversion", records, period=20, z=2, interval=interval)
    np.testing.assert_array_equal(ours, expected)
    changed_enough(ours)


def test_bollinger(market: tuple[Any, Any, float, str]) -> None:
    records, close, _, interval = market
    away, variance = deviations(close, 20)
    outside = away * away > 4 * variance
    never = np.zeros(len(close), bool)
    expected = holding(outside & (away < 0), outside & (away > 0), never, never, 19)
    ours = targets("bollinger", records, period=20, k=2, interval=interval)
    np.testing.assert_array_equal(ours, expected)
    changed_enough(ours)


def test_rsi(market: tuple[Any, Any, float, str]) -> None:
    records, close, _, interval = market
    index = talib.RSI(close.astype(float), 14)
    moved = pd.Series(close).diff().abs().rolling(14).sum().to_numpy() > 0
    index[14:][index[14:] == 0.0] = np.where(moved[14:][index[14:] == 0.0], 0.0, 50.0)
    near = 1e-10
    expected = holding(index < 30 - near, index > 70 + near, index >= 50 - near, index <= 50 + near, 14)
    ours = targets("rsi", records, period=14, low=30, high=70, interval=interval)
    np.testing.assert_array_equal(ours, expected)
    changed_enough(ours)


def test_macd(market: tuple[Any, Any, float, str]) -> None:
    records, close, _, interval = market
    histogram = talib.MACD(close.astype(float), 12, 26, 9)[2]
    expected = np.where(np.abs(histogram) > 2e-12 * close, np.sign(histogram), np.nan)
    ours = targets("macd", records, fast=12, slow=26, signal=9, interval=interval)
    clear = np.isnan(histogram) | (np.abs(histogram) > 2e-12 * close)
    np.testing.assert_array_equal(ours[clear], expected[clear])
    assert clear.mean() > 0.99
    changed_enough(ours)


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_has_no_opinion_before_its_warmup_and_none_of_its_work_memory_is_missing(name: str) -> None:
    ticks, _ = tick_by_tick(21)
    strategy = definition(name)
    warmup = strategy.warmup(strategy.params({}))
    ours = targets(name, ticks, interval="tick")
    assert np.isnan(ours[: warmup - 1]).all()
    assert not np.isnan(ours[warmup - 1 : warmup + 200]).all()
    if name not in ("sma_crossover", "macd"):
        assert not np.isnan(ours[warmup - 1 :]).any()


@pytest.mark.parametrize("name", NAMES)
def test_a_price_that_never_moves_gives_no_strategy_a_position(name: str) -> None:
    ticks = np.zeros(300, TICK)
    ticks["ts"], ticks["price"], ticks["qty"] = np.arange(300), 60_000.1, 1.0
    ours = targets(name, ticks, interval="tick")
    assert set(ours[~np.isnan(ours)]) <= {0.0}
