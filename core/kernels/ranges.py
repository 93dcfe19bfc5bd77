"""Streaming ranges: rolling highest and lowest value, and the average true range. Conventions as in `averages`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Highest value of a window; `mem`: period.
ROLLING_MAX = np.dtype([("next", "i8"), ("full", "i8"), ("best", "f8")])

#: Lowest value of a window; `mem`: period.
ROLLING_MIN = ROLLING_MAX

#: Average true range.
ATR = np.dtype([("count", "i8"), ("close", "f8"), ("value", "f8")])


def rolling_max(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Highest of the last `period` values, exact.

    Each time the ring wraps, its values become the highest from there to the block's end; what is left of the old
    block and the best of the new one so far make the window: one comparison a value, plus one at the wrap.
    """
    i = state.next
    best = x
    if i > 0 and state.best > x:
        best = state.best
    mem[at + i] = x
    i += 1
    if i < period:
        state.next = i
        state.best = best
        if state.full == 0:
            return math.nan
        rest: float = mem[at + i]
        return rest if rest > best else best
    best = x
    j = at + period - 1
    while j > at:
        j -= 1
        if mem[j] > best:
            best = mem[j]
        mem[j] = best
    state.next = 0
    state.full = 1
    return best


def rolling_min(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Lowest of the last `period` values, exact."""
    return -rolling_max(state, mem, at, period, -x)


def atr(state: Any, period: int, high: float, low: float, close: float) -> float:
    """Average true range (Wilder), as TA-Lib's: the first bar only gives its close, the average of the next `period`
    true ranges is the first result, then each range counts for 1 / period.

    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    last = state.close
    state.close = close
    if state.count == 0:
        state.count = 1
        return math.nan
    reach = max(high, last) - min(low, last)
    if state.count > period:
        value: float = (state.value * (period - 1) + reach) / period
        state.value = value
        return value
    state.count += 1
    value = state.value + reach
    if state.count > period:
        value /= period
        state.value = value
        return value
    state.value = value
    return math.nan
