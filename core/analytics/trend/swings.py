"""How far a price swings: its volatility, the same against its own past, and the width of its range against that of a random walk."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

YEAR_NS = 365 * 86_400 * 1_000_000_000

#: Values of the past without which there is no comparing with it.
LEAST_PAST = 10


class Against(NamedTuple):
    """The newest volatility against that before it.

    Attributes:
        returns: how many each value is made of.
        now: a fraction a bar.
        ratio: `now` over the median of the past; NaN without a past, or where that stood still.
        percentile: share of the past's values that are below, 0..100; NaN without a past.
        values: of the past.
    """

    returns: int
    now: float
    ratio: float
    percentile: float
    values: int


def volatility(returns: NDArray[np.float64]) -> float:
    """√ of the mean squared log return, a fraction a bar: realised volatility (Andersen, Bollerslev, Diebold and Labys, "Modeling and
    forecasting realized volatility", Econometrica 71, 2003). The mean return is not taken off: it is small against its own error."""
    return math.sqrt(float(returns @ returns) / len(returns)) if len(returns) else math.nan


def a_year(per_bar: float, interval_ns: int) -> float:
    """Volatility of a year of 365 days, by the square root of time; a fraction."""
    return per_bar * math.sqrt(YEAR_NS / interval_ns)


def against_past(returns: NDArray[np.float64], newest: int) -> Against:
    """The volatility of the newest returns against that of every stretch as long that ended before them.

    Args:
        returns: log returns, shape (n,), oldest first.
        newest: how many are the newest ones, 1 <= newest <= n.
    """
    now, past = volatility(returns[-newest:]), returns[:-newest]
    if len(past) - newest + 1 < LEAST_PAST:
        return Against(newest, now, math.nan, math.nan, 0)
    squares = np.concatenate(([0.0], np.cumsum(past * past)))
    before = np.sqrt(np.maximum(squares[newest:] - squares[:-newest], 0.0) / newest)
    middle = float(np.median(before))
    return Against(newest, now, now / middle if middle > 0.0 else math.nan, 100.0 * float((before < now).mean()), len(before))


def range_ratio(logs: NDArray[np.float64], per_bar: float) -> float:
    """(highest - lowest log close) / (volatility · √bars): about 1.6 for a random walk (W. Feller, "The asymptotic distribution of the
    range of sums of independent random variables", Annals of Mathematical Statistics 22, 1951), less for a price that returns to its
    level, more for one that goes somewhere. NaN where nothing moved.

    Args:
        logs: log closes, shape (n,).
        per_bar: their volatility, a fraction a bar.
    """
    width = float(logs.max() - logs.min())
    return width / (per_bar * math.sqrt(len(logs) - 1)) if per_bar > 0.0 and len(logs) > 1 else math.nan
