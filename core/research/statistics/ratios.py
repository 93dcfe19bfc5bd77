"""The usual figures of a series of returns, by the formulas of the libraries people compare with.

They are those of quantstats (0.0.86) and of empyrical-reloaded (0.7.1), to 1e-9. Where the two differ:

| figure | follows | since |
| --- | --- | --- |
| value at risk | empyrical | quantstats takes returns for normal; this one is historical |
| expected shortfall | empyrical | quantstats averages all returns that tie at the quantile: the zeros of all idle periods |
| skew, kurtosis, ulcer index, longest drawdown | quantstats | empyrical has none of them |
| tail ratio, Calmar | both | but None instead of infinity or NaN |

Drawdowns are positive figures here and negative ones there. Skew and kurtosis here are of the population as estimated from the
sample, kurtosis above that of a normal distribution, as in pandas; the deflated Sharpe takes those of `deflated.moments`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.research.statistics.deflated import ROUNDING
from core.research.statistics.drawdown import falls, peaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """Of a series of returns, each None where it does not exist. n is the number of returns, P that of periods a year.

    Attributes:
        cagr: growth a year, (Π(1 + r))^(P/n) - 1; None where equity fell below zero.
        volatility: deviation (over n - 1) · √P; None of one return.
        sharpe: mean / deviation (over n - 1) · √P (Sharpe 1994, benchmark zero); None of one return and of equal ones.
        sortino: mean / √(Σ min(r, 0)² / n) · √P (Sortino, Price 1994, target zero); None without a loss.
        calmar: cagr / max_drawdown (Young 1991); None without a drawdown.
        omega: sum of gains / sum of losses (Keating, Shadwick 2002, threshold zero); None without a loss.
        tail_ratio: |95th percentile| / |5th|; None where the 5th is zero.
        value_at_risk: 5th percentile of the returns of a period: a loss is negative.
        expected_shortfall: mean of the worst 5 % of the returns, of at least one.
        skew: adjusted Fisher-Pearson, √(n(n - 1)) / (n - 2) · g1 (Joanes, Gill 1998, G1); None under three, and of equal ones.
        kurtosis: above that of a normal distribution (the same, G2); None under four, and of equal ones.
        max_drawdown: deepest fall of compounded equity as a share of the peak before it, 0..1; 0 where it never fell.
        longest_drawdown: most periods in a row below a peak.
        ulcer_index: √(Σ drawdown² / (n - 1)), drawdowns as shares (Martin 1987, who divides by n); None of one return.
    """

    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    omega: float | None
    tail_ratio: float | None
    value_at_risk: float | None
    expected_shortfall: float | None
    skew: float | None
    kurtosis: float | None
    max_drawdown: float | None
    longest_drawdown: int | None
    ulcer_index: float | None


def ratios(returns: ArrayLike, periods_a_year: float) -> Ratios | None:
    """All figures.

    Args:
        returns: of each period, as fractions of the equity before it, shape (n,).
        periods_a_year: 365 of days in markets that never close, 252 of trading days, 365 · 24 of hours.

    Returns:
        None of no return, and where one is not finite.

    Raises:
        ValueError: another shape; periods that are not above zero.
    """
    values = np.asarray(returns, np.float64)
    if values.ndim != 1:
        raise ValueError(f"returns have {values.ndim} dimensions: 1 is possible")
    if not 0 < periods_a_year < math.inf:
        raise ValueError(f"periods_a_year is {periods_a_year}: above 0 is possible")
    if not len(values) or not np.isfinite(values).all():
        return None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is not finite, and so None
        return _ratios(values, periods_a_year)


def _ratios(values: NDArray[np.float64], periods_a_year: float) -> Ratios:
    count, year = len(values), math.sqrt(periods_a_year)
    mean, deviation = float(values.mean()), _deviation(values)
    low, high = np.percentile(values, (5, 95)).tolist()
    equity = np.asarray(np.cumprod(1 + values), np.float64)[None]
    deep = falls(equity, 1.0)
    deepest = float(deep.deepest_share[0])
    cagr = _growth(float(equity[0, -1]), periods_a_year / count)
    drawdowns = 1 - equity / peaks(equity, 1.0)
    return Ratios(
        cagr=cagr,
        volatility=None if deviation is None else _finite(deviation * year),
        sharpe=_over(mean * year, deviation),
        sortino=_over(mean * year, math.sqrt(float(np.square(np.minimum(values, 0)).mean()))),
        calmar=None if cagr is None else _over(cagr, deepest),
        omega=_over(float(values[values > 0].sum()), -float(values[values < 0].sum())),
        tail_ratio=_over(abs(high), abs(low)),
        value_at_risk=_finite(low),
        expected_shortfall=_finite(np.sort(values)[: int((count - 1) * 0.05) + 1].mean()),
        skew=_skew(values),
        kurtosis=_kurtosis(values),
        max_drawdown=_finite(deepest),
        longest_drawdown=int(deep.longest[0]) if math.isfinite(deepest) else None,
        ulcer_index=_finite(math.sqrt(np.square(drawdowns).sum() / (count - 1))) if count > 1 else None,
    )


def _deviation(values: NDArray[np.float64]) -> float | None:
    """Over n - 1; zero where the values differ by rounding only, None of one and where it overflows."""
    if len(values) < 2:
        return None
    deviation = float(values.std(ddof=1))
    if not math.isfinite(deviation):
        return None
    return 0.0 if deviation <= ROUNDING * float(np.abs(values).max()) else deviation


def _growth(wealth: float, years: float) -> float | None:
    """A year's, of what 1 became; `years` is one over how many there were."""
    if not wealth >= 0:
        return None
    try:
        return _finite(wealth**years - 1)
    except OverflowError:
        return None


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    deviation = _deviation(values)
    if not deviation:
        return None
    centred = values - values.mean()
    return np.asarray(centred / np.sqrt(np.square(centred).mean()))


def _skew(values: NDArray[np.float64]) -> float | None:
    count, standard = len(values), _standardised(values)
    if count < 3 or standard is None:
        return None
    return _finite(math.sqrt(count * (count - 1)) / (count - 2) * (standard**3).mean())


def _kurtosis(values: NDArray[np.float64]) -> float | None:
    count, standard = len(values), _standardised(values)
    if count < 4 or standard is None:
        return None
    return _finite((count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * ((standard**4).mean() - 3) + 6))


def _over(figure: float, by: float | None) -> float | None:
    return _finite(figure / by) if by else None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
