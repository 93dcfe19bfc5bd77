"""Indicators of strength of whole arrays at once: Wilder's ADX and RSI, Kaufman's efficiency ratio. NaN where there are too few bars."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analytics.trend.smoothing import decayed, wilder

#: Wilder's own.
PERIOD = 14


class Directional(NamedTuple):
    """Wilder's directional movement, each 0..100, shape (n,): `plus`, `minus` known from index `period` on, `adx` from 2 · `period` - 1."""

    adx: NDArray[np.float64]
    plus: NDArray[np.float64]
    minus: NDArray[np.float64]


def directional(high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64], period: int = PERIOD) -> Directional:
    """The average directional index and both directional indicators, as TA-Lib has them; 0 where the price does not move.

    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeded as TA-Lib does: sums over the first `period` - 1 changes,
    and the mean of the first `period` indices.

    Args:
        high, low, close: shape (n,), finite.
        period: >= 2.
    """
    count = len(close)
    adx, plus, minus = (np.full(count, np.nan) for _ in range(3))
    if count <= period:
        return Directional(adx, plus, minus)
    up, down = np.diff(high), -np.diff(low)
    reach = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    sums = [
        _wilder_sum(part, period)
        for part in (np.where((up > down) & (up > 0.0), up, 0.0), np.where((down > up) & (down > 0.0), down, 0.0), reach)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        plus[period:], minus[period:] = (np.where(sums[2] > 0.0, 100.0 * part / sums[2], 0.0) for part in sums[:2])
        both = plus[period:] + minus[period:]
        index = np.where(both > 0.0, 100.0 * np.abs(plus[period:] - minus[period:]) / both, np.nan)
    if count >= 2 * period:
        adx[2 * period - 1 :] = _average_index(index, period)
    return Directional(adx, plus, minus)


def _wilder_sum(x: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """The smoothed sums from the change `period` - 1 on."""
    return decayed(x[period - 1 :], 1.0 - 1.0 / period, float(x[: period - 1].sum()))


def _average_index(index: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Of the index from its value `period` - 1 on; one that is not known leaves the average as it was."""
    start = float(np.nansum(index[:period])) / period
    rest = index[period:]
    known = np.isfinite(rest)
    averages = np.concatenate(([start], wilder(rest[known], period, start)))
    return np.asarray(averages[np.concatenate(([0], np.cumsum(known)))])


def rsi(close: NDArray[np.float64], period: int = PERIOD) -> NDArray[np.float64]:
    """Relative strength index, 0..100, shape (n,), from index `period` on: `core.kernels.oscillators.rsi` of a whole array; 50 where
    nothing moved.

    Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978; seeded as TA-Lib does.
    """
    found = np.full(len(close), np.nan)
    if len(close) <= period:
        return found
    change = np.diff(close)
    gain, loss = (
        np.concatenate(([float(part[:period].mean())], wilder(part[period:], period, float(part[:period].mean()))))
        for part in (np.maximum(change, 0.0), np.maximum(-change, 0.0))
    )
    moved = gain + loss
    found[period:] = np.where(moved > 0.0, 100.0 * gain / np.where(moved > 0.0, moved, 1.0), 50.0)
    return found


def efficiency_ratio(close: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """How straight the way of the last `period` changes was: |change over all| / Σ |change|, 0..1, shape (n,), from index `period` on.

    1 is a straight line, near 0 a lot of movement that came back; NaN where nothing moved.

    Source: P. J. Kaufman, Smarter Trading, 1995.
    """
    found = np.full(len(close), np.nan)
    if not 0 < period < len(close):
        return found
    way = np.cumsum(np.concatenate(([0.0], np.abs(np.diff(close)))))
    whole = way[period:] - way[:-period]
    with np.errstate(invalid="ignore", divide="ignore"):
        found[period:] = np.where(whole > 0.0, np.abs(close[period:] - close[:-period]) / whole, np.nan)
    return np.asarray(np.minimum(found, 1.0))
