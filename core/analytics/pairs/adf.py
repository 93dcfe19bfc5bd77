"""The augmented Dickey-Fuller test: whether a series is a random walk, or comes back to a mean.

Our own, because a scan asks it of a thousand pairs: statsmodels' takes 12 ms of CPU for 1,000 values and seconds to import. Statistic, lags
and p-value are the same to 1e-9 (tests).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told
from core.analytics.pairs.mackinnon import p_value

#: Bars below which an asymptotic p-value says nothing.
LEAST = 30

#: Rows of the regression that are laid out at once.
_ROWS = 1 << 11

#: A column this much shorter than it was says nothing that those before it did not.
_SINGULAR = 1e-10


class UnitRoot(NamedTuple):
    """What came of a test for a unit root.

    Attributes:
        stat: t of the level in the regression of the change on it; the further below 0, the less a random walk.
        pvalue: how likely a random walk is to look so, 0..1.
        lags: changes before, whose effect was taken out; chosen by AIC.
    """

    stat: float
    pvalue: float
    lags: int


def adf(values: Floats) -> UnitRoot:
    """The test with a constant, the number of lags by AIC from 0 to 12·(n / 100)^¼ (Schwert).

    Args:
        values: shape (n,), n >= 30.

    Raises:
        Absent: too few values, or ones that do not move, or move without chance.

    Source: Said, Dickey, Biometrika 71(3), 1984; lags: Schwert, JBES 7(2), 1989; the same as statsmodels' `adfuller(values)`.
    """
    stat, lags = unit_root(values, constant=True)
    return UnitRoot(stat, p_value(stat), lags)


def unit_root(values: Floats, *, constant: bool) -> tuple[float, int]:
    """The statistic and its lags, with a constant or without; arguments and errors as of `adf`."""
    checked(values)
    enough(values, LEAST)
    if is_still(values):
        raise Absent("it does not move")
    scale = float(np.abs(values - values.mean()).max())
    values = (values - values.mean() if constant else values) / scale
    most = min(len(values) // 2 - constant - 1, math.ceil(12.0 * (len(values) / 100.0) ** 0.25))
    lags = _fewest_by_aic(values, most, constant)
    return _statistic(values, lags, constant), lags


def _fewest_by_aic(values: Floats, most: int, constant: bool) -> int:
    """Every number of lags is judged over the same bars: one triangle holds the residuals of them all."""
    triangle = _triangle(values, most, constant, level_last=False)
    rows, least = len(values) - 1 - most, 1 + constant
    left = np.cumsum(np.square(triangle[::-1, -1]))[::-1][least : least + most + 1]
    if not left[-1] > 0.0:
        raise Absent("it moves without chance")
    return int(np.argmin(rows * np.log(left / rows) + 2.0 * np.arange(least, least + most + 1)))


def _statistic(values: Floats, lags: int, constant: bool) -> float:
    """t of the level, which stands last among the regressors: its own corner of the triangle has all of it."""
    triangle = _triangle(values, lags, constant, level_last=True)
    rows, count = len(values) - 1 - lags, 1 + constant + lags
    corner, along, left = (float(triangle[at]) for at in ((count - 1, count - 1), (count - 1, count), (count, count)))
    deviation = abs(left) / math.sqrt(rows - count)
    if not deviation > 0.0:
        raise Absent("it moves without chance")
    return told(math.copysign(1.0, corner) * along / deviation)


def _triangle(values: Floats, lags: int, constant: bool, *, level_last: bool) -> Floats:
    """R of the QR decomposition of [constant, level, lags …, change], shape (k + 1, k + 1), some rows at a time.

    Raises:
        Absent: a regressor follows from those before it.
    """
    changes = sliding_window_view(np.diff(values), lags + 1)
    level = values[lags:-1, None]
    found = np.empty((0, 0))
    norms = np.zeros(2 + constant + lags)
    for start in range(0, len(changes), _ROWS):
        part = changes[start : start + _ROWS]
        now, before = part[:, -1:], part[:, -2::-1] if lags else part[:, :0]
        middle = (before, level[start : start + _ROWS]) if level_last else (level[start : start + _ROWS], before)
        block = np.concatenate([np.ones((len(part), int(constant))), *middle, now], axis=1)
        norms += np.einsum("ij,ij->j", block, block)
        found = np.asarray(np.linalg.qr(np.concatenate([found.reshape(-1, len(norms)), block]), mode="r"))
    if (np.abs(np.diag(found))[:-1] <= _SINGULAR * np.sqrt(norms[:-1])).any():
        raise Absent("it moves without chance")
    return found
