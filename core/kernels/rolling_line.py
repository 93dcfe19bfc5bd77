"""The line through two series over a window, by least squares, and how far the newest point lies from it. Conventions as in `averages`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Least squares of y on x and a constant over a window; `mem`: 5 * period. Results: `slope`, and `zscore`, the newest residual in
#: deviations (n - 1) of all of them; NaN where there is none.
ROLLING_LINE = np.dtype(
    [
        ("next", "i8"),
        ("full", "i8"),
        ("shift_x", "f8"),
        ("shift_y", "f8"),
        ("tilt", "f8"),
        ("x", "f8"),
        ("u", "f8"),
        ("xx", "f8"),
        ("xu", "f8"),
        ("uu", "f8"),
        ("slope", "f8"),
        ("zscore", "f8"),
    ]
)

#: What differs by no more than this share of the largest value does not move: `core.analytics.pairs.absent.ROUNDING`.
ROUNDING = 1e-12


def rolling_line(state: Any, mem: Any, at: int, period: int, x: float, y: float) -> float:
    """Slope of y on x over the last `period` points; NaN until there are so many, and where x did not move.

    The same as `core.analytics.pairs`: `fit_ols` of the window, and `zscore` of what it leaves.

    As in `bands.rolling_std` nothing is ever subtracted from a sum, so no error outlives its window: values are taken relative to the
    last point of the block before, and each time the ring wraps they become sums from there to the block's end. What is summed of y is u,
    its distance from a line with the slope of the block before (`tilt`): legs that move as one leave small numbers and not the
    difference of large ones. The work of a wrap, shared among the points of a block, is the same for every point.
    """
    i = state.next
    dx = x - state.shift_x
    du = y - state.shift_y - state.tilt * dx
    mem[at + i] = x
    mem[at + period + i] = y
    i += 1
    if i == period:
        _wrap(state, mem, at, period, x, y)
        dx = 0.0
        du = 0.0
        i = 0
        sx, su, sxx, sxu, suu = mem[at], mem[at + period], mem[at + 2 * period], mem[at + 3 * period], mem[at + 4 * period]
    else:
        sx, su = state.x + dx, state.u + du
        sxx, sxu, suu = state.xx + dx * dx, state.xu + dx * du, state.uu + du * du
        state.x, state.u, state.xx, state.xu, state.uu = sx, su, sxx, sxu, suu
        if state.full == 0:
            state.next = i
            state.slope = math.nan
            state.zscore = math.nan
            return math.nan
        sx += mem[at + i]
        su += mem[at + period + i]
        sxx += mem[at + 2 * period + i]
        sxu += mem[at + 3 * period + i]
        suu += mem[at + 4 * period + i]
    state.next = i
    state.slope = math.nan
    state.zscore = math.nan
    mean_x, mean_u = sx / period, su / period
    cxx = sxx - sx * mean_x
    if not cxx > (ROUNDING * x) * (ROUNDING * x):
        return math.nan
    cxu = sxu - sx * mean_u
    more = cxu / cxx
    slope = state.tilt + more
    state.slope = slope
    left = suu - su * mean_u - more * cxu
    if left > period * (ROUNDING * y) * (ROUNDING * y):
        state.zscore = (du - mean_u - more * (dx - mean_x)) / math.sqrt(left / (period - 1))
    return slope  # type: ignore[no-any-return]


def _wrap(state: Any, mem: Any, at: int, period: int, x: float, y: float) -> None:
    """Make the block's points sums from each to its end, around its newest point (x, y) and along its own slope."""
    mean_x = 0.0
    mean_y = 0.0
    for j in range(period):
        mean_x += mem[at + j] - x
        mean_y += mem[at + period + j] - y
    mean_x /= period
    mean_y /= period
    cxx = 0.0
    cxy = 0.0
    for j in range(period):
        dx = mem[at + j] - x - mean_x
        cxx += dx * dx
        cxy += dx * (mem[at + period + j] - y - mean_y)
    tilt = cxy / cxx if cxx > (ROUNDING * x) * (ROUNDING * x) else 0.0
    sx = 0.0
    su = 0.0
    sxx = 0.0
    sxu = 0.0
    suu = 0.0
    for back in range(period):
        j = at + period - 1 - back
        dx = mem[j] - x
        du = mem[j + period] - y - tilt * dx
        sx += dx
        su += du
        sxx += dx * dx
        sxu += dx * du
        suu += du * du
        mem[j] = sx
        mem[j + period] = su
        mem[j + 2 * period] = sxx
        mem[j + 3 * period] = sxu
        mem[j + 4 * period] = suu
    state.shift_x = x
    state.shift_y = y
    state.tilt = tilt
    state.full = 1
    state.x = 0.0
    state.u = 0.0
    state.xx = 0.0
    state.xu = 0.0
    state.uu = 0.0
