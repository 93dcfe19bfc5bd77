"""Which parameters a strategy of conditions has: those of its indicators, the bounds of its conditions, how long it waits."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from core.conditions.model import LONGEST_S, Condition, Quantity, Rules, Use
from core.strategy import describe_fields, is_interval

WAITS = {
    "entry_cooldown_s": "seconds after an exit before a signal is looked for",
    "entry_timeout_s": "seconds until a signal that was not entered is given up; 0: never",
    "emergency_cooldown_s": "seconds after an emergency before a signal is looked for",
}


class Settings(Struct):
    """The parameters of one strategy.

    Attributes:
        fields: lines of its `Params`.
        of: by indicator, its own parameters and what they are called here.
        intervals: intervals that indicators have for themselves.
        ordered: lower and upper bounds of a pair.
    """

    fields: list[str] = []
    of: dict[str, dict[str, str]] = {}
    intervals: list[str] = []
    ordered: tuple[tuple[str, str], ...] = ()


def named(rules: Rules) -> list[tuple[str, Condition]]:
    """Each condition with the name that its bound goes by: its group and its number there, from 1."""
    found: list[tuple[str, Condition]] = []
    count: dict[str, int] = {}
    for group, one in rules.conditions():
        count[group] = count.get(group, 0) + 1
        found.append((f"{group}_{count[group]}", one))
    return found


def settings_of(rules: Rules) -> Settings:
    """The parameters of these rules."""
    found = Settings(fields=[f"interval: Interval = {rules.interval!r}"])
    for use in rules.uses.values():
        _add_indicator(found, use)
    for name, one in named(rules):
        _add_bounds(found, name, one)
    waits = (rules.entry_cooldown_s, rules.entry_timeout_s, rules.emergency_cooldown_s)
    for (name, words), value in zip(WAITS.items(), waits, strict=True):
        found.fields.append(f"{name}: Annotated[float, Meta(ge=0, le={LONGEST_S}, description={words!r})] = {value!r}")
    return found


def _add_indicator(found: Settings, use: Use) -> None:
    params = use.indicator.params(use.given)
    found.of[use.name] = ours = {}
    fields = msgspec.structs.fields(use.indicator.params_type)
    for row, field in zip(describe_fields(use.indicator.params_type), fields, strict=True):
        name, value = field.name, getattr(params, field.name)
        if name == "interval" and name not in use.given:
            ours[name] = name
            continue
        ours[name] = f"{use.name}_{name}"
        if is_interval(field.type):
            found.intervals.append(ours[name])
            found.fields.append(f"{ours[name]}: Interval = {value!r}")
            continue
        bounds = [f"{key}={row[key]!r}" for key in ("ge", "gt", "le", "lt") if key in row]
        meta = ", ".join([*bounds, f"description={use.name + ': ' + row['description']!r}"])
        found.fields.append(f"{ours[name]}: Annotated[{row['type']}, Meta({meta})] = {value!r}")


def _add_bounds(found: Settings, name: str, one: Condition) -> None:
    names = [f"{name}_low", f"{name}_high"] if one.op == "between" else [name]
    for bound, side in zip(names, one.right, strict=True):
        if not isinstance(side, Quantity):
            found.fields.append(
                f"{bound}: Annotated[float, Meta(ge=-1e18, le=1e18, description={f'{one.left.text} {one.op}'!r})] = {side!r}"
            )
    if len(names) == 2 and not any(isinstance(side, Quantity) for side in one.right):
        found.ordered += ((names[0], names[1]),)
