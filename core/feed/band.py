"""How far a price may move from one print to the next before that is worth a look: a band made of the symbol's own moves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Moves a band is made of at least, and moves that are remembered.
LEAST, MOVES = 64, 256

#: Until there are as many: half the price.
UNKNOWN = math.log(1.5)

#: The median of |x| of a normal distribution is its standard deviation over this (Rousseeuw and Croux, 1993).
NORMAL = 1.4826


def widest_move(moves: NDArray[np.float64], mads: float, percent: float) -> float:
    """The largest |log return| that is ordinary: so many deviations, and at least so many percent.

    Prints at an unchanged price are no moves: with them the median would be 0.

    Args:
        moves: |log returns| that are not 0, the latest `MOVES`, in any order.
        mads: median absolute deviations, each as wide as a standard deviation.
        percent: what is never too far.
    """
    if len(moves) < LEAST:
        return UNKNOWN
    middle = len(moves) // 2
    return max(math.log1p(percent / 100), mads * NORMAL * float(np.partition(moves, middle)[middle]))
