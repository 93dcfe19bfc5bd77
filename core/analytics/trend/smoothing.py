"""Averages in which each value counts less with every step, of whole arrays at once: what Wilder's indicators are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Values that one matrix product does; the carry goes on from block to block in a plain loop.
_BLOCK = 64


def decayed(x: NDArray[np.float64], kept: float, start: float) -> NDArray[np.float64]:
    """y of y[0] = kept · start + x[0], y[i] = kept · y[i - 1] + x[i], to rounding.

    Args:
        x: shape (n,).
        kept: share of the value before that stays, 0..1.
        start: the value before the first.
    """
    count = len(x)
    blocks = -(-count // _BLOCK)
    padded = np.zeros(blocks * _BLOCK)
    padded[:count] = x
    steps = np.arange(_BLOCK)
    weights = np.where(steps[:, None] >= steps, kept ** np.maximum(steps[:, None] - steps, 0), 0.0)
    out = padded.reshape(blocks, _BLOCK) @ weights.T
    fading = kept ** (steps + 1.0)
    carry = start
    for row in out:
        row += fading * carry
        carry = float(row[-1])
    return np.asarray(out.ravel()[:count])


def wilder(x: NDArray[np.float64], period: int, start: float) -> NDArray[np.float64]:
    """Wilder's average of what follows an average `start`: each value counts for 1 / period. Shape (n,)."""
    return decayed(x / period, 1.0 - 1.0 / period, start)
