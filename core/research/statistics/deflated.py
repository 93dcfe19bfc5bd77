"""What a Sharpe is worth once one knows how many were tried: the probabilistic and the deflated Sharpe.

Every Sharpe here is of one period of the data (a day's, if returns are daily), never annualised, and so is their variance;
kurtosis is the raw one, 3 for a normal distribution. Sources:

* Bailey, López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 2012: here SREF.
* Bailey, López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), 2014: here DSR.

A figure that does not exist is None; an argument that makes no sense is a ValueError.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_NORMAL = NormalDist()
_EULER_MASCHERONI = 0.5772156649015329

#: Deviations this small a part of the largest value are of rounding only.
ROUNDING = 1e-12


class Moments(NamedTuple):
    """What the figures here need to know of a series of returns.

    Attributes:
        sharpe: mean over deviation (over n - 1) of a period, not annualised.
        skewness: third standardised moment of the sample, as it is (over n).
        kurtosis: fourth standardised moment of the sample, as it is; 3 for a normal distribution.
        observations: how many returns.
    """

    sharpe: float
    skewness: float
    kurtosis: float
    observations: int


def moments(returns: ArrayLike) -> Moments | None:
    """Of returns, shape (T,), as fractions; None of fewer than two, of equal ones and of any that is not finite."""
    values = np.asarray(returns, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    largest = float(np.abs(values).max())
    if not largest:
        return None
    values = values / largest  # moments do not depend on the scale, and powers of it cannot overflow
    mean = float(values.mean())
    centred = values - mean
    squares = float(np.square(centred).mean())
    if math.sqrt(squares) <= ROUNDING:
        return None
    count = len(values)
    return Moments(
        sharpe=mean / math.sqrt(squares * count / (count - 1)),
        skewness=float((centred**3).mean()) / squares**1.5,
        kurtosis=float((centred**4).mean()) / squares**2,
        observations=count,
    )


def probabilistic_sharpe(sharpe: float, skewness: float, kurtosis: float, observations: int, benchmark: float = 0.0) -> float | None:
    """Probability, 0..1, that the true Sharpe is above `benchmark`, given the one seen (SREF, equation 11).

    None of fewer than two observations, and where skewness and kurtosis leave no error of estimation above zero, which those
    of a sample can only do together with a Sharpe far from any that trades.
    """
    error = _standard_error(sharpe, skewness, kurtosis, observations)
    if error is None or not math.isfinite(benchmark):
        return None
    return _normal_cdf((sharpe - benchmark) / error)


def expected_maximum_sharpe(trials: float, variance: float) -> float | None:
    """The best Sharpe to be expected of so many independent trials that are all worth nothing (DSR, equation 1 with mean zero).

    Args:
        trials: how many; may be a fraction, as an effective number is.
        variance: of the trials' Sharpes, each of one period.

    Returns:
        Zero of one trial, since nothing was chosen. The approximation is of many trials; where it would fall below zero, under
        about 1.3 trials, it is zero as well. None where the variance is not finite.

    Raises:
        ValueError: fewer trials than one, or a variance below zero.
    """
    if not trials >= 1:
        raise ValueError(f"trials is {trials}: at least 1 was made")
    if variance < 0:
        raise ValueError(f"variance is {variance}: at least 0 is possible")
    if not math.isfinite(variance) or not math.isfinite(trials):
        return None
    if trials == 1:
        return 0.0
    typical = -_NORMAL.inv_cdf(1 / trials)
    rare = -_NORMAL.inv_cdf(1 / trials / math.e)
    return math.sqrt(variance) * max(0.0, (1 - _EULER_MASCHERONI) * typical + _EULER_MASCHERONI * rare)


def deflated_sharpe(sharpe: float, skewness: float, kurtosis: float, observations: int, trials: float, variance: float) -> float | None:
    """Probability, 0..1, that the true Sharpe of the best of `trials` is above zero (DSR, equation 2).

    It is the probabilistic Sharpe against the best that so many worthless trials would have brought; of one trial the two are
    the same. `variance` is that of the trials' Sharpes, see `sharpe_variance`. None where either part does not exist.
    """
    benchmark = expected_maximum_sharpe(trials, variance)
    if benchmark is None:
        return None
    return probabilistic_sharpe(sharpe, skewness, kurtosis, observations, benchmark)


def minimum_track_record(sharpe: float, skewness: float, kurtosis: float, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """How many observations it takes until `sharpe` is above `benchmark` with that confidence (SREF, equation 13).

    In observations, not in years, and a fraction. None where the Sharpe is not above the benchmark: no length is enough.

    Raises:
        ValueError: a confidence that is not at least 0.5 and under 1.
    """
    if not 0.5 <= confidence < 1:
        raise ValueError(f"confidence is {confidence}: at least 0.5 and under 1 is possible")
    error = _standard_error(sharpe, skewness, kurtosis, 2)
    if error is None or not math.isfinite(benchmark) or not sharpe > benchmark:
        return None
    length = 1 + (error * _NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2
    return float(length) if math.isfinite(length) else None


def sharpe_variance(sharpes: ArrayLike) -> float | None:
    """Variance (over n - 1) of the trials' Sharpes, each of one period; None of fewer than two and of any that is not finite."""
    values = np.asarray(sharpes, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    with np.errstate(over="ignore"):
        variance = float(values.var(ddof=1))
    return variance if math.isfinite(variance) else None


def effective_trials(returns: ArrayLike) -> float | None:
    """How many independent trials these come to, from 1 to as many as there are (DSR, appendix 3, equation 9).

    With M trials whose average correlation is r: r + (1 - r) M. Neighbours in a grid of parameters trade alike and are far fewer
    than they look; whoever ranks by it says so, since the plain number is the stricter one. An average below zero counts as zero.

    Args:
        returns: shape (T, N), of each period by trial. Trials whose returns do not differ correlate with nothing and are left out.

    Returns:
        None where there is no trial left, or a value is not finite.
    """
    values = np.asarray(returns, np.float64)
    if values.ndim != 2:
        raise ValueError(f"returns have {values.ndim} dimensions: (periods, trials) is possible")
    if values.size == 0 or not np.isfinite(values).all():
        return None
    standard = _standardised(values)
    count = standard.shape[1]
    if count < 2:
        return float(count) or None
    together = float(np.square(standard.sum(axis=1)).sum())  # the sum of all correlations, those with themselves included
    average = min(1.0, max(0.0, (together - count) / (count * (count - 1))))
    return float(average + (1 - average) * count)


def _standard_error(sharpe: float, skewness: float, kurtosis: float, observations: int) -> float | None:
    """Of an estimated Sharpe, its returns not normal (SREF, section 4; Mertens 2002)."""
    if observations < 2:
        return None
    spread = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
    return math.sqrt(spread / (observations - 1)) if math.isfinite(spread) and spread > 0 else None


def _normal_cdf(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))  # keeps the digits of a small probability


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The columns that differ, each with mean 0 and length 1."""
    values = values / np.maximum(np.abs(values).max(axis=0), np.finfo(np.float64).tiny)
    centred = values - values.mean(axis=0)
    lengths = np.sqrt(np.square(centred).sum(axis=0))
    alive = lengths > ROUNDING * math.sqrt(len(values))
    return np.asarray(centred[:, alive] / lengths[alive])
