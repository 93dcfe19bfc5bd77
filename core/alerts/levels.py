"""Levels of one series of figures: which of them does it cross, however it gets there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Crossing(NamedTuple):
    """A level was crossed: whose it is, by which of the figures given, and that figure."""

    rule: str
    at: int
    value: float


class _Side:
    """The levels of one direction in order, and whose each is."""

    __slots__ = ("levels", "rules")

    def __init__(self) -> None:
        self.levels: list[float] = []
        self.rules: list[str] = []

    def add(self, level: float, rule: str) -> None:
        at = bisect_left(self.levels, level)
        self.levels.insert(at, level)
        self.rules.insert(at, rule)

    def drop(self, rules: set[str]) -> None:
        kept = [(level, rule) for level, rule in zip(self.levels, self.rules, strict=True) if rule not in rules]
        self.levels, self.rules = [level for level, _ in kept], [rule for _, rule in kept]


class Levels:
    """A series and the levels on it. From below to at or above an `above` level is a crossing of it; the other way round for `below`.

    A series that was beyond a level before stays beyond: what fires is the crossing, not each figure after it.

    Attributes:
        last: the newest figure; None before there was any.
        passed: a level was passed, in its direction or back, since somebody set this to False.
    """

    __slots__ = ("_above", "_below", "last", "passed")

    def __init__(self, last: float | None = None) -> None:
        self.last = last
        self.passed = False
        self._above, self._below = _Side(), _Side()

    def __len__(self) -> int:
        return len(self._above.levels) + len(self._below.levels)

    def add(self, side: str, level: float, rule: str) -> None:
        """Watch a level for a rule; `side` is above or below."""
        (self._above if side == "above" else self._below).add(level, rule)

    def drop(self, rules: Iterable[str]) -> None:
        """Watch nothing for these rules any more."""
        gone = set(rules)
        self._above.drop(gone)
        self._below.drop(gone)

    def value(self, value: float) -> list[Crossing]:
        """The series goes on to this figure: what it crosses on its way there."""
        last, self.last = self.last, value
        if last is None or value == last:
            return []
        low, high = (last, value) if value > last else (value, last)
        above, below = self._above, self._below
        a, b = bisect_right(above.levels, low), bisect_right(above.levels, high)
        c, d = bisect_left(below.levels, low), bisect_left(below.levels, high)
        self.passed |= a < b or c < d
        if value > last:
            return [Crossing(rule, 0, value) for rule in above.rules[a:b]]
        return [Crossing(rule, 0, value) for rule in below.rules[c:d]]

    def calm(self, low: float, high: float, last: float) -> bool:
        """Whether figures that all lie between `low` and `high` pass no level: then the series has gone on to `last`, the newest."""
        before = self.last
        if before is None:
            return False
        low, high = min(low, before), max(high, before)
        above, below = self._above.levels, self._below.levels
        if bisect_right(above, low) != bisect_right(above, high) or bisect_left(below, low) != bisect_left(below, high):
            return False
        self.last = last
        return True

    def values(self, values: NDArray[np.float64]) -> list[Crossing]:
        """The series goes on through these figures, at least one: every crossing on the way, in order.

        A level that is crossed, left and crossed again is in it twice.
        """
        if len(values) == 1:
            return self.value(values.item())
        last, low, high = self.last, values.min().item(), values.max().item()
        self.last = values[-1].item()
        if last is not None:
            low, high = min(low, last), max(high, last)
        above, below = self._above, self._below
        a, b = bisect_right(above.levels, low), bisect_right(above.levels, high)
        c, d = bisect_left(below.levels, low), bisect_left(below.levels, high)
        if a == b and c == d:
            return []
        self.passed = True
        path = values if last is None else np.concatenate(([last], values))
        skipped = 1 if last is None else 0
        found: list[Crossing] = []
        for level, rule in zip(above.levels[a:b], above.rules[a:b], strict=True):
            hits = np.flatnonzero((path[:-1] < level) & (path[1:] >= level))
            found += [Crossing(rule, int(hit) + skipped, float(values[hit + skipped])) for hit in hits]
        for level, rule in zip(below.levels[c:d], below.rules[c:d], strict=True):
            hits = np.flatnonzero((path[:-1] > level) & (path[1:] <= level))
            found += [Crossing(rule, int(hit) + skipped, float(values[hit + skipped])) for hit in hits]
        return sorted(found, key=lambda crossing: crossing.at)
