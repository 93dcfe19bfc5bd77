"""A market's own time, which usually is the wall clock's, and runs faster or slower when told to."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from core.types import Records


class _Knot(NamedTuple):
    """From this moment on the market's time goes `rate` times as fast as the wall clock."""

    wall: int
    market: int
    rate: Fraction


class Timeline:
    """Maps wall-clock ns to a market's ns and back: piecewise linear, never backwards, and what is past stays as it was.

    May be read from several threads.

    Attributes:
        changes: how often the rate was changed.
    """

    def __init__(self) -> None:
        self._knots: tuple[_Knot, ...] = (_Knot(0, 0, Fraction(1)),)
        self.changes = 0

    @property
    def rate(self) -> float:
        """Market seconds a second."""
        return float(self._knots[-1].rate)

    def set_rate(self, rate: float, wall: int) -> None:
        """Go at another rate from a wall-clock moment on, or from the last change if that is later.

        Raises:
            ValueError: the rate is not positive.
        """
        if not 0 < rate < float("inf"):
            raise ValueError(f"a rate is more than 0, not {rate}")
        wall = max(wall, self._knots[-1].wall)
        self._knots += (_Knot(wall, self.market(wall), Fraction(rate).limit_denominator(1000)),)
        self.changes += 1

    def market(self, wall: int) -> int:
        """The market's time at a moment of the wall clock."""
        knot = next(each for each in reversed(self._knots) if wall >= each.wall or each is self._knots[0])
        return knot.market + (wall - knot.wall) * knot.rate.numerator // knot.rate.denominator

    def wall(self, market: int) -> int:
        """The first moment of the wall clock at which the market's time is this or later."""
        return int(self._walls(np.array([market], np.int64))[0])

    def at_wall(self, rows: Records) -> Records:
        """Rows of the market's time on the wall clock's: `when` in ns, `event` and `time` in µs where there are such."""
        if len(self._knots) == 1 or len(rows) == 0 or rows["when"][-1] < self._knots[1].market:
            return rows
        out = rows.copy()
        out["when"] = self._walls(rows["when"])
        for field in ("event", "time"):
            if field in (rows.dtype.names or ()):
                out[field] = self._walls(rows[field] * 1000) // 1000
        return out

    def _walls(self, market: Records) -> Records:
        knots = self._knots
        which = np.searchsorted(np.array([knot.market for knot in knots], np.int64), market, side="right") - 1
        out = np.empty(len(market), np.int64)
        for number, knot in enumerate(knots):
            chosen = which == number
            ahead = (market[chosen] - knot.market) * knot.rate.denominator
            out[chosen] = knot.wall - (-ahead // knot.rate.numerator)
        return out
