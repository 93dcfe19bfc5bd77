"""Sums of prices, sizes and values that come out the same to the last bit however the numbers were grouped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Sums count units of 1e-16.
UNITS = 10**16

#: Decimals venues give quantities with at most: such a number counts as the decimal it was written as.
DECIMALS = 1e8

#: Above it (9e7) a double has no 8 decimals left, and whole numbers are counted apart; above the second (7e19) it counts as that.
_LARGE, _MOST = 2.0**53 / DECIMALS, 2.0**66


def unit_sums(values: NDArray[Any], first: NDArray[Any]) -> list[int]:
    """Sums of `values[first[i]:first[i + 1]]` in units of 1e-16, exact: they can be added up in any order.

    A number of up to 8 decimals counts as that decimal, any other as its nearest multiple of 1e-16 (one above 7e19 as 7e19).

    Args:
        values: f8, shape (n,), n > 0, not negative.
        first: where each sum begins, strictly increasing from 0 on, shape (m,).
    """
    coins: Iterable[int] | None = None
    if not values.max() < _LARGE:
        values = np.minimum(values, _MOST)
        whole = np.where(values < _LARGE, 0.0, np.floor(values))
        # Two steps: the sum of many of the largest would not fit.
        upper, lower = np.divmod(whole, 2.0**26)
        coins = [int(a) * 2**26 + int(b) for a, b in zip(_sums(upper, first), _sums(lower, first), strict=True)]
        values = values - whole
    scaled = values * DECIMALS
    eighths = np.rint(scaled)
    rest = np.where(eighths / DECIMALS == values, 0.0, np.rint((scaled - eighths) * DECIMALS))
    if float(eighths.max()) * len(values) < 2.0**62:
        found = [n * 10**8 for n in _sums(eighths, first)]
    else:
        upper, lower = np.divmod(eighths, 2.0**26)
        found = [(a * 2**26 + b) * 10**8 for a, b in zip(_sums(upper, first), _sums(lower, first), strict=True)]
    if rest.any():
        found = [a + b for a, b in zip(found, _sums(rest, first), strict=True)]
    return found if coins is None else [a + b * UNITS for a, b in zip(found, coins, strict=True)]


def units_of(value: float) -> int:
    """One number in units of 1e-16."""
    return unit_sums(np.array([value]), np.array([0]))[0]


def _sums(values: NDArray[np.float64], first: NDArray[Any]) -> list[int]:
    """Sums of whole numbers."""
    sums: list[int] = np.add.reduceat(values.astype(np.int64), first).tolist()
    return sums
