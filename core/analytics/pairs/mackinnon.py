"""How likely a unit-root statistic is by chance: MacKinnon's approximation of its distribution."""

from __future__ import annotations

import math

#: Of tests with a constant, of one series and of the residuals of two: above the first p is 1, below the second 0; up to the third the
#: short polynomial holds, beyond it the long one; both in rising powers of the statistic.
_TABLE = {
    1: (2.74, -18.83, -1.61, (2.1659, 1.4412, 0.038269), (1.7339, 0.93202, -0.12745, -0.010368)),
    2: (0.92, -18.86, -2.62, (2.92, 1.5012, 0.039796), (2.1945, 0.64695, -0.29198, -0.042377)),
}


def p_value(stat: float, series: int = 1) -> float:
    """Share of random walks, 0..1, whose statistic is below this one, by chance alone; asymptotic.

    Args:
        stat: of `core.analytics.pairs.adf`.
        series: 1 of an ADF test with a constant; 2 of the residuals of one series on another and a constant (Engle, Granger).

    Source: MacKinnon, "Approximate Asymptotic Distribution Functions for Unit-Root and Cointegration Tests", Journal of Business and
    Economic Statistics 12(2), 1994, tables 3 and 4; the same coefficients as in statsmodels' `mackinnonp`.
    """
    most, least, star, small, large = _TABLE[series]
    if stat > most:
        return 1.0
    if stat < least:
        return 0.0
    at = 0.0
    for factor in reversed(small if stat <= star else large):
        at = at * stat + factor
    return 0.5 * math.erfc(-at / math.sqrt(2.0))
