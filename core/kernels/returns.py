"""Returns by sums, products and quotients alone: the same bits on every machine, compiled or not."""

from __future__ import annotations

import math

_LN2 = 0.6931471805599453

#: Terms of the series, of which each is a ninth of the one before at most.
_TERMS = 18


def log_ratio(a: float, b: float) -> float:
    """Natural logarithm of a / b, to 1e-15 of it; NaN where one of them is not above 0.

    ln(a/b) = 2 artanh((a-b)/(a+b)), by the series of artanh; by doubling first where one is more than twice the other.
    """
    if not (a > 0.0 and b > 0.0) or a == math.inf or b == math.inf:
        return math.nan
    doublings = 0.0
    while a > 2.0 * b:
        a *= 0.5
        doublings += 1.0
    while b > 2.0 * a:
        b *= 0.5
        doublings -= 1.0
    x = (a - b) / (a + b)
    square = x * x
    total = x
    power = x
    odd = 1.0
    for _ in range(_TERMS):
        power *= square
        odd += 2.0
        total += power / odd
    return 2.0 * total + doublings * _LN2


def percent(a: float, b: float) -> float:
    """How much a is above b, in percent of b; NaN where b is not above 0."""
    if not b > 0.0:
        return math.nan
    return 100.0 * (a - b) / b
