"""How equities of strategies go together: correlation of their changes by the minute."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Minutes in which both moved that a correlation is made of at least.
LEAST_MINUTES = 30


def correlations(changes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Pearson's correlation of every two rows over the columns both have, and in how many of these both moved.

    Args:
        changes: (rows, columns), NaN where there is none.

    Returns:
        Two (rows, rows): the correlations, NaN where a row does not vary or both moved in fewer than `LEAST_MINUTES` columns; the counts.
    """
    known = np.isfinite(changes)
    x, m = np.where(known, changes, 0.0), known.astype(np.float64)
    n, total, squares = m @ m.T, x @ m.T, (x * x) @ m.T
    moved = (x != 0.0).astype(np.float64)
    both = np.rint(moved @ moved.T).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = n * squares - total**2
        spread[spread <= 1e-9 * n * squares] = np.nan  # what is left of rounding where a row stands still
        r = (n * (x @ x.T) - total * total.T) / np.sqrt(spread * spread.T)
    return np.where(both >= LEAST_MINUTES, np.clip(r, -1.0, 1.0), np.nan), both
