"""Ticks, bars as ticks, and one indicator's lines over them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.indicators.bank import Bank
from core.indicators.catalogue import Catalogue, discover
from core.indicators.definition import Indicator
from core.types import BAR, MINUTE, SECOND, TICK, Records, Symbols

#: A whole day of UTC begins here.
START = 1_699_920_000 * SECOND

SYMBOL = "binance:BTCUSDT"

FOUND: Catalogue = discover()


def indicator(name: str) -> Indicator:
    """A built-in one."""
    return FOUND[name]


def ticks_of(
    seconds: Any, prices: Any, qty: Any = 1.0, side: Any = 1, bid: Any = np.nan, ask: Any = np.nan, symbol: Any = 0
) -> Records:  # fmt: skip
    """TICK records at so many seconds after START."""
    ticks = np.zeros(len(prices), TICK)
    ticks["ts"] = START + np.round(np.asarray(seconds, np.float64) * 1e9).astype(np.int64)
    ticks["id"] = ticks["seq"] = np.arange(1, len(prices) + 1)
    for name, values in (("price", prices), ("qty", qty), ("side", side), ("bid", bid), ("ask", ask), ("symbol", symbol)):
        ticks[name] = values
    return ticks


def bars_of(columns: dict[str, Any]) -> Records:
    """BAR records, a minute each, of columns high, low, close, volume."""
    bars = np.zeros(len(columns["close"]), BAR)
    bars["start"] = START + np.arange(len(bars)) * MINUTE
    bars["ts"] = bars["start"] + MINUTE - 1_000_000
    bars["price"], bars["qty"] = columns["close"], columns["volume"]
    bars["open"] = np.concatenate([columns["close"][:1], columns["close"][:-1]])
    bars["high"], bars["low"] = np.maximum(columns["high"], bars["open"]), np.minimum(columns["low"], bars["open"])
    bars["bid"] = bars["ask"] = np.nan
    return bars


def walk(count: int, seed: int = 1, symbols: int = 1, every_s: float = 0.3) -> Records:
    """Prints of a random walk, with quotes of most of them, sides, some late, and some long silences."""
    rng = np.random.default_rng(seed)
    seconds = np.cumsum(rng.exponential(every_s, count) + np.where(rng.random(count) < 0.004, rng.uniform(20, 900, count), 0.0))
    seconds -= np.where(rng.random(count) < 0.02, rng.uniform(0, 5, count), 0.0)
    price = np.round(100 * np.exp(np.cumsum(rng.normal(0, 3e-4, count))), 2)
    unknown = rng.random(count) < 0.1
    bid, ask = np.where(unknown, np.nan, price - 0.01), np.where(unknown, np.nan, price + 0.02)
    qty = np.where(rng.random(count) < 0.05, 0.0, rng.exponential(1.0, count).round(4))
    side = rng.choice([-1, 0, 1], count, p=[0.45, 0.1, 0.45])
    return ticks_of(np.maximum(seconds, 0.0), price, qty, side, bid, ask, rng.integers(0, symbols, count))


def over(name: str, ticks: Records, values: dict[str, Any] | None = None, *, jit: bool = True) -> NDArray[np.float64]:
    """The lines of an indicator after each tick, shape (ticks, lines)."""
    bank = Bank(Symbols([SYMBOL]), bars=ticks.dtype == BAR, jit=jit)
    bank.add("it", indicator(name), values or {}, [SYMBOL])
    return bank.series("it", SYMBOL, ticks)


def same_bits(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    """Equal to the last bit, unknown where the other is."""
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    known = ~np.isnan(ours)
    np.testing.assert_array_equal(ours[known].view(np.int64), theirs[known].view(np.int64))
