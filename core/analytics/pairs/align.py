"""Two legs on one grid of bars: which bars count, and what of each leg at them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analytics.pairs.absent import Floats
from core.analytics.pairs.closes import Closes


class Aligned(NamedTuple):
    """The bars that count, n of them.

    Attributes:
        times: (n,) when they opened, ns UTC, ascending.
        a, b: (n,) prices of the legs at their ends.
        span: bars from the first to the last in which both legs were there at all, whether they count or not.
        carried: bars at which one leg's price is that of a bar before.
    """

    times: NDArray[np.int64]
    a: Floats
    b: Floats
    span: int
    carried: int

    @property
    def left_out(self) -> int:
        """Bars of the span that do not count: a leg has no price there."""
        return self.span - len(self.times)


def align(a: Closes, b: Closes, carry: int = 0) -> Aligned:
    """Put two legs of one interval beside each other, from where the later one begins to where the earlier one ends.

    A bar counts where both legs have a close. With `carry` a leg that has none keeps its last one for so many bars at most; a leg
    that stops trading is gone after them. A price that is NaN, infinite or not above zero is none. Bars that count are taken as
    neighbours, whatever was left out between them.

    Raises:
        ValueError: two intervals, or a `carry` below 0.
    """
    if a.interval_ns != b.interval_ns or carry < 0:
        raise ValueError(f"intervals of {a.interval_ns} and {b.interval_ns} ns, carry {carry}: one interval and 0 or more are possible")
    legs = [_known(leg) for leg in (a, b)]
    if not all(len(times) for times, _ in legs):
        return _none()
    first = max(int(times[0]) for times, _ in legs)
    last = min(int(times[-1]) for times, _ in legs)
    if last < first:
        return _none()
    grid = np.union1d(legs[0][0], legs[1][0])
    grid = grid[(grid >= first) & (grid <= last)]
    at = [np.searchsorted(times, grid, side="right") - 1 for times, _ in legs]
    ages = [(grid - times[where]) // a.interval_ns for (times, _), where in zip(legs, at, strict=True)]
    counts = (ages[0] <= carry) & (ages[1] <= carry)
    prices = [prices[where][counts] for (_, prices), where in zip(legs, at, strict=True)]
    carried = int(((ages[0] > 0) | (ages[1] > 0))[counts].sum())
    return Aligned(grid[counts], prices[0], prices[1], (last - first) // a.interval_ns + 1, carried)


def _known(leg: Closes) -> tuple[NDArray[np.int64], Floats]:
    known = np.isfinite(leg.prices) & (leg.prices > 0.0)
    return leg.times[known], leg.prices[known]


def _none() -> Aligned:
    return Aligned(np.empty(0, np.int64), np.empty(0), np.empty(0), 0, 0)
