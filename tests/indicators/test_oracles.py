"""Built-in indicators on bars agree with TA-Lib, on recorded minutes and on walks, to a billionth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from indicator_rig import bars_of, over

from core.types import Records


def random_bars(seed: int, start: float, step: float, count: int = 5_000) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    close = np.maximum(start + np.cumsum(rng.normal(0, step, count)), start / 10)
    spread = np.abs(rng.normal(0, step, (2, count)))
    return {"high": close + spread[0], "low": close - spread[1] / 2, "close": close, "volume": rng.exponential(2.0, count)}


@pytest.fixture(scope="module", params=["walk at 60000", "walk at 25", "recorded"])
def bars(request: pytest.FixtureRequest) -> Records:
    """A minute a bar."""
    match request.param:
        case "walk at 60000":
            return bars_of(random_bars(1, 60_000.0, 15.0))
        case "walk at 25":
            return bars_of(random_bars(3, 25.0, 0.05))
        case _:
            folder: Path = request.getfixturevalue("shared_data")
            frame = pd.read_csv(folder / "ohlcv" / "binance_usdm_1m_2025/BTCUSDT_1m.csv.gz", nrows=5_000)
            return bars_of({column: frame[column].to_numpy(np.float64) for column in ("high", "low", "close", "volume")})


def close_to(ours: Any, theirs: Any, scale: float = 1e-9) -> None:
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=scale)


def test_sma_ema_and_rsi_agree_with_talib(bars: Records) -> None:
    close = bars["price"].copy()
    close_to(over("sma", bars, {"period": 20})[:, 0], talib.SMA(close, 20))
    close_to(over("ema", bars, {"period": 20})[:, 0], talib.EMA(close, 20))
    close_to(over("rsi", bars, {"period": 14})[:, 0], talib.RSI(close, 14))


def test_bollinger_bands_agree_with_talib(bars: Records) -> None:
    close = bars["price"].copy()
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
    ours = over("bollinger", bars, {"period": 20, "k": 2.0})
    for place, theirs in enumerate((middle, upper, lower)):
        close_to(ours[:, place], theirs, 1e-8 * close.mean())
    np.testing.assert_allclose(ours[30:, 3], ((close - middle) / talib.STDDEV(close, 20))[30:], rtol=1e-4, atol=1e-4)


def test_macd_agrees_with_talib(bars: Records) -> None:
    theirs = talib.MACD(bars["price"].copy(), 12, 26, 9)
    ours = over("macd", bars)
    for place in range(3):
        close_to(ours[:, place], theirs[place], 1e-9 * float(bars["price"].mean()))


def test_atr_agrees_with_talib(bars: Records) -> None:
    ours = over("atr", bars, {"period": 14})
    theirs = talib.ATR(bars["high"].copy(), bars["low"].copy(), bars["price"].copy(), 14)
    close_to(ours[:, 0], theirs)
    close_to(ours[:, 1], 100 * theirs / bars["price"])


def test_the_stochastic_oscillator_agrees_with_talib(bars: Records) -> None:
    k, d = talib.STOCH(bars["high"].copy(), bars["low"].copy(), bars["price"].copy(), 14, 3, 0, 3, 0)
    ours = over("stochastic", bars, {"period": 14, "smooth": 3, "signal": 3})
    known = ~np.isnan(k)  # TA-Lib's k begins with its d
    np.testing.assert_allclose(ours[known, 0], k[known], rtol=1e-9, atol=1e-7)
    close_to(ours[:, 1], d, 1e-7)


def test_obv_agrees_with_talib(bars: Records) -> None:
    np.testing.assert_allclose(over("obv", bars)[:, 0], talib.OBV(bars["price"].copy(), bars["qty"].copy()), rtol=1e-9, atol=1e-6)


def test_windows_of_bars_agree_with_talib(bars: Records) -> None:
    close, high, low = (bars[name].copy() for name in ("price", "high", "low"))
    theirs = {
        "std": talib.STDDEV(close, 20),
        "highest": talib.MAX(high, 20),
        "lowest": talib.MIN(low, 20),
        "momentum": talib.MOM(close, 20),
        "roc": talib.ROCP(close, 20),
    }
    for name, line in theirs.items():
        close_to(over(name, bars, {"period": 20})[:, 0], line, 1e-8 * close.mean())


def test_the_stochastic_oscillator_of_a_price_that_stands_still_is_50() -> None:
    still = {name: np.full(40, 7.0) for name in ("high", "low", "close", "volume")}
    assert (over("stochastic", bars_of(still))[20:] == 50.0).all()
