"""Why a strategy of conditions does what it does: each condition with its newest value and verdict, read from its state record."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.conditions.machine import PHASES, REASONS
from core.conditions.verdicts import PENDING, VERDICTS
from core.errors import StrategyError
from core.strategy import Definition


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
    found = []
    for i, (group, left, op, right) in enumerate(rows):
        value = float(record["value"][definition.module.LEFT[i]])
        bounds = (float(record[bound][i]) for bound in ("low", "high"))
        sides = [f"{bound:g}" if text is None else text for text, bound in zip(right, bounds, strict=False)]
        begun = int(record["begun"]) == 1
        found.append(
            {
                "group": group,
                "condition": " ".join([left, op, *(sides if begun else (text or "…" for text in right))]),
                "value": value if begun and np.isfinite(value) else None,
                "verdict": VERDICTS[int(record["verdict"][i]) if begun else PENDING],
            }
        )
    return found


def phase_of(definition: Definition, state: Any) -> dict[str, str]:
    """The phase the strategy is in and why it entered it, in words.

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    conditions_of(definition)
    record = _record(state)
    return {"phase": PHASES[int(record["machine"]["phase"])], "reason": REASONS[int(record["reason"])]}


def conditions_of(definition: Definition) -> tuple[tuple[str, str, str, tuple[str | None, ...]], ...]:
    """(group, left side, operator, right sides; None: a number that can be set) of each condition.

    Raises:
        StrategyError: the strategy is not made of conditions.
    """
    found = getattr(definition.module, "CONDITIONS", None)
    if definition.path.suffix != ".toml" or found is None:
        raise StrategyError(f"{definition.name} is not made of conditions: {definition.path.name}")
    rows: tuple[tuple[str, str, str, tuple[str | None, ...]], ...] = found
    return rows


def _record(state: Any) -> Any:
    plain = np.asarray(state)
    return plain.reshape(-1)[0]
