"""Figures of a year, pure: from daily returns (fractions of the capital, UTC days) or from what a run began and ended with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from core.research.metrics import DAYS_A_YEAR, ROUNDING, finite


def volatility(returns: ArrayLike) -> float | None:
    """Sample deviation (over n - 1) of daily returns times √365, a fraction a year; None of fewer than two."""
    daily = np.asarray(returns, np.float64)
    return finite(daily.std(ddof=1) * math.sqrt(DAYS_A_YEAR)) if len(daily) > 1 and np.isfinite(daily).all() else None


def sortino(returns: ArrayLike) -> float | None:
    """Mean of daily returns over their downside deviation, times √365.

    After Sortino and van der Meer, "Downside Risk" (1991), with a target of zero: the deviation is the root of the mean, over all days,
    of the squares of the returns below zero. None of fewer than two days, or where no day lost.
    """
    daily = np.asarray(returns, np.float64)
    if len(daily) < 2 or not np.isfinite(daily).all():
        return None
    with np.errstate(over="ignore"):  # what overflows is not finite, and so None
        downside = math.sqrt(float(np.mean(np.minimum(daily, 0.0) ** 2)))
    if downside <= ROUNDING * float(np.abs(daily).max()):
        return None
    return finite(float(daily.mean()) / downside * math.sqrt(DAYS_A_YEAR))


def cagr(capital: float, equity: float, years: float) -> float | None:
    """The growth a year, compounded, that leads from `capital` to `equity`: a fraction; None where equity is gone, or it overflows."""
    if years <= 0.0 or not equity / capital > 0.0:
        return None
    try:
        return finite((equity / capital) ** (1.0 / years) - 1.0)
    except OverflowError:
        return None


def calmar(growth: float | None, drawdown: float) -> float | None:
    """Growth a year over the worst drawdown, both fractions (Young, "Calmar Ratio", Futures, 1991); None where nothing fell."""
    return None if growth is None or drawdown <= 0.0 else finite(growth / drawdown)
