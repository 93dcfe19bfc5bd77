"""The stationary bootstrap: drawing a series again in blocks of random length, so that what follows what is kept.

Source: Politis, Romano, "The Stationary Bootstrap", Journal of the American Statistical Association 89(428), 1994: blocks begin
anywhere, their lengths are geometric, and the series goes on from its end with its beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: Draws held at once, a few times over: 8 bytes each.
CELLS = 1 << 18


def block_length(periods: int, block: float | None) -> float:
    """The mean length of a block: the one given, else the square root of the periods.

    Raises:
        ValueError: one that is not from 1 (every period drawn for itself) to as many as there are periods.
    """
    if block is None:
        return math.sqrt(periods)
    if not 1 <= block <= periods:
        raise ValueError(f"block is {block}: from 1 to {periods} periods is possible")
    return block


def draw(periods: int, paths: int, block: float, rng: np.random.Generator, width: int = 0) -> Iterator[NDArray[np.int64]]:
    """Which period is drawn at each step, some paths at a time, each of shape (some, periods).

    One uniform number a step says whether a block begins and, if so, where, so that the draws are the same however many paths
    are held at once; there are fewer of them where the caller needs `width` values for each.
    """
    size = max(1, CELLS // max(periods, width))
    steps = np.arange(periods)
    for done in range(0, paths, size):
        numbers = rng.random((min(size, paths - done), periods))
        begins = numbers < 1 / block
        begins[:, 0] = True
        numbers[:, 1:] *= block  # of those that begin a block, uniform over 0..1 again
        since = np.where(begins, steps, 0)
        np.maximum.accumulate(since, axis=1, out=since)
        starts = (numbers * periods).astype(np.int64)  # of the others never looked at
        yield (np.take_along_axis(starts, since, axis=1) + steps - since) % periods
