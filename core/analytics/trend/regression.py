"""Straight lines and means through data that hang together in time, with errors that know it.

Neighbouring prices, and to a lesser degree neighbouring returns, are not independent: the textbook error of a slope takes n prices for n
pieces of news and comes out many times too small. The errors here weigh in the covariance of what lies up to `lags` places apart with
falling weights, so that they can never turn negative: Newey and West, "A simple, positive semi-definite, heteroskedasticity and
autocorrelation consistent covariance matrix", Econometrica 55, 1987. They are those of statsmodels' `cov_type="HAC"`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Beyond it an error is no more than rounding.
MOST_T = 1e4

#: Below this share of the sizes they are made of, a figure and its error are rounding.
_ROUNDING = 1e-12


class Estimate(NamedTuple):
    """A figure, its standard error, and how many of these it is away from 0, `MOST_T` at most; NaN where there is nothing to tell."""

    value: float
    error: float
    t: float


_NONE = Estimate(math.nan, math.nan, math.nan)


def return_lags(count: int) -> int:
    """Lags for returns: 4 (n / 100)^(2/9), the rule of Newey and West, "Automatic lag selection", Review of Economic Studies 61, 1994."""
    return min(int(4 * (count / 100) ** (2 / 9)), count - 1)


def level_lags(count: int) -> int:
    """Lags for prices around their line: n / 10.

    They wander: with the few lags that returns need, the error would miss most of what hangs together. A fixed share of n is what Kiefer
    and Vogelsang propose ("A new asymptotic theory for heteroskedasticity-autocorrelation robust tests", Econometric Theory 21, 2005).
    Around a price that walks at random even so many are too few, which is why no slope is believed without the mean return.
    """
    return min(max(count // 10, 1), count - 1)


def slope(x: NDArray[np.float64], y: NDArray[np.float64], lags: int) -> Estimate:
    """The slope of the least-squares line through the points, in units of y per unit of x.

    Args:
        x, y: shape (n,), finite, n >= 3.
        lags: places apart that are still thought to hang together, 0 <= lags < n.
    """
    if len(x) < 3:
        return _NONE
    away = x - x.mean()
    spread = float(away @ away)
    if spread <= 0.0:
        return _NONE
    value = float(away @ y) / spread
    rest = y - y.mean() - value * away
    return _told(value, math.sqrt(long_run_sum(away * rest, lags)) / spread, _ROUNDING * float(np.abs(y).max()) / math.sqrt(spread))


def mean(y: NDArray[np.float64], lags: int) -> Estimate:
    """The mean of shape (n,) values, n >= 2, with the same kind of error."""
    if len(y) < 2:
        return _NONE
    value = float(y.mean())
    return _told(value, math.sqrt(long_run_sum(y - value, lags)) / len(y), _ROUNDING * float(np.abs(y).max()))


def _told(value: float, error: float, rounding: float) -> Estimate:
    if abs(value) <= rounding and error <= rounding:
        return Estimate(value, error, math.nan)
    return Estimate(value, error, max(-MOST_T, min(value / max(error, abs(value) / MOST_T), MOST_T)))


def long_run_sum(u: NDArray[np.float64], lags: int) -> float:
    """What the square of the sum of u is on average: Σ u² + 2 Σ (1 - k / (lags + 1)) Σ u_t u_{t-k} over k = 1 … lags; never negative.

    Args:
        u: shape (n,), of mean 0.
    """
    total = float(u @ u)
    for k in range(1, lags + 1):
        total += 2.0 * (1.0 - k / (lags + 1.0)) * float(u[k:] @ u[:-k])
    return max(total, 0.0)
