"""Why a strategy of conditions does what it does: each condition with its newest value and verdict, read from its state record."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct

from core.conditions.machine import PHASES, REASONS
from core.conditions.verdicts import PENDING, VERDICTS
from core.errors import StrategyError
from core.strategy import Definition

Rows: TypeAlias = tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...]


def explain(definition: Definition, state: Any) -> list[dict[str, Any]]:
    """The conditions in the order of the file.

    Args:
        state: a record of the strategy's STATE, or an array whose first record it is.

    Returns:
        For each {group, condition, value, verdict}: the condition in words with the bound that was in force, its left side's value
        (None where it is not finite) and FALSE, TRUE, PENDING or ERROR. Before the first print all are PENDING.

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    rows = conditions_of(definition)
    record = _record(state)
    if int(record["begun"]) == 0:
        return [
            {"group": group, "condition": words, "value": None, "verdict": VERDICTS[PENDING]}
            for group, words in described(definition, definition.params({}))
        ]
    found = []
    for i, (group, left, op, right) in enumerate(rows):
        value = float(record["value"][definition.module.LEFT[i]])
        bounds = (float(record[bound][i]) for bound in ("low", "high"))
        sides = [text or f"{bound:g}" for (text, _), bound in zip(right, bounds, strict=False)]
        verdict = VERDICTS[int(record["verdict"][i])]
        words = " ".join((left, op, *sides))
        found.append({"group": group, "condition": words, "value": value if np.isfinite(value) else None, "verdict": verdict})
    return found


def described(definition: Definition, params: Struct) -> list[tuple[str, str]]:
    """(group, words) of each condition, with the bounds of these parameters.

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    rows = conditions_of(definition)
    return [
        (group, " ".join((left, op, *(text or f"{getattr(params, name):g}" for text, name in right)))) for group, left, op, right in rows
    ]


def phase_of(definition: Definition, state: Any) -> dict[str, str]:
    """The phase the strategy is in and why it entered it, in words.

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    conditions_of(definition)
    record = _record(state)
    return {"phase": PHASES[int(record["machine"]["phase"])], "reason": REASONS[int(record["reason"])]}


def conditions_of(definition: Definition) -> Rows:
    """(group, left side, operator, right sides) of each condition; a right side is a quantity or the name of a parameter, the other "".

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    if not hasattr(definition.module, "CONDITIONS"):
        raise StrategyError(f"{definition.name} is not made of conditions: {definition.path.name}")
    rows: Rows = definition.module.CONDITIONS
    return rows


def trees_of(definition: Definition) -> dict[str, Any]:
    """By group its tree: ("all" or "any", its parts), a part being such a tree or a condition's number.

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    conditions_of(definition)
    trees: dict[str, Any] = definition.module.TREES
    return trees


def _record(state: Any) -> Any:
    plain = np.asarray(state)
    return plain.reshape(-1)[0]
