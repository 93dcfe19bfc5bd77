"""Figures of a year, pure: from daily returns (fractions of the capital, UTC days) or from what a run began and ended with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.research.metrics import DAYS_A_YEAR, ROUNDING, finite
from core.research.statistics.ratios import ratios


def volatility_and_sortino(returns: ArrayLike) -> tuple[float | None, float | None]:
    """Of daily returns (`core.research.statistics.ratios`), a year's worth; both None of fewer than two.

    A return that is there by rounding only is none: it would be a loss, the only one perhaps.
    """
    daily = np.asarray(returns, np.float64)
    if len(daily) < 2 or not np.isfinite(daily).all():
        return None, None
    found = ratios(np.where(np.abs(daily) > ROUNDING * np.abs(daily).max(), daily, 0.0), DAYS_A_YEAR)
    return (found.volatility, found.sortino) if found is not None else (None, None)


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
