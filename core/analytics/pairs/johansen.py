"""Johansen's test: how many cointegrating relations two legs have, whichever of them is called the first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told

#: Bars below which it says nothing.
LEAST = 30

#: Critical values at 90, 95 and 99 %, of no relation and of at most one: of the trace, and of the largest eigenvalue.
TRACE = ((13.4294, 15.4943, 19.9349), (2.7055, 3.8415, 6.6349))
LARGEST = ((12.2971, 14.2639, 18.52), (2.7055, 3.8415, 6.6349))


class Johansen(NamedTuple):
    """What came of it.

    Attributes:
        trace, largest: statistics against no relation, and against at most one.
        hedge_ratio: of the relation that is the most stationary: y - hedge_ratio · x.
        relations: how many there are at 95 % by the trace: 0 not cointegrated, 1 cointegrated, 2 each leg comes back by itself.
    """

    trace: tuple[float, float]
    largest: tuple[float, float]
    hedge_ratio: float
    relations: int


def johansen(y: Floats, x: Floats) -> Johansen:
    """The test with a constant and one lagged change.

    Args:
        y, x: values of leg A and of leg B, shape (n,), n >= 30.

    Raises:
        Absent: too few bars, a leg that does not move, or legs that move as one.

    Source: Johansen, Econometrica 59(6), 1991; critical values: MacKinnon, Haug, Michelis, Journal of Applied Econometrics 14(5), 1999;
    the same as statsmodels' `coint_johansen(legs, 0, 1)`.
    """
    checked(y, x)
    enough(y, LEAST)
    for which, values in (("first", y), ("second", x)):
        if is_still(values):
            raise Absent(f"the {which} leg did not move")
    legs = _centred(np.column_stack([y, x]))
    scales = np.abs(legs).max(axis=0)
    legs = legs / scales
    change = np.diff(legs, axis=0)
    before = _centred(change[:-1])
    try:
        now, level = (_left(_centred(values), before) for values in (change[1:], legs[1:-1]))
        # The singular values of the angle between changes and levels are the canonical correlations.
        of_now, of_level = np.linalg.qr(now), np.linalg.qr(level)
        if min(np.abs(np.diag(part.R)).min() / np.abs(part.R).max() for part in (of_now, of_level)) < 1e-9:
            raise Absent("the legs move as one")
        angle = of_level.Q.T @ of_now.Q
        side, correlations, _ = np.linalg.svd(angle)
        vector = np.linalg.solve(of_level.R, side[:, 0]) / scales
    except np.linalg.LinAlgError:
        raise Absent("the legs move as one") from None
    logs = np.log1p(-np.minimum(np.square(correlations), 1.0 - 1e-15)) * -len(now)
    trace, largest = (float(logs.sum()), float(logs[1])), (float(logs[0]), float(logs[1]))
    relations = 0 if trace[0] <= TRACE[0][1] else 1 if trace[1] <= TRACE[1][1] else 2
    return Johansen(trace, largest, told(-vector[1] / vector[0]) if vector[0] else told(np.inf), relations)


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=0))


def _left(values: Floats, before: Floats) -> Floats:
    """What a regression on the changes before leaves."""
    return np.asarray(values - before @ np.linalg.lstsq(before, values, rcond=None)[0])
