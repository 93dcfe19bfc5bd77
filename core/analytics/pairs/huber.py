"""The line that outliers pull less: Huber's M-estimator."""

from __future__ import annotations

import numpy as np

from core.analytics.pairs.absent import Floats
from core.analytics.pairs.line import Line, fit_ols, weighted

#: Residuals up to so many scales count by their square, beyond it by their size; 95 % efficient where errors are normal.
TUNING = 1.345

#: The third quartile of the standard normal distribution: median |e| over it is a deviation.
QUARTILE = 0.6744897501960817

#: It has converged where the deviance changes by no more; after so many steps it is taken as it is.
TOLERANCE, STEPS = 1e-8, 50


def fit_huber(y: Floats, x: Floats) -> Line:
    """Huber's line of y on x and a constant, by iteratively reweighted least squares; a fit that leaves nothing ends there.

    The scale is the median absolute residual over 0.6745, anew at each step; it begins with least squares. The same steps as
    statsmodels' RLM with HuberT.

    Args:
        y, x: values of leg A and of leg B, shape (n,), n >= 10.

    Raises:
        Absent: as of `fit_ols`.

    Source: Huber, Ronchetti, "Robust Statistics", 2nd edition 2009, sections 7.3 and 7.8.
    """
    line = fit_ols(y, x)
    residual = line.residuals(y, x)
    scale, before = _scale(residual), np.inf
    for _ in range(STEPS):
        if not scale > 0.0:
            return line
        line = weighted(y, x, _weights(residual / scale))
        residual = line.residuals(y, x)
        now = _deviance(residual / scale)
        scale = _scale(residual)
        if abs(now - before) <= TOLERANCE:
            break
        before = now
    return line


def _scale(residual: Floats) -> float:
    """The deviation of residuals, those of rounding left out."""
    scale = float(np.median(np.abs(residual))) / QUARTILE
    return scale if scale > np.finfo(np.float64).eps * float(np.abs(residual).max()) else 0.0


def _weights(scaled: Floats) -> Floats:
    size = np.abs(scaled)
    return np.where(size <= TUNING, 1.0, TUNING / np.maximum(size, TUNING))


def _deviance(scaled: Floats) -> float:
    size = np.abs(scaled)
    return float(np.where(size <= TUNING, 0.5 * size * size, TUNING * size - 0.5 * TUNING * TUNING).sum())
