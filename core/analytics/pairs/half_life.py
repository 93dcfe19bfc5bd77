"""How long the spread takes to lose half of a deviation."""

from __future__ import annotations

import math

import numpy as np

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still
from core.analytics.pairs.line import fit_ols

#: Bars below which the pull back to the mean cannot be told from chance.
LEAST = 20


def half_life(spread: Floats) -> float:
    """Half-life of a deviation, in bars: ln 2 / -ln φ of s_t = c + φ·s_{t-1} + e_t, φ by least squares.

    That is the Ornstein-Uhlenbeck process ds = θ·(μ - s)·dt + k·dW seen once a bar, with φ = e^{-θ}, so ln 2 / θ. Its estimate of φ is
    too low in short samples (by about (1 + 3φ) / n: Kendall, Biometrika 41, 1954), and the half-life with it.

    Args:
        spread: shape (n,), n >= 20.

    Raises:
        Absent: too few bars, a spread that does not move, does not come back (φ >= 1), or overshoots (φ <= 0).

    Source: Chan, "Algorithmic Trading", 2013, chapter 2, with ln φ in place of φ - 1.
    """
    checked(spread)
    enough(spread, LEAST)
    if is_still(spread[:-1]):
        raise Absent("the spread does not move")
    spread = spread / float(np.abs(spread).max())  # squares of small numbers would be none
    again = fit_ols(spread[1:], spread[:-1]).slope
    if again >= 1.0:
        raise Absent("the spread does not come back")
    if again <= 0.0:
        raise Absent("a deviation is over within a bar")
    return math.log(2.0) / -math.log(again)
