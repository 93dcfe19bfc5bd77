"""Returns that are the same on every machine and with every version of NumPy: whole-number arithmetic, no generator of its."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noise(count: int, seed: int) -> NDArray[np.float64]:
    """Near to normal, mean 0 and deviation 1: each the sum of 12 uniform numbers less 6."""
    state, values = seed, []
    for _ in range(count):
        total = 0
        for _ in range(12):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            total += state >> 43
        values.append(total / 2**21 - 6)
    return np.array(values)


def daily_returns() -> NDArray[np.float64]:
    """500 days of a strategy that earns a little."""
    return 0.0008 + 0.02 * noise(500, 11)


def idle_returns() -> NDArray[np.float64]:
    """The same where it trades on every twentieth day only, and so is at zero on most."""
    returns = daily_returns()
    returns[np.arange(500) % 20 != 0] = 0.0
    return returns


def excess_returns() -> NDArray[np.float64]:
    """Shape (200, 8): trials whose days hang together, of a common market, some good, some very poor."""
    rows = noise(200 * 9, 5).reshape(200, 9)
    for row in range(1, 200):
        rows[row] += 0.3 * rows[row - 1]
    means = np.array([0.0, 0.02, 0.14, -0.05, 0.05, -0.9, 0.0, 0.08])
    scales = np.array([1.0, 1.5, 1.0, 0.5, 2.0, 1.0, 3.0, 0.7])
    return np.asarray((means + scales * (0.6 * rows[:, :8] + 0.5 * rows[:, 8:])) / 100)
