"""From what was measured to how likely each regime is: two logistic rules over a few of the figures.

The first rule says how likely it is that the price goes somewhere; which way is the sign of its drift and slope. The second says, of a
price that goes nowhere, how likely it is that it swings wide rather than keeps to its level. Both are log odds that are sums, so that what
a figure adds can be named. Coefficients are those that make generated markets of known regime likeliest, by
`benchmarks/trend.py --fit --markets 2500`, on other seeds than those its table is made on: of 100 labels of confidence 0.8,
about 80 are right on such markets. Where regimes are mixed otherwise than there, in equal shares, they are not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analytics.trend.measures import Measures
from core.analytics.trend.swings import a_year

REGIMES = ("uptrend", "downtrend", "sideways", "volatile")

#: Generated markets cannot tell of more.
MOST_SURE = 0.99

#: Figures beyond these are taken as these: rules are only known where there were markets.
_MOST_T, _MOST_LOG = 50.0, 4.0

#: A price that returns to its level has a narrower range the longer one looks: no narrower than this, so that it does not hide wild swings.
_NARROWEST = 0.3

#: Log odds of a direction; figures by name as in `direction_figures`.
DIRECTION = {"constant": -10.559, "drift_t": 2.573, "slope_t": 3.9, "adx": 0.229, "tails": -1.4}

#: Log odds of wide swings where there is no direction; by name as in `swing_figures`.
SWINGS = {"constant": -6.766, "volatility_year": 5.209, "volatility_ratio": 4.19, "range_ratio": 4.904, "tails": 2.297}


class Verdict(NamedTuple):
    """A regime, how likely it is (0..1), and how likely each of `REGIMES` is; all sum to 1."""

    trend: str
    confidence: float
    likely: dict[str, float]


def judge(found: Measures) -> Verdict:
    """The likeliest regime."""
    goes = _likely(DIRECTION, direction_figures(found))
    swings = _likely(SWINGS, swing_figures(found))
    up = goes if sign(found) > 0 else 0.0
    likely = dict(zip(REGIMES, (up, goes - up, (1.0 - goes) * (1.0 - swings), (1.0 - goes) * swings), strict=True))
    trend = max(likely, key=lambda name: likely[name])
    return Verdict(trend, min(likely[trend], MOST_SURE), likely)


def sign(found: Measures) -> int:
    """Which way it goes if it goes anywhere: 1 or -1."""
    return 1 if _known(found.drift.t) + _known(found.slope.t) >= 0.0 else -1


def direction_figures(found: Measures) -> dict[str, float]:
    """What the first rule weighs: without units, of about the same size, the same for a price and its mirror image."""
    return {
        "drift_t": math.log1p(min(abs(_known(found.drift.t)), _MOST_T)),
        "slope_t": math.log1p(min(abs(_known(found.slope.t)), _MOST_T)),
        "adx": _known(found.adx) / 25.0,
        "tails": _log(found.tails),
    }


def swing_figures(found: Measures) -> dict[str, float]:
    """What the second rule weighs."""
    return {
        "volatility_year": _log(a_year(found.volatility, found.interval_ns)),
        "volatility_ratio": _log(found.against.ratio),
        "range_ratio": _log(max(found.range_ratio, _NARROWEST)),
        "tails": _log(found.tails),
    }


def fitted(figures: NDArray[np.float64], held: NDArray[np.bool_], ridge: float = 1.0) -> NDArray[np.float64]:
    """Coefficients that make what was seen likeliest, the constant first, by Newton's steps; a weak ridge keeps them finite.

    Source: D. R. Cox, "The regression analysis of binary sequences", Journal of the Royal Statistical Society B 20, 1958.

    Args:
        figures: shape (n, k).
        held: of each of n, whether it was so.
        ridge: of the squares of all but the constant.

    Returns:
        shape (k + 1,).
    """
    ones = np.column_stack([np.ones(len(figures)), figures])
    bound = ridge * np.diag([0.0, *[1.0] * figures.shape[1]])
    found = np.zeros(ones.shape[1])
    for _ in range(40):
        likely = 1.0 / (1.0 + np.exp(-ones @ found))
        steps = ones.T @ (held - likely) - bound @ found
        bend = (ones * (likely * (1.0 - likely))[:, None]).T @ ones + bound
        found = found + np.linalg.solve(bend, steps)
    return np.asarray(found)


def _likely(rule: dict[str, float], figures: dict[str, float]) -> float:
    odds = rule["constant"] + sum(rule[name] * value for name, value in figures.items())
    return 1.0 / (1.0 + math.exp(-_within(odds, 30.0)))


def _known(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _within(value: float, most: float) -> float:
    return max(-most, min(value, most))


def _log(value: float) -> float:
    """Of a figure above 0; what is not known adds nothing."""
    if not math.isfinite(value):
        return 0.0
    return _within(math.log(max(value, 1e-9)), _MOST_LOG)
