"""The line between two series whose coefficients walk at random, by the Kalman filter over a window. Conventions as in `averages`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Over a window of `size` points, begun anew at each one; `mem`: 3 * size. Results: `slope`, and `zscore`, the newest forecast error in
#: deviations (n - 1) of the newest size - BEGIN of them; NaN where there is none.
MOVING_LINE = np.dtype([("next", "i8"), ("full", "i8"), ("slope", "f8"), ("zscore", "f8")])

#: The figures of `core.analytics.pairs.kalman`: variance of a coefficient's step, points the filter begins with, and how far x must have
#: moved in them.
DELTA = 1e-4
BEGIN = 20
MOVED = 1e-4

ROUNDING = 1e-12


def moving_line(state: Any, mem: Any, at: int, size: int, x: float, y: float) -> float:
    """Newest slope of y on x by the filter over the last `size` points, more than BEGIN; NaN until there are so many, and where x did not
    move.

    The same as `core.analytics.pairs`: `fit_kalman` of these points, and `zscore` of its spread over size - BEGIN. That scales the noise
    of the slope by the deviation of x over all that it is given, so it begins anew at every point: `size` steps, and nothing older counts.
    """
    i = state.next
    mem[at + i] = x
    mem[at + size + i] = y
    i += 1
    if i == size:
        i = 0
        state.full = 1
    state.next = i
    state.slope = math.nan
    state.zscore = math.nan
    if state.full == 0:
        return math.nan
    mean = 0.0
    low = x
    high = x
    for j in range(size):
        value = mem[at + j]
        mean += value - x
        low = min(low, value)
        high = max(high, value)
    mean = x + mean / size
    if high - low <= ROUNDING * max(abs(low), abs(high)):
        return math.nan
    squares = 0.0
    for j in range(size):
        squares += (mem[at + j] - mean) * (mem[at + j] - mean)
    deviation = math.sqrt(squares / size)
    begin = _begin(mem, at, size, i, mean, deviation)
    if begin == size:
        return math.nan
    slope = _filter(mem, at, size, i, mean, deviation, begin) / deviation
    if not abs(slope) < math.inf:
        return math.nan
    state.slope = slope
    if begin == BEGIN:
        state.zscore = _zscore(mem, at + 2 * size, size - BEGIN)
    return slope


def _place(first: int, k: int, size: int) -> int:
    """Where in the ring point k of the window lies."""
    place = first + k
    return place - size if place >= size else place


def _begin(mem: Any, at: int, size: int, first: int, mean: float, deviation: float) -> int:
    """With how many points the scaled x has begun to vary; `size` where only the last of them does."""
    low = math.inf
    high = -math.inf
    for k in range(size):
        value = (mem[at + _place(first, k, size)] - mean) / deviation
        low = min(low, value)
        high = max(high, value)
        if k + 1 >= BEGIN and high - low > MOVED:
            return k + 1
    return size


def _filter(mem: Any, at: int, size: int, first: int, mean: float, deviation: float, begin: int) -> float:
    """The newest slope, for x in deviations; what was not forecast is left in the third part of the memory."""
    to_y = at + size
    mean_z = 0.0
    mean_y = 0.0
    for k in range(begin):
        j = _place(first, k, size)
        mean_z += (mem[at + j] - mean) / deviation
        mean_y += mem[to_y + j]
    mean_z /= begin
    mean_y /= begin
    across = 0.0
    along = 0.0
    for k in range(begin):
        j = _place(first, k, size)
        z = (mem[at + j] - mean) / deviation - mean_z
        across += z * z
        along += z * (mem[to_y + j] - mean_y)
    b = along / across
    a = mean_y - b * mean_z
    p_bb = 1.0 / across
    p_ab = -mean_z * p_bb
    p_aa = 1.0 / begin + mean_z * mean_z * p_bb
    for k in range(begin, size):
        j = _place(first, k, size)
        z = (mem[at + j] - mean) / deviation
        p_bb += DELTA
        p_aa += DELTA
        to_b = p_bb * z + p_ab
        to_a = p_ab * z + p_aa
        variance = to_b * z + to_a + 1.0
        error = mem[to_y + j] - a - b * z
        gain_b = to_b / variance
        gain_a = to_a / variance
        b += gain_b * error
        a += gain_a * error
        p_bb -= gain_b * to_b
        p_ab -= gain_b * to_a
        p_aa -= gain_a * to_a
        mem[at + 2 * size + k - begin] = error
    return b


def _zscore(mem: Any, at: int, count: int) -> float:
    """(newest - mean) / deviation (n - 1) of some values; NaN where they do not move."""
    newest: float = mem[at + count - 1]
    mean = 0.0
    low = newest
    high = newest
    for j in range(count):
        mean += mem[at + j]
        low = min(low, mem[at + j])
        high = max(high, mem[at + j])
    mean /= count
    if high - low <= ROUNDING * max(abs(low), abs(high)):
        return math.nan
    squares = 0.0
    for j in range(count):
        squares += (mem[at + j] - mean) * (mem[at + j] - mean)
    return (newest - mean) / math.sqrt(squares / (count - 1))
