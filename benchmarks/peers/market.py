"""The market everybody is measured on: a seeded random walk of prints, and bars made of it. Needs NumPy only.

The walk stands on a grid of 0.01, so two averages are either exactly equal or at least 5e-5 apart (windows of 50 and 200): a
contestant may compare them with any tolerance between rounding and that, and must come to the same trades as everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FAST, SLOW = 50, 200
SIZE = 1.0
FEE = 0.0004
STEP = 0.01
CAPITAL = 1e8  # enough that nobody's buying power ever decides

#: Averages that differ by less are equal.
SAME = 1e-6

#: The sweep: 20 fast windows times 25 slow ones.
GRID = [(fast, slow) for fast in range(5, 105, 5) for slow in range(110, 360, 10)]


@dataclass(frozen=True)
class Prints:
    """Columns of equal length: time (ms UTC), price in steps of 0.01, price, quantity (at least 1, so an order for 1 fills whole)."""

    ms: NDArray[np.int64]
    steps: NDArray[np.int64]
    price: NDArray[np.float64]
    qty: NDArray[np.float64]


@dataclass(frozen=True)
class Bars:
    """Columns of equal length: open time (ms UTC), one minute apart, and the prices and volume of the minute."""

    ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]


def prints(count: int, seed: int = 7) -> Prints:
    """`count` prints, 20 ms apart on average, around 20,000."""
    rng = np.random.default_rng(seed)
    ms = 1_700_000_000_000 + np.cumsum(rng.integers(1, 40, count)).astype(np.int64)
    steps = 2_000_000 + np.cumsum(np.round(rng.normal(0, 60, count)).astype(np.int64))
    if steps.min() <= 0:
        raise ValueError(f"the walk of {count} prints reaches 0; take another seed")
    return Prints(ms, steps, np.round(steps * STEP, 2), np.round(rng.exponential(0.5, count) + 1.0, 3))


def bars(count: int, seed: int = 7, prints_each: int = 10) -> Bars:
    """`count` minutes of ten prints each."""
    walk = prints(count * prints_each, seed)
    price, qty = walk.price.reshape(count, prints_each), walk.qty.reshape(count, prints_each)
    ms = 1_700_000_040_000 + np.arange(count, dtype=np.int64) * 60_000
    return Bars(ms, price[:, 0].copy(), price.max(axis=1), price.min(axis=1), price[:, -1].copy(), qty.sum(axis=1))


def summary(pnl: float, fills: int) -> dict[str, Any]:
    """What contestants are compared by."""
    return {"pnl": float(pnl), "fills": int(fills)}
