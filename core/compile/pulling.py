"""What a person does to a strategy between two ticks, by the name of its lever: the same live, in a recovery and in an audit."""

from __future__ import annotations

from core.commands import Reduce, Said, SetLimits, SetStops
from core.compile.instance import NOTHING, Instance
from core.errors import StrategyError
from core.types import Records

#: What `pull` does.
PULLED = ("pause", "resume", "flatten", "reduce", "stops", "limits")

#: Of these, what a strategy that is closing is not told: it would take back its exit.
STAYING = ("pause", "resume", "reduce")


def pull(instance: Instance, lever: str, said: Said) -> Records:
    """Do one of PULLED, with what goes with it; returns what the loop reported.

    Raises:
        StrategyError: it is not one of them, or lacks what goes with it.
    """
    if lever == "pause":
        return instance.pause()
    if lever == "flatten":
        return instance.flatten()
    if lever == "limits" and isinstance(said, SetLimits):
        return instance.limit(said)
    if lever == "reduce" and isinstance(said, Reduce):
        return instance.reduce(said.pct / 100.0)
    if lever == "stops" and isinstance(said, SetStops):
        instance.protect(said)
    elif lever == "resume":
        instance.resume()
    else:
        raise StrategyError(f"{lever} is nothing that is done to a strategy")
    return NOTHING
