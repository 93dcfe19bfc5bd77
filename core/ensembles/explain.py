"""Why an ensemble does what it does: its votes and validators with their newest numbers, read from its state record."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct

from core.ensembles.model import UNBOUNDED, VALIDATORS
from core.ensembles.settings import bound_of, weight_of
from core.ensembles.validators import FAILED, PASSED
from core.ensembles.votes import OPINIONS, VOTE
from core.errors import StrategyError
from core.strategy import Definition

_VERDICTS = {PASSED: "PASSED", FAILED: "FAILED"}

_SIDES = {1.0: "long", -1.0: "short", 0.0: "flat"}


def check_ensemble(definition: Definition) -> None:
    """Refuse a strategy that is none.

    Raises:
        StrategyError: it is none.
    """
    if not hasattr(definition.module, "VOICES"):
        raise StrategyError(f"{definition.name} is no ensemble: {definition.path.name}")


def members_of(definition: Definition, params: Struct) -> list[dict[str, Any]]:
    """{member, is, weight} of each member, in the order of the file.

    Raises:
        StrategyError: the strategy is no ensemble.
    """
    check_ensemble(definition)
    return [{"member": name, "is": text, "weight": getattr(params, weight_of(name))} for name, text in definition.module.VOICES]


def validators_of(definition: Definition, params: Struct) -> list[dict[str, Any]]:
    """{validator, asks} of each validator, with the bounds of these parameters in words.

    Raises:
        StrategyError: the strategy is no ensemble.
    """
    check_ensemble(definition)
    return [{"validator": name, "asks": _words(name, params)} for name in definition.module.VALIDATORS]


def explain(definition: Definition, state: Any, params: Struct) -> dict[str, Any]:
    """The vote as it stands.

    Args:
        state: a record of the strategy's STATE, or an array whose first record it is.
        params: those it runs with.

    Returns:
        {vote, threshold, exit_threshold, quorum, target, reason, members, validators}: a vote of -1 to 1, None without a quorum; `target`
        is the side in force, long, short or flat; members with their `opinion` of -1 to 1 (None: they abstain) and their `share` of the
        vote; validators with the value they look at (None: not known) and PASSED, FAILED or UNKNOWN.

    Raises:
        StrategyError: the strategy is no ensemble.
    """
    members, validators = members_of(definition, params), validators_of(definition, params)
    record = np.asarray(state).reshape(-1)[0]
    begun = int(record["begun"]) == 1
    detail = [_known(number) if begun else None for number in record["detail"].tolist()]
    opinions = detail[OPINIONS : OPINIONS + len(members)]
    weight = sum(row["weight"] for row, opinion in zip(members, opinions, strict=True) if opinion is not None)
    measured = detail[OPINIONS + len(members) :]
    values, verdicts = measured[: len(validators)], measured[len(validators) :]
    given = {name: getattr(params, name) for name in ("threshold", "exit_threshold", "quorum")}
    return {
        "vote": detail[VOTE],
        **given,
        "target": _SIDES[float(record["target"])],
        "reason": definition.reasons[int(record["reason"])] if int(record["known"]) else "too few members have an opinion",
        "members": [
            row | {"opinion": opinion, "share": row["weight"] * opinion / weight if opinion is not None and weight > 0 else None}
            for row, opinion in zip(members, opinions, strict=True)
        ],
        "validators": [
            row | {"value": value, "verdict": _VERDICTS.get(verdict, "UNKNOWN") if verdict is not None else "UNKNOWN"}
            for row, value, verdict in zip(validators, values, verdicts, strict=True)
        ],
    }


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _words(validator: str, params: Struct) -> str:
    given = {bound.key: getattr(params, bound_of(validator, bound)) for bound in VALIDATORS[validator]}
    if validator == "volatility_pct":
        high = f" to {given['high']:g} %" if given["high"] < UNBOUNDED else " % at least"
        return f"{given['low']:g}{high} a bar, over {given['period']} returns"
    if validator == "liquidity":
        return f"{given['quote']:,.8g} at least in {given['window']:g} s"
    if validator == "trend":
        return f"{given['least_pct']:g} % at least on the vote's side of the average of {given['period']} closes"
    return f"{given[validator]:g} {'%' if validator.endswith('_pct') else 's'} at most"
