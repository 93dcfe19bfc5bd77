"""Streaming oscillators: momentum, rate of change, RSI and MACD. Conventions as in `averages`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.kernels.averages import EMA, ema

#: A value as it was some time ago; `mem`: period.
LAG = np.dtype([("next", "i8"), ("full", "i8")])

#: Relative strength index.
RSI = np.dtype([("count", "i8"), ("last", "f8"), ("gain", "f8"), ("loss", "f8")])

#: Moving average convergence/divergence. `line` and `signal` are those of the last value.
MACD = np.dtype([("count", "i8"), ("fast", EMA), ("slow", EMA), ("smooth", EMA), ("line", "f8"), ("signal", "f8")])


def lag(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """The value `period` values before this one."""
    i = state.next
    old: float = mem[at + i]
    mem[at + i] = x
    known = state.full
    i += 1
    if i == period:
        i = 0
        state.full = 1
    state.next = i
    if known == 0:
        return math.nan
    return old


def momentum(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Change over `period` values: x - x[period ago]. State and memory of `lag`."""
    return x - lag(state, mem, at, period, x)


def rate_of_change(state: Any, mem: Any, at: int, period: int, x: float) -> float:
    """Change over `period` values as a fraction: x / x[period ago] - 1; NaN where that was 0. State and memory of `lag`."""
    old = lag(state, mem, at, period, x)
    if old == 0.0:
        return math.nan
    return (x - old) / old


def rsi(state: Any, period: int, x: float) -> float:
    """Relative strength index (Wilder), 0 to 100, from `period` + 1 values on; seeded as TA-Lib does, by the simple
    average of the first `period` gains and losses. Where nothing moved it is 50 (TA-Lib: 0, which reads as oversold).

    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    count = state.count
    change = x - state.last
    state.last = x
    if count == 0:
        state.count = 1
        return math.nan
    up = change if change > 0.0 else 0.0
    down = -change if change < 0.0 else 0.0
    if count > period:
        gain: float = (state.gain * (period - 1) + up) / period
        loss: float = (state.loss * (period - 1) + down) / period
    else:
        gain = state.gain + up
        loss = state.loss + down
        state.count = count + 1
        if count == period:
            gain /= period
            loss /= period
    state.gain = gain
    state.loss = loss
    if count < period:
        return math.nan
    moved = gain + loss
    if moved <= 0.0:
        return 50.0
    return 100.0 * (gain / moved)


def macd(state: Any, fast: int, slow: int, smooth: int, x: float) -> float:
    """Histogram, line - signal, from `slow` + `smooth` - 1 values on; needs fast <= slow.

    `state.line` is EMA(fast) - EMA(slow), `state.signal` the EMA(smooth) of that. Seeded as TA-Lib does: the fast
    average starts later, so that both have their first value at the same input.
    """
    slow_value = ema(state.slow, slow, x)
    if state.count < slow - fast:
        state.count += 1
        return math.nan
    line = ema(state.fast, fast, x) - slow_value
    if math.isnan(line):
        return math.nan
    signal = ema(state.smooth, smooth, line)
    state.line = line
    state.signal = signal
    return line - signal
