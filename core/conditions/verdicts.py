"""Kernels that judge a condition: whether its numbers are known, and whether it holds.

Figures that differ by less than 1e-12 of the right one are equal, as in `core.kernels.averages.above`.
"""

from __future__ import annotations

import math
from typing import Any

from core.kernels.averages import above

FALSE = 0
TRUE = 1
PENDING = 2
ERROR = 3

VERDICTS = ("FALSE", "TRUE", "PENDING", "ERROR")

# how a quantity stands: all zeros is the start
UNKNOWN = 0
KNOWN = 1
BROKEN = 2


def standing(value: float, before: int, warms: bool) -> int:
    """How a quantity stands by its newest value: unknown until it was known once, if it is one that has to warm up."""
    if math.isfinite(value):
        return KNOWN
    if warms and before == UNKNOWN and value != value:
        return UNKNOWN
    return BROKEN


def judge(holds: bool, left: int, right: int, upper: int) -> int:
    """The verdict on a comparison, by how its numbers stand: what is pending or broken never holds."""
    if left == UNKNOWN or right == UNKNOWN or upper == UNKNOWN:
        return PENDING
    if left == BROKEN or right == BROKEN or upper == BROKEN:
        return ERROR
    return TRUE if holds else FALSE


def gt(a: float, b: float) -> bool:
    """Whether a > b."""
    return above(a, b)


def lt(a: float, b: float) -> bool:
    """Whether a < b."""
    return a - b < -1e-12 * abs(b)


def gte(a: float, b: float) -> bool:
    """Whether a >= b."""
    return not lt(a, b)


def lte(a: float, b: float) -> bool:
    """Whether a <= b."""
    return not above(a, b)


def eq(a: float, b: float) -> bool:
    """Whether a = b."""
    return not above(a, b) and not lt(a, b)


def between(a: float, low: float, high: float) -> bool:
    """Whether low <= a <= high."""
    return gte(a, low) and lte(a, high)


def share(verdicts: Any, count: int) -> float:
    """Which part of the first `count` verdicts is TRUE."""
    held = 0
    for i in range(count):
        if verdicts[i] == TRUE:
            held += 1
    return held / count
