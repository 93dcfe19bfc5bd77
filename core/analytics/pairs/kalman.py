"""A hedge ratio that moves: regression with coefficients that walk at random, by the Kalman filter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told
from core.analytics.pairs.line import Line, fit_ols

#: Variance of a coefficient's step against that of the noise: it looks back over about 1 / √DELTA bars, 100 of them.
DELTA = 1e-4

#: Bars the filter begins with.
START = 20

#: So far x must have moved in them, in deviations of x over all bars; a line through less is rounding, and the filter never gets over it.
MOVED = 1e-4


class Path(NamedTuple):
    """How the line moved.

    Attributes:
        slope, intercept: (n,) after each bar, NaN before bar `START - 1`.
        spread: (n,) y less what was forecast of it before the bar was seen, NaN before bar `START`.
    """

    slope: Floats
    intercept: Floats
    spread: Floats

    @property
    def last(self) -> Line:
        """After the newest bar."""
        return Line(float(self.slope[-1]), float(self.intercept[-1]))


def fit_kalman(y: Floats, x: Floats, delta: float = DELTA) -> Path:
    """Filter y_t = a_t + b_t·z_t + e_t, with z = (x - mean) / deviation of x over all bars.

    Noise: Var e = R; a and b walk at random, their steps independent with variance `delta`·R each. Estimates do not depend on R, nor on the
    units of x and y. It begins with least squares over the first 20 bars (more, where x hardly moves in them), which is what a flat prior
    comes to. With `delta` 0 it is recursive least squares. The filter looks back only; the mean and deviation that scale the noise
    of b are those of all bars.

    Args:
        y, x: values of leg A and of leg B, shape (n,), n > 20.
        delta: 0 or more.

    Raises:
        Absent: too few bars, or x does not vary.

    Source: Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter", 1989, section 3.2; for pairs, with delta 1e-4:
    Chan, "Algorithmic Trading", 2013, chapter 3.
    """
    checked(y, x)
    enough(x, START + 1)
    if is_still(x):
        raise Absent("the second leg did not move")
    mean, deviation = float(x.mean()), float(x.std())
    z = (x - mean) / deviation
    begin = _begin(z)
    line = fit_ols(y[:begin], z[:begin])
    b, a, spread = _filtered(y, z, begin, line, delta)
    told(float(b[-1]))
    return Path(b / deviation, a - b * mean / deviation, spread)


def _begin(z: Floats) -> int:
    """With how many bars z has begun to vary."""
    begin = START
    while float(np.ptp(z[:begin])) <= MOVED:
        begin += 1
        if begin >= len(z):
            raise Absent("the second leg moved in the last bar only")
    return begin


def _filtered(y: Floats, z: Floats, begin: int, line: Line, delta: float) -> tuple[Floats, Floats, Floats]:
    """Slope, intercept and forecast error of each bar; in numbers of Python, which are faster here than arrays of two."""
    mean = float(z[:begin].mean())
    across = z[:begin] - mean
    p_bb = 1.0 / float(across @ across)
    p_ab, p_aa = -mean * p_bb, 1.0 / begin + mean * mean * p_bb  # (Z'Z)⁻¹, in units of R
    b, a = line
    slopes, intercepts, errors = [b], [a], []
    for at, value in zip(z[begin:].tolist(), y[begin:].tolist(), strict=True):
        p_bb += delta
        p_aa += delta
        to_b, to_a = p_bb * at + p_ab, p_ab * at + p_aa
        variance = to_b * at + to_a + 1.0
        error = value - a - b * at
        gain_b, gain_a = to_b / variance, to_a / variance
        b += gain_b * error
        a += gain_a * error
        p_bb -= gain_b * to_b
        p_ab -= gain_b * to_a
        p_aa -= gain_a * to_a
        slopes.append(b)
        intercepts.append(a)
        errors.append(error)
    unknown = np.full(begin - 1, np.nan)
    return (
        np.concatenate([unknown, slopes]), np.concatenate([unknown, intercepts]), np.concatenate([unknown, [np.nan], errors]),
    )  # fmt: skip
