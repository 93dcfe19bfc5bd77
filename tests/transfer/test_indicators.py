"""Indicators by name over bars: what the kernels say, checked against TA-Lib."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.bars import OHLCV
from core.errors import UsageError
from core.transfer.indicators import KINDS, parse_indicator
from core.types import MINUTE, Records

talib = pytest.importorskip("talib")


def bars_of(count: int, seed: int = 1) -> Records:
    rng = np.random.default_rng(seed)
    bars = np.zeros(count, OHLCV)
    bars["start"] = np.arange(count) * MINUTE
    bars["close"] = np.round(100 + np.cumsum(rng.normal(0, 1, count)), 2) + 500
    bars["high"] = bars["close"] + np.round(rng.random(count), 2)
    bars["low"] = bars["close"] - np.round(rng.random(count), 2)
    bars["volume"] = np.round(rng.random(count) + 0.1, 3)
    bars["vwap"] = bars["close"]
    return bars


def over(text: str, bars: Records) -> list[Any]:
    return parse_indicator(text).over(bars)


def test_they_say_what_ta_lib_says() -> None:
    bars = bars_of(500)
    close, high, low = (np.ascontiguousarray(bars[name]) for name in ("close", "high", "low"))
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2)
    line, signal, histogram = talib.MACD(close, 12, 26, 9)
    pairs = [
        (over("sma:20", bars), [talib.SMA(close, 20)]),
        (over("ema:10", bars), [talib.EMA(close, 10)]),
        (over("std:20", bars), [talib.STDDEV(close, 20)]),
        (over("bollinger:20,2", bars), [middle, upper, lower]),
        (over("rsi:14", bars), [talib.RSI(close, 14)]),
        (over("macd", bars), [histogram, line, signal]),
        (over("atr:14", bars), [talib.ATR(high, low, close, 14)]),
        (over("highest:20", bars), [talib.MAX(high, 20)]),
        (over("lowest:20", bars), [talib.MIN(low, 20)]),
        (over("momentum:10", bars), [talib.MOM(close, 10)]),
        (over("roc:10", bars), [talib.ROCP(close, 10)]),
    ]
    for found, wanted in pairs:
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-7)


@given(st.sampled_from(sorted(KINDS)), st.lists(st.integers(0, 60), max_size=4))
def test_any_split_of_the_bars_gives_the_same_bits(name: str, sizes: list[int]) -> None:
    bars = bars_of(90)
    indicator = parse_indicator(name)
    parts, start = [], 0
    for stop in [*np.minimum(np.cumsum([0, *sizes]), 90)[1:], 90]:
        parts.append(indicator.over(bars[start:stop]))
        start = int(stop)
    found = [np.concatenate(column) for column in zip(*parts, strict=True)]
    np.testing.assert_array_equal(np.array(found).view("i8"), np.array(over(name, bars)).view("i8"))


def test_heads_name_every_parameter() -> None:
    assert parse_indicator("sma").columns == ("sma_20",)
    assert parse_indicator("Bollinger:10,2.5").columns == ("bollinger_10_2.5", "bollinger_10_2.5_upper", "bollinger_10_2.5_lower")
    assert parse_indicator("vwap").columns == ("vwap",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("smaa:20", "did you mean sma"),
        ("zzz", "sma, ema"),
        ("sma:0", "whole number from 1"),
        ("sma:2.5", "whole number"),
        ("sma:20,3", "takes period"),
        ("sma:99999999", "whole number from 1 to 1,000,000"),
        ("bollinger:20,-1", "above 0"),
        ("bollinger:20,nan", "above 0"),
        ("macd:26,12,9", "fast must not be above slow"),
        ("vwap:3", "takes nothing"),
    ],
)
def test_what_is_no_indicator_is_one_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_indicator(text)
