"""Engle and Granger's test: whether what is left of one leg after the other comes back, so that the two are cointegrated."""

from __future__ import annotations

from core.analytics.pairs.absent import Absent, Floats, enough, is_still
from core.analytics.pairs.adf import LEAST, UnitRoot, unit_root
from core.analytics.pairs.line import fit_ols
from core.analytics.pairs.mackinnon import p_value

#: Legs of which the line leaves less of the variance have nothing left to test.
_COLLINEAR = 100 * 2.0**-26


def engle_granger(y: Floats, x: Floats) -> UnitRoot:
    """Regress y on x and a constant, and test the residuals for a unit root, without a constant and with p-values for two series.

    p is that of legs that have nothing to do with each other: unlike `adf` of a spread, it knows that the hedge ratio was chosen to make
    the spread come back. The two orders of the legs give different answers.

    Args:
        y, x: values of leg A and of leg B, shape (n,), n >= 30.

    Raises:
        Absent: too few bars, a leg that does not move, or legs that move as one.

    Source: Engle, Granger, Econometrica 55(2), 1987; the same as statsmodels' `coint(y, x)`.
    """
    enough(x, LEAST)
    line = fit_ols(y, x)
    if is_still(y):
        raise Absent("the first leg did not move")
    residual, around = line.residuals(y, x), y - y.mean()
    if float(residual @ residual) <= _COLLINEAR * float(around @ around):
        raise Absent("the legs move as one: nothing is left to test")
    stat, lags = unit_root(residual, constant=False)
    return UnitRoot(stat, p_value(stat, series=2), lags)
