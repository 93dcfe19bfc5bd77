"""The parameter sets of one strategy that are worth trying: all combinations of its ranges but those it refuses itself."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from core.errors import StrategyError, UsageError
from core.ranges import CONDITION
from core.research.search.ranges import Range, typed
from core.strategy import Definition

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

#: Draws for one more parameter set before a space that is nearly all refused counts as exhausted.
_PATIENCE = 1000


class Condition:
    """One comparison of two parameters, or of one with a number.

    Raises:
        UsageError: it cannot be read.
    """

    def __init__(self, text: str) -> None:
        found = CONDITION.match(text)
        if found is None:
            raise UsageError(f"--where {text}: write two parameters, or one and a number, with <, <=, >, >=, == or != between")
        self.text = text
        self.left, sign, self.right = found.groups()
        self._holds = _SIGNS[sign]

    def holds(self, values: dict[str, Any]) -> bool:
        """Whether it is true of these parameters.

        Raises:
            UsageError: there is no such parameter, or it is none to compare.
        """
        left, right = self._value(self.left, values), self._value(self.right, values)
        try:
            return self._holds(left, right)
        except TypeError:
            raise UsageError(f"--where {self.text}: {left!r} and {right!r} cannot be compared") from None

    def _value(self, word: str, values: dict[str, Any]) -> Any:
        if word[0].isdigit() or word[0] == "-":
            return float(word)
        if word not in values:
            raise UsageError(f"--where {self.text}: there is no parameter {word!r}; there are: {', '.join(values)}")
        return values[word]


class Space:
    """Combinations of values over fixed ones.

    Args:
        fixed: parameters that are the same in all trials.

    Attributes:
        axes: (name, values) of each parameter that is tried at several, in the order given.
        size: combinations, those that are refused too.
        refused: combinations met so far that the strategy or a condition does not allow.
        why: what was said of the first of them.

    Raises:
        UsageError: a range or condition cannot be read, or a parameter is both fixed and a range.
        StrategyError: a fixed value is refused.
    """

    def __init__(self, definition: Definition, ranges: Sequence[Range], fixed: dict[str, Any], where: Sequence[Condition] = ()) -> None:
        twice = sorted({one.name for one in ranges} & set(fixed))
        if twice:
            raise UsageError(f"--range {twice[0]}: --param gives it one value already")
        self.definition = definition
        self.axes = list(typed(definition, list(ranges)).items())
        self.size = math.prod(len(values) for _, values in self.axes)
        self.refused = 0
        self.why = ""
        self._fixed = fixed
        self._where = where

    def given(self, name: str) -> list[Any]:
        """The values that were asked for of a parameter; none where it is left at its default."""
        return next((list(values) for axis, values in self.axes if axis == name), [self._fixed[name]] if name in self._fixed else [])

    def allowed(self, point: Sequence[Any]) -> dict[str, Any] | None:
        """All parameters of a combination by name, those left at their defaults too; None, and counted, where it is refused."""
        import msgspec

        given = {**self._fixed, **{name: value for (name, _), value in zip(self.axes, point, strict=True)}}
        try:
            values: dict[str, Any] = msgspec.to_builtins(self.definition.params(given))
        except StrategyError as error:
            self.refused += 1
            self.why = self.why or str(error)
            return None
        broken = next((one for one in self._where if not one.holds(values)), None)
        if broken is not None:
            self.refused += 1
            self.why = self.why or f"{broken.text} does not hold"
            return None
        return values

    def grid(self) -> Iterator[dict[str, Any]]:
        """Every allowed combination; the last parameter changes fastest."""
        for point in itertools.product(*(values for _, values in self.axes)):
            values = self.allowed(point)
            if values is not None:
                yield values

    def random(self, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
        """Allowed combinations in random order, each once, until there are no more."""
        if self.size <= 1 << 20:
            for at in rng.permutation(self.size).tolist():
                values = self.allowed(self._point(at))
                if values is not None:
                    yield values
            return
        seen: set[int] = set()
        idle = 0
        while idle < _PATIENCE:
            at = int(rng.integers(self.size))
            idle += 1
            if at in seen:
                continue
            seen.add(at)
            values = self.allowed(self._point(at))
            if values is not None:
                idle = 0
                yield values

    def _point(self, at: int) -> list[Any]:
        """The combination of a number, as `grid` counts."""
        point = []
        for _, values in reversed(self.axes):
            at, k = divmod(at, len(values))
            point.append(values[k])
        return point[::-1]
