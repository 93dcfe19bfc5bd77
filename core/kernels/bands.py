"""Streaming dispersion: rolling standard deviation and the Bollinger bands made of it. Conventions as in `averages`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Standard deviation over a window; `mem`: 2 * period. `middle` is the window's average.
ROLLING_STD = np.dtype([("next", "i8"), ("full", "i8"), ("shift", "f8"), ("total", "f8"), ("squares", "f8"), ("middle", "f8")])

#: Bollinger bands; `mem`: 2 * period.
BOLLINGER = np.dtype([("window", ROLLING_STD), ("upper", "f8"), ("lower", "f8")])


def rolling_std(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Population standard deviation (divided by `period`, as TA-Lib's STDDEV) of the last `period` values.

    Nothing is ever subtracted from a sum, so no error outlives its window: values are taken relative to `shift`, the
    last value of the block before; each time the ring wraps, its values become sums from there to the block's end
    (the part of the old block still in the window), to which the sums over the new block are added. As `shift` is in
    the window, the cancellation in "mean of squares - square of mean" is at most `period`-fold, whatever the price.
    """
    i = state.next
    away = x - state.shift
    total = state.total + away
    squares = state.squares + away * away
    mem[at + i] = x
    i += 1
    if i < period:
        state.next = i
        state.total = total
        state.squares = squares
        if state.full == 0:
            return math.nan
        total += mem[at + i]
        squares += mem[at + period + i]
    else:
        total = 0.0
        squares = 0.0
        j = at + period
        while j > at:
            j -= 1
            away = mem[j] - x
            total += away
            squares += away * away
            mem[j] = total
            mem[j + period] = squares
        state.shift = x
        state.next = 0
        state.total = 0.0
        state.squares = 0.0
        state.full = 1
    offset = total / period
    state.middle = state.shift + offset
    variance = squares / period - offset * offset
    if variance <= 0.0:
        return 0.0
    return math.sqrt(variance)


def bollinger(state: Any, mem: Any, at: int, period: int, k: float, x: float) -> float:
    """Middle band, the simple average; `state.upper` and `state.lower` lie `k` population standard deviations away.

    All three are NaN until there are `period` values (the state's fields are then 0).
    """
    width = k * rolling_std(state.window, mem, at, period, x)
    if state.window.full == 0:
        return math.nan
    middle: float = state.window.middle
    state.upper = middle + width
    state.lower = middle - width
    return middle
