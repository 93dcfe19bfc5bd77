"""Which parameters a strategy of conditions has: those of its indicators, the bounds of its conditions, how long it waits."""

from __future__ import annotations

from core.conditions.model import Condition, Quantity, Rules
from core.written.document import LONGEST_S
from core.written.settings import Settings

WAITS = {
    "entry_cooldown_s": "seconds after an exit before a signal is looked for",
    "entry_timeout_s": "seconds until a signal that was not entered is given up; 0: never",
    "emergency_cooldown_s": "seconds after an emergency before a signal is looked for",
}


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
    found = Settings()
    found.add("interval", "Interval", rules.interval)
    for use in rules.uses.values():
        found.part(use.name, use.indicator, use.given)
    for name, one in named(rules):
        _add_bounds(found, name, one)
    waits = (rules.entry_cooldown_s, rules.entry_timeout_s, rules.emergency_cooldown_s)
    for (name, words), value in zip(WAITS.items(), waits, strict=True):
        found.number(name, value, f"ge=0, le={LONGEST_S}", words)
    return found


def _add_bounds(found: Settings, name: str, one: Condition) -> None:
    names = [f"{name}_low", f"{name}_high"] if one.op == "between" else [name]
    for bound, side in zip(names, one.right, strict=True):
        if not isinstance(side, Quantity):
            found.number(bound, side, "ge=-1e18, le=1e18", f"{one.left.text} {one.op}")
    if len(names) == 2 and not any(isinstance(side, Quantity) for side in one.right):
        found.ordered += ((names[0], names[1]),)
