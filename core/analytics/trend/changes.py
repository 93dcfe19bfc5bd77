"""Where returns changed their mean or their spread for good: the best set of change points.

Of all ways to cut the returns into stretches the one is found that makes Σ cost(stretch) + penalty · changes least, by dynamic programming:
Jackson et al., "An algorithm for optimal partitioning of data on an interval", IEEE Signal Processing Letters 12, 2005. (PELT of Killick,
Fearnhead and Eckley, JASA 107, 2012, finds the same and is quicker on long series; here at most `PLACES` places are tried.) The cost of a
stretch is twice the negative log likelihood of normal returns with a mean and a variance of their own.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Times ln n a change must gain. By Schwarz's criterion a change has 3 parameters (place, mean, variance), which is 3 ln n; returns are
#: no normal noise (fat tails, volatility that comes in waves), and `benchmarks/trend.py` says what is left of false alarms with this.
PENALTY = 4.0

#: Returns of the shortest stretch.
LEAST = 12

#: Places that are tried at most; a change is then put to the very return.
PLACES = 160

#: Returns further off than so many typical ones count as that: one print is no change.
FARTHEST = 5.0

#: Mean absolute deviation from the median, of a normal distribution, per standard deviation.
_NORMAL = 0.6745


class _Costs:
    """Costs of stretches, from running sums."""

    def __init__(self, x: NDArray[np.float64]) -> None:
        self._sums = np.concatenate(([0.0], np.cumsum(x)))
        self._squares = np.concatenate(([0.0], np.cumsum(x * x)))
        self._least = 1e-10 * float(x.var())

    def of(self, start: NDArray[np.intp] | int, stop: NDArray[np.intp] | int) -> NDArray[np.float64]:
        """Of each [start, stop), without the constant; a number without meaning where that is empty."""
        count = np.maximum(stop - start, 1)
        mean = (self._sums[stop] - self._sums[start]) / count
        variance = (self._squares[stop] - self._squares[start]) / count - mean * mean
        return np.asarray(count * np.log(np.maximum(variance, self._least)))


def tamed(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same returns, none further than `FARTHEST` typical deviations from their median."""
    middle = float(np.median(returns))
    typical = float(np.median(np.abs(returns - middle))) / _NORMAL
    if typical <= 0.0:
        return returns
    return np.clip(returns, middle - FARTHEST * typical, middle + FARTHEST * typical)


def change_points(returns: NDArray[np.float64], penalty: float = PENALTY) -> list[int]:
    """Indices of the returns that begin a new stretch, ascending; none where there are too few or nothing varies.

    Args:
        returns: log returns, shape (n,), finite.
        penalty: times ln n that a change must gain, > 0.
    """
    count = len(returns)
    if count < 2 * LEAST:
        return []
    x = tamed(returns)
    x = x - x.mean()
    if not float(x.var()) > 0.0:
        return []
    costs, fine = _Costs(x), penalty * math.log(count)
    return _placed(_searched(costs, count, fine), costs, count)


def _searched(costs: _Costs, count: int, fine: float) -> list[int]:
    """The best changes among places that are a step apart."""
    step = -(-count // PLACES)
    at = np.array([*range(0, count - LEAST + 1, step), count])
    # Of every stretch from a place (row) to a later one (column); what is too short costs infinitely much.
    all_costs = np.where(at - at[:, None] >= LEAST, costs.of(at[:, None], at), math.inf)
    best = np.full(len(at), math.inf)
    best[0] = -fine
    before = np.zeros(len(at), np.intp)
    for k in range(1, len(at)):
        totals = best[:k] + all_costs[:k, k] + fine
        before[k] = totals.argmin()
        best[k] = totals[before[k]]
    found, k = [], int(before[-1])
    while k > 0:
        found.append(int(at[k]))
        k = int(before[k])
    return found[::-1]


def _placed(found: list[int], costs: _Costs, count: int) -> list[int]:
    """Each put where it splits the two stretches beside it best."""
    step = -(-count // PLACES)
    for number, at in enumerate(found):
        start = found[number - 1] if number else 0
        stop = found[number + 1] if number + 1 < len(found) else count
        tried = np.arange(max(at - step, start + LEAST), min(at + step, stop - LEAST) + 1)
        if len(tried):
            both = costs.of(start, tried) + costs.of(tried, stop)
            found[number] = int(tried[both.argmin()])
    return found
