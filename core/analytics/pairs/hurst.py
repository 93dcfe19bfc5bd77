"""The Hurst exponent of a spread: whether it trends, wanders, or comes back."""

from __future__ import annotations

import numpy as np

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told

#: Bars below which the exponent is worth nothing.
LEAST = 100

#: The longest lag, in bars, and the share of the bars it may be.
LONGEST, SHARE = 100, 10

#: Lags looked at, at most, in proportion from 1 to the longest.
LAGS = 20


def hurst(values: Floats) -> float:
    """H of E|s(t + τ) - s(t)|² ~ τ^{2H}: half the slope of the logarithm of the mean squared difference on that of the lag.

    The structure function of order 2 over about 20 lags from 1 to n / 10 bars, 100 at most. 0.5 is a random walk, below it comes back,
    above it goes on. Of a spread with a half-life well below the longest lag it tends to 0.

    Args:
        values: shape (n,), n >= 100: levels, not changes.

    Raises:
        Absent: too few bars, or values that do not move.

    Source: Di Matteo, "Multi-scaling in finance", Quantitative Finance 7(1), 2007, equations 3 and 4, with q = 2.
    """
    checked(values)
    enough(values, LEAST)
    if is_still(values):
        raise Absent("the spread does not move")
    longest = min(LONGEST, len(values) // SHARE)
    lags = np.unique(np.rint(np.geomspace(1, longest, LAGS)).astype(np.int64))
    squares = np.array([float(np.mean(np.square(values[lag:] - values[:-lag]))) for lag in lags.tolist()])
    if not (squares > 0.0).all():
        raise Absent("the spread repeats itself")
    across, up = np.log(lags), np.log(squares)
    across = across - across.mean()
    return told(float(across @ up) / float(across @ across) / 2)
