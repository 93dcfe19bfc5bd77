"""Falls of equity below the peak before them: how deep and how long, of one path or of many at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Equity that is short of its peak by so small a part of it has come back: sums and products round.
_ROUNDING = 1e-12


class Falls(NamedTuple):
    """Of each path, shape (paths,).

    Attributes:
        deepest: furthest below the peak before it, a positive figure in the unit of equity.
        deepest_share: the same as a share of that peak, 0..1, above 1 where equity falls below zero; may be another fall.
        longest: most steps in a row below a peak; a fall that has not ended counts as far as it goes.
    """

    deepest: NDArray[np.float64]
    deepest_share: NDArray[np.float64]
    longest: NDArray[np.int64]


def peaks(equity: NDArray[np.float64], start: float) -> NDArray[np.float64]:
    """Highest equity up to each step, `start` included, which is above zero; shape of `equity`: (paths, T), by step."""
    highest: NDArray[np.float64] = np.maximum.accumulate(equity, axis=1)
    return np.maximum(highest, start, out=highest)


def falls(equity: NDArray[np.float64], start: float) -> Falls:
    """Of equity after each step, shape (paths, T), T > 0, from `start` on, which is above zero."""
    highest = peaks(equity, start)
    below = highest - equity
    shares = below / highest
    steps = np.arange(1, equity.shape[1] + 1)
    at_peak = np.where(shares <= _ROUNDING, steps, 0)
    np.maximum.accumulate(at_peak, axis=1, out=at_peak)
    return Falls(below.max(axis=1), shares.max(axis=1), (steps - at_peak).max(axis=1))
