"""How a strategy of conditions stands: the numbers of its state, few enough to be sent, and the tree a person reads made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from core.conditions.machine import PHASES, REASONS
from core.conditions.verdicts import ERROR, FALSE, PENDING, TRUE, VERDICTS
from core.desk_view import ConditionRow, ConditionsView
from core.strategy import OutlineLine


class Standing(Struct, frozen=True, array_like=True):
    """What the state record of a strategy of conditions holds.

    Attributes:
        at_ns: of the last print it saw, 0 none.
        phase, reason: places in PHASES and REASONS.
        since_ns: when the phase was entered.
        values: of each quantity; NaN not known.
        lows, highs: of each condition its bounds in force; empty before the first print, as `verdicts`.
    """

    id: str
    at_ns: int = 0
    phase: int = 0
    reason: int = 0
    since_ns: int = 0
    values: list[float] = []
    lows: list[float] = []
    highs: list[float] = []
    verdicts: list[int] = []


def standing_of(id_: str, state: Any, at_ns: int) -> Standing:
    """What the record says now.

    Args:
        state: a record of the strategy's STATE.
        at_ns: of the last print it saw.
    """
    phase, reason, since = int(state["machine"]["phase"]), int(state["reason"]), int(state["machine"]["since"])
    if int(state["begun"]) == 0:
        return Standing(id_, at_ns, phase, reason, since)
    lists = (np.asarray(state[name]).tolist() for name in ("value", "low", "high", "verdict"))
    return Standing(id_, at_ns, phase, reason, since, *lists)


def is_standing(layout: np.dtype[Any]) -> bool:
    """Whether a STATE is that of a strategy of conditions."""
    return {"machine", "begun", "value", "low", "high", "verdict"} <= set(layout.names or ())


def view_of(outline: Sequence[OutlineLine], params: Mapping[str, Any], found: Standing) -> ConditionsView:
    """The tree as it stands.

    Args:
        params: what its parameters are set to: bounds, before a print has said them.
    """
    rows: list[ConditionRow] = []
    number = 0
    for group, depth, left, words, sides in outline:
        if left < 0:
            rows.append(ConditionRow(group, depth, words[0], None, None, ""))
            continue
        bounds = _bounds(sides, params, found, number)
        value = _known(found.values[left]) if found.verdicts else None
        told = " ".join((*words, *(text or f"{bound:g}" for (text, _), bound in zip(sides, bounds, strict=True))))
        verdict = VERDICTS[found.verdicts[number]] if found.verdicts else VERDICTS[PENDING]
        rows.append(ConditionRow(group, depth, told, value, _nearest(value, bounds), verdict))
        number += 1
    _judge_trees(rows)
    return ConditionsView(found.id, found.at_ns, PHASES[found.phase], REASONS[found.reason], found.since_ns, rows)


def _bounds(sides: Sequence[tuple[str, str]], params: Mapping[str, Any], found: Standing, number: int) -> list[float]:
    if found.verdicts:
        return [found.lows[number], found.highs[number]][: len(sides)]
    return [math.nan if text else float(params[name]) for text, name in sides]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _nearest(value: float | None, bounds: Sequence[float]) -> float | None:
    """The bound; of two the one the value is nearer to."""
    known = [bound for bound in bounds if math.isfinite(bound)]
    if value is None or len(known) < 2:
        return known[0] if known else None
    return min(known, key=lambda bound: abs(bound - value))


def _judge_trees(rows: list[ConditionRow]) -> None:
    """Say of each tree what its parts come to: the innermost first, since those come after the tree they are in."""
    for at in range(len(rows) - 1, -1, -1):
        tree = rows[at]
        if not tree.verdict:
            inside = []
            for row in rows[at + 1 :]:
                if row.depth <= tree.depth:
                    break
                if row.depth == tree.depth + 1:
                    inside.append(VERDICTS.index(row.verdict))
            tree.verdict = VERDICTS[_together(tree.text, inside)]


def _together(how: str, verdicts: Sequence[int]) -> int:
    """What settles it comes first; else what is not known, pending before broken."""
    settled = FALSE if how == "all" else TRUE
    if settled in verdicts:
        return settled
    unknown = next((one for one in (PENDING, ERROR) if one in verdicts), None)
    return unknown if unknown is not None else TRUE + FALSE - settled
