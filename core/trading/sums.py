"""Sums of floats without rounding: the same bits in whatever order, and in however many pieces, the terms come."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum


class ExactSum:
    """A sum kept as the few floats that add up to it exactly, the first of them the sum correctly rounded.

    After Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates" (1997), by way of `math.fsum`.
    Terms are finite; two or three floats are kept as a rule, some forty at most.
    """

    def __init__(self) -> None:
        self._parts: list[float] = []

    @property
    def value(self) -> float:
        """The sum, correctly rounded."""
        return self._parts[0] if self._parts else 0.0

    def add(self, terms: Iterable[float]) -> None:
        """Add terms; one pass over them for each float that is kept.

        Raises:
            OverflowError: the sum is beyond what a float holds.
        """
        left = [*self._parts, *terms]
        self._parts = []
        while part := fsum(left):
            self._parts.append(part)
            left.append(-part)
