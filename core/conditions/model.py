"""What a file of rules says, checked: the indicators it uses, trees of conditions, and how long it waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, get_args

from msgspec import Struct

from core.indicators.definition import Indicator

Op = Literal["gte", "lte", "gt", "lt", "eq", "between"]
Group = Literal["signal", "cancel", "entry", "close", "emergency"]

OPS: tuple[str, ...] = get_args(Op)
GROUPS: tuple[Group, ...] = get_args(Group)

#: What a position is measured by, in the groups that there is a position for.
METRICS = {"unrealized_pnl_pct": "%", "seconds_in_position": "s"}
MEASURED: tuple[Group, ...] = ("close", "emergency")


class Use(Struct, frozen=True):
    """One indicator under a name of its own.

    Attributes:
        given: the parameters the file gives; the others are the indicator's defaults.
    """

    name: str
    indicator: Indicator
    given: dict[str, Any]


class Quantity(Struct, frozen=True):
    """A number that goes on changing: a line of an indicator, or a metric of the position (then `use` is empty)."""

    use: str
    line: str

    @property
    def text(self) -> str:
        """As a file writes it."""
        return f"{self.use}.{self.line}" if self.use else self.line


Operand: TypeAlias = Quantity | float


class Condition(Struct, frozen=True):
    """`left op right`; of `between` both bounds."""

    left: Quantity
    op: Op
    right: tuple[Operand, ...]


class Tree(Struct, frozen=True):
    """Holds when all, or any, of its parts do."""

    how: Literal["all", "any"]
    parts: tuple[Condition | Tree, ...]

    def conditions(self) -> Iterator[Condition]:
        """Those in it, in the order of the file."""
        for part in self.parts:
            if isinstance(part, Tree):
                yield from part.conditions()
            else:
                yield part


class Rules(Struct, frozen=True):
    """A whole file.

    Attributes:
        side: 1 long, -1 short.
        groups: the trees of the groups that have one.
        entry_cooldown_s: after an exit no signal is looked for that long.
        entry_timeout_s: a signal that old which was not entered is given up; 0: never.
        emergency_cooldown_s: the same as the cooldown, after an emergency.
    """

    sentence: str
    interval: str
    uses: dict[str, Use]
    side: int
    groups: dict[Group, Tree]
    entry_cooldown_s: float = 0.0
    entry_timeout_s: float = 0.0
    emergency_cooldown_s: float = 0.0

    def conditions(self) -> list[tuple[Group, Condition]]:
        """Every condition with its group, in a fixed order: its place is its number."""
        return [(group, one) for group in GROUPS if group in self.groups for one in self.groups[group].conditions()]

    def quantities(self) -> list[Quantity]:
        """Every quantity that a condition looks at, once; those of the position last."""
        operands = [operand for _, one in self.conditions() for operand in (one.left, *one.right)]
        found = dict.fromkeys(operand for operand in operands if isinstance(operand, Quantity))
        return sorted(found, key=lambda quantity: not quantity.use)
