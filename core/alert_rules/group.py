"""Several conditions that must be so together, or one of which must."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from core.alert_rules.house import DiskRule, DrawdownRule, EquityRule, HealthRule, LatencyRule, PnlRule
from core.alert_rules.market import BetweenRule, IndicatorRule, MoveRule, PriceRule, StaleRule, ZscoreRule
from core.alert_rules.rule import Region, Rule, span

Condition: TypeAlias = (
    PriceRule
    | MoveRule
    | BetweenRule
    | IndicatorRule
    | ZscoreRule
    | PnlRule
    | EquityRule
    | DrawdownRule
    | StaleRule
    | HealthRule
    | LatencyRule
    | DiskRule
)

#: A group has so many conditions at most.
MOST = 8

#: What a condition says for itself; the rest is the group's.
_ITS_OWN = frozenset({"hysteresis"})


class GroupRule(Rule, frozen=True, kw_only=True, tag="group"):
    """All of several conditions become true, or any of them."""

    of: Annotated[Literal["all", "any"], Meta(description="all: every one must be so; any: one is enough")] = "all"
    conditions: Annotated[list[Condition], Meta(min_length=1, max_length=MOST, description="such as price BTCUSDT above 61650")]

    @property
    def crosses(self) -> bool:
        """Where all its conditions must come from outside, it must."""
        return all(leaf.crosses for leaf in self.conditions)

    @property
    def leaves(self) -> tuple[Condition, ...]:
        return tuple(self.conditions)

    @property
    def watches(self) -> str:
        return "; ".join(leaf.watches for leaf in self.conditions)

    @property
    def spans(self) -> tuple[tuple[str, float, float], ...]:
        return tuple(one for leaf in self.conditions for one in leaf.spans)

    @property
    def regions(self) -> tuple[Region, ...]:
        return tuple(region for leaf in self.conditions for region in leaf.regions)

    @property
    def edge(self) -> str:
        return (" and " if self.of == "all" else " or ").join(leaf.state for leaf in self.conditions)

    @property
    def state(self) -> str:
        return self.edge

    @property
    def condition(self) -> str:
        return f"{self.edge}, for {span(self.for_s)}" if self.for_s else self.edge

    @property
    def problem(self) -> str:
        """What a condition says that is the group's to say; '' nothing."""
        for number, leaf in enumerate(self.conditions, 1):
            for field in msgspec.structs.fields(Rule):
                if field.name not in _ITS_OWN and getattr(leaf, field.name) != field.default:
                    return f"condition {number} of the group has {field.name}: give it to the group"
        return "a group takes no hysteresis: give it to its conditions" if self.hysteresis else ""


AnyRule: TypeAlias = Condition | GroupRule
