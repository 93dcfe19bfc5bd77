"""Streaming averages and rolling sums: simple, exponential and volume-weighted, and the comparison strategies decide by.

Every kernel takes one value and returns the figure after it, NaN until it has enough of them. An all-zeros state
record (and work memory) is the start. Windows lie in `mem` from `at` on; `period` must not change between calls.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: A sum over a window; `mem`: period. A sum that only adds and subtracts keeps every rounding error it ever made,
#: so `fresh` adds up the values since the window last began anew and replaces `total` each time it does.
ROLLING_SUM = np.dtype([("next", "i8"), ("full", "i8"), ("total", "f8"), ("fresh", "f8")])

#: Simple moving average; `mem`: period.
SMA = ROLLING_SUM

#: Exponential moving average.
EMA = np.dtype([("count", "i8"), ("value", "f8")])

#: Volume-weighted average price since the last UTC midnight.
VWAP = np.dtype([("end", "i8"), ("notional", "f8"), ("volume", "f8")])

#: Volume-weighted average price over a window; `mem`: 2 * period.
ROLLING_VWAP = np.dtype([("next", "i8"), ("full", "i8"), ("notional", "f8"), ("volume", "f8")])

DAY_NS = 86_400_000_000_000


def above(a: float, b: float) -> bool:
    """Whether a > b by more than 1e-12 of b: what differs by less is equal. False if either is NaN."""
    return a - b > 1e-12 * abs(b)


def rolling_sum(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Sum of the last `period` values. The error is that of adding up at most two windows, however many went by."""
    i = state.next
    total: float = state.total + (x - mem[at + i])
    fresh = state.fresh + x
    mem[at + i] = x
    i += 1
    if i == period:
        i = 0
        total = fresh
        fresh = 0.0
        state.full = 1
    state.next = i
    state.total = total
    state.fresh = fresh
    if state.full == 0:
        return math.nan
    return total


def sma(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Simple moving average of the last `period` values."""
    return rolling_sum(state, mem, at, period, x) / period


def ema(state: Any, period: int, x: float) -> float:
    """Exponential moving average with weight 2 / (period + 1), seeded as TA-Lib does: by the simple average of the
    first `period` values, which is also its first result."""
    if state.count >= period:
        value: float = state.value
        value += (x - value) * (2.0 / (period + 1))
        state.value = value
        return value
    state.count += 1
    value = state.value + x
    if state.count < period:
        state.value = value
        return math.nan
    value /= period
    state.value = value
    return value


def session_vwap(state: Any, ts: int, price: float, qty: float) -> float:
    """Volume-weighted average price since UTC midnight (`ts` in ns); NaN while nothing was traded.

    A `ts` of an earlier day counts to the current one.
    """
    if ts >= state.end:
        state.end = (ts // DAY_NS + 1) * DAY_NS
        state.notional = 0.0
        state.volume = 0.0
    notional: float = state.notional + price * qty
    volume: float = state.volume + qty
    state.notional = notional
    state.volume = volume
    if volume <= 0.0:
        return math.nan
    return notional / volume


def rolling_vwap(state: Any, mem: Any, at: int, period: int, price: float, qty: float) -> float:
    """Volume-weighted average price of the last `period` trades or bars; NaN if they had no volume."""
    return rolling_ratio(state, mem, at, period, price * qty, qty)


def rolling_ratio(state: Any, mem: Any, at: int, period: int, part: float, whole: float) -> float:
    """Sum of the last `period` parts over the sum of their wholes, which are not negative; NaN if those add up to 0.

    Nothing is subtracted, so a window without any whole adds up to exactly 0: each time the ring wraps, its values become
    sums from there to the block's end, to which the sums over the new block are added. State and memory of `rolling_vwap`.
    """
    i = state.next
    notional: float = state.notional + part
    volume: float = state.volume + whole
    mem[at + i] = part
    mem[at + period + i] = whole
    i += 1
    if i < period:
        state.next = i
        state.notional = notional
        state.volume = volume
        if state.full == 0:
            return math.nan
        notional += mem[at + i]
        volume += mem[at + period + i]
    else:
        notional = 0.0
        volume = 0.0
        j = at + period
        while j > at:
            j -= 1
            notional += mem[j]
            volume += mem[j + period]
            mem[j] = notional
            mem[j + period] = volume
        state.next = 0
        state.notional = 0.0
        state.volume = 0.0
        state.full = 1
    if volume <= 0.0:
        return math.nan
    return notional / volume
