"""Reads trees of conditions out of their lists and words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from core.conditions.indicators import NAMES, builtin
from core.conditions.model import MEASURED, METRICS, OPS, Condition, Group, Operand, Quantity, Tree, Use

#: A file has at most so many conditions, nested so deep.
MOST_CONDITIONS = 64
DEEPEST = 8

_FORM = 'a condition is "fast gt slow", "rsi lte 30" or "spread between 0 0.05"'

Found = TypeVar("Found")


class Trees:
    """Reads the trees of one file.

    Args:
        refuse: raises a line on what is wrong where.
        uses: the indicators the file names.

    Attributes:
        uses: these and those that conditions name by the indicator's own name.
        used: those that a condition looks at.
    """

    def __init__(self, refuse: Callable[[str, str], NoReturn], uses: dict[str, Use]) -> None:
        self.refuse = refuse
        self.uses = dict(uses)
        self.used: set[str] = set()
        self._count = 0

    def tree(self, group: Group, where: str, table: dict[str, Any], depth: int = 1) -> Tree:
        """All or any of a list of conditions and further trees."""
        if len(table) != 1 or not table.keys() <= {"all", "any"}:
            self.refuse(where, "give either all = [...] or any = [...]; the other can stand in its list: { any = [...] }")
        if depth > DEEPEST:
            self.refuse(where, f"nested deeper than {DEEPEST}")
        how, rows = next(iter(table.items()))
        if not isinstance(rows, list) or not rows:
            self.refuse(f"{where}: {how}", "a list with a condition at least")
        return Tree("all" if how == "all" else "any", tuple(self._part(group, where, row, depth) for row in rows))

    def _part(self, group: Group, where: str, row: object, depth: int) -> Condition | Tree:
        if isinstance(row, dict):
            return self.tree(group, where, row, depth + 1)
        if not isinstance(row, str):
            self.refuse(where, f"{row!r} is no condition: {_FORM}")
        self._count += 1
        if self._count > MOST_CONDITIONS:
            self.refuse(where, f"more than {MOST_CONDITIONS} conditions in one file")
        return self._condition(group, f"{where}: {row!r}", row.split())

    def _condition(self, group: Group, where: str, words: list[str]) -> Condition:
        if len(words) < 3:
            self.refuse(where, _FORM)
        left, op, *right = words
        if op not in OPS:
            self.refuse(where, f"no operator {op!r}; there are: {', '.join(OPS)}")
        if len(right) != (2 if op == "between" else 1):
            self.refuse(where, f"{op} takes {'two bounds' if op == 'between' else 'one right side'}: {_FORM}")
        quantity = self._quantity(group, where, left)
        sides = tuple(self._operand(group, where, word) for word in right)
        low, high = sides[0], sides[-1]
        if isinstance(low, float) and isinstance(high, float) and low > high:
            self.refuse(where, f"the lower bound {low:g} is above the upper one {high:g}")
        return Condition(quantity, op, sides)  # type: ignore[arg-type]  # one of OPS

    def _operand(self, group: Group, where: str, word: str) -> Operand:
        try:
            number = float(word)
        except ValueError:
            return self._quantity(group, where, word)
        if not math.isfinite(number) or abs(number) > 1e18:
            self.refuse(where, f"{word} is no number to compare with: finite, 1e18 at most")
        return number

    def _quantity(self, group: Group, where: str, word: str) -> Quantity:
        if word in METRICS:
            if group not in MEASURED:
                self.refuse(where, f"{word} is known while a position is open: in {' and '.join(f'[{name}]' for name in MEASURED)}")
            return Quantity("", word)
        name, dot, line = word.partition(".")
        use = self._use(where, name)
        lines = [each.name for each in use.indicator.lines]
        if dot and line not in lines:
            self.refuse(where, f"{name} has no line {line!r}; it has: {', '.join(lines)}")
        self.used.add(name)
        return Quantity(name, line or lines[0])

    def _use(self, where: str, name: str) -> Use:
        if name not in self.uses:
            if name not in NAMES:
                known = ", ".join([*sorted(self.uses), *METRICS])
                self.refuse(where, f"no indicator {name!r}; named here or of the position: {known}; built in: {', '.join(NAMES)}")
            self.uses[name] = Use(name, builtin(name), {})
        return self.uses[name]
