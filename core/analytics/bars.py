"""Whole bars out of many ticks at once, in NumPy: the same bars the streaming kernel closes, with exact volumes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import Records

#: One bar. `start` in ns UTC, volumes in base currency, `vwap` NaN where nothing was traded, `trades` the ticks in it.
OHLCV = np.dtype(
    [
        ("start", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("buy_volume", "f8"),
        ("vwap", "f8"),
        ("trades", "i8"),
    ]
)

#: Decimals venues give quantities with at most.
DECIMALS = 1e8


def aggregate(ticks: Records, interval_ns: int) -> Records:
    """OHLCV bars of the ticks, in order, aligned to the epoch, the last one as far as it has come.

    A tick with a time before the bar at its place belongs to that bar, as in the streaming kernel; intervals without
    a tick have no bar; interval 0 makes each tick a bar.

    Args:
        ticks: TICK records, shape (n,), in the order they are to be seen.
        interval_ns: length of a bar, >= 0.
    """
    if not len(ticks):
        return np.empty(0, OHLCV)
    time = np.maximum.accumulate(ticks["ts"])
    if interval_ns:
        place = time // interval_ns
        first = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1])))
    else:
        first = np.arange(len(ticks))
    price, qty = ticks["price"], ticks["qty"]
    bars = np.empty(len(first), OHLCV)
    bars["start"] = place[first] * interval_ns if interval_ns else ticks["ts"]
    bars["open"] = price[first]
    bars["high"] = np.maximum.reduceat(price, first)
    bars["low"] = np.minimum.reduceat(price, first)
    bars["close"] = price[np.append(first[1:], len(ticks)) - 1]
    bars["volume"] = exact_sums(qty, first)
    bars["buy_volume"] = exact_sums(np.where(ticks["side"] > 0, qty, 0.0), first)
    notional = np.add.reduceat(price * qty, first)
    bars["vwap"] = np.divide(notional, bars["volume"], out=np.full(len(first), np.nan), where=bars["volume"] > 0)
    bars["trades"] = np.diff(np.append(first, len(ticks)))
    return bars


def exact_sums(values: NDArray[Any], first: NDArray[Any]) -> NDArray[np.float64]:
    """Sums of `values[first[i]:first[i + 1]]`, as the decimals they were written as add up.

    Values of up to 8 decimals are added as integers: the double nearest to the decimal sum (while that has at most
    15 digits). Others are added without rounding error (`math.fsum`).

    Args:
        values: f8, shape (n,), n > 0, not negative.
        first: where each sum begins, strictly increasing, shape (m,).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(values * DECIMALS)
        whole = bool(np.all(scaled / DECIMALS == values)) and scaled.max() < 2.0**53 and scaled.sum() < 2.0**62
    if whole:
        return np.asarray(np.add.reduceat(scaled.astype(np.int64), first) / DECIMALS, np.float64)
    parts = np.split(values, first[1:])
    return np.array([math.fsum(part.tolist()) for part in parts])
