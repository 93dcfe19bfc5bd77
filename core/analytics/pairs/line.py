"""The straight line between two legs, by ordinary least squares: the first of the hedge ratios, and what others begin with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told

#: Bars below which a line says nothing.
LEAST = 10


class Line(NamedTuple):
    """y = intercept + slope · x; the slope is the hedge ratio: so much of leg B goes against one of leg A."""

    slope: float
    intercept: float

    def residuals(self, y: Floats, x: Floats) -> Floats:
        """(n,) what is left of y."""
        return np.asarray(y - self.slope * x - self.intercept)


def fit_ols(y: Floats, x: Floats) -> Line:
    """Ordinary least squares of y on x and a constant.

    Args:
        y, x: values of leg A and of leg B, shape (n,), n >= 10.

    Raises:
        Absent: too few bars, or x does not vary.

    Source: Hamilton, "Time Series Analysis", 1994, section 8.1.
    """
    checked(y, x)
    enough(x, LEAST)
    if is_still(x):
        raise Absent("the second leg did not move")
    return weighted(y, x, np.ones(len(x)))


def weighted(y: Floats, x: Floats, weights: Floats) -> Line:
    """Least squares with a weight for each bar, shape (n,), not negative.

    Raises:
        Absent: what has weight of x does not vary.
    """
    total = float(weights.sum())
    if not total > 0.0:
        raise Absent("no bar has any weight")
    mean_x, mean_y = float(weights @ x) / total, float(weights @ y) / total
    across = x - mean_x
    spread = float(weights @ (across * across))
    if not spread > 0.0:
        raise Absent("the second leg did not move")
    slope = told(float(weights @ (across * (y - mean_y))) / spread)
    return Line(slope, told(mean_y - slope * mean_x))
