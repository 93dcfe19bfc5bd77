"""What a figure that does not exist says instead, and the looks at values that decide it."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

#: Values that differ by no more than this share of the largest are one value.
ROUNDING = 1e-12


class Absent(ValueError):
    """A figure does not exist for these values; the message says why, in words for people."""


def enough(values: Floats, least: int) -> None:
    """Look whether there are so many.

    Raises:
        Absent: there are fewer: `PENDING: 14 more bars needed`.
    """
    if len(values) < least:
        raise Absent(pending(least - len(values)))


def pending(more: int) -> str:
    """`PENDING: 14 more bars needed`."""
    return f"PENDING: {more:,} more bar{'' if more == 1 else 's'} needed"


def checked(*series: Floats) -> None:
    """Look whether all are of one length and finite, shape (n,) each.

    Raises:
        Absent: a value is not finite.
        ValueError: shapes that do not go together.
    """
    if any(values.ndim != 1 or len(values) != len(series[0]) for values in series):
        raise ValueError(f"one-dimensional arrays of one length are possible: {', '.join(str(values.shape) for values in series)}")
    if not all(np.isfinite(values).all() for values in series):
        raise Absent("a value is not finite")


def is_still(values: Floats) -> bool:
    """Whether finite values do not differ by more than rounding."""
    return not len(values) or float(values.max() - values.min()) <= ROUNDING * float(np.abs(values).max())


def told(value: float) -> float:
    """The value itself.

    Raises:
        Absent: it is NaN or infinite.
    """
    if not math.isfinite(value):
        raise Absent("the numbers are too large or too small for it")
    return float(value)
