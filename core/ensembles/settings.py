"""Which parameters an ensemble has: weights, its strategies' own, thresholds, the bounds of its validators, and whether those are asked."""

from __future__ import annotations

from core.ensembles.model import HEAVIEST, UNKNOWN, VALIDATORS, Bound, Ensemble
from core.ensembles.votes import SIDES
from core.written.settings import Settings


def settings_of(ensemble: Ensemble) -> Settings:
    """The parameters of this ensemble."""
    found = Settings()
    found.add("interval", "Interval", ensemble.interval)
    for member in ensemble.members.values():
        found.number(weight_of(member.name), member.weight, f"ge=0, le={HEAVIEST!r}", f"weight of {member.name}")
        if member.definition is not None:
            found.part(member.name, member.definition, member.given)
    vote = ensemble.vote
    found.number("threshold", vote.threshold, "gt=0, le=1", "vote at which a side is taken")
    found.number("exit_threshold", vote.exit_threshold, "ge=0, le=1", "vote for a side below which it is left")
    found.number("quorum", vote.quorum, f"ge=0, le={1e3 * HEAVIEST!r}", "least weight that has an opinion")
    found.add("side", f"Annotated[Literal[{', '.join(map(repr, SIDES))}], Meta(description='sides that are taken')]", vote.side)
    found.add("validators", "Annotated[int, Meta(ge=0, le=1, description='1: validators are asked before an entry')]", 1)
    words = "an entry where a validator does not know"
    found.add("validators_unknown", f"Annotated[Literal[{', '.join(map(repr, UNKNOWN))}], Meta(description={words!r})]", ensemble.unknown)
    for name, given in ensemble.validators.items():
        for bound in VALIDATORS[name]:
            _add_bound(found, name, bound, given)
    found.ordered = (("exit_threshold", "threshold"),)
    if "volatility_pct" in ensemble.validators:
        found.ordered += (("validator_volatility_low", "validator_volatility_high"),)
    return found


def weight_of(member: str) -> str:
    """What a member's weight is called."""
    return f"{member}_weight"


def bound_of(validator: str, bound: Bound) -> str:
    """What a bound of a validator is called."""
    if bound.key == validator:
        return f"validator_{validator}"
    return f"validator_{validator.removesuffix('_pct')}_{bound.key}{'_s' if bound.length else ''}"


def check_quorum(quorum: float, weights: tuple[float, ...]) -> None:
    """Refuse a quorum that all weights together do not reach.

    Raises:
        ValueError: it is.
    """
    if quorum > sum(weights):
        raise ValueError(f"quorum ({quorum:g}) must not be above the weight of all members ({sum(weights):g})")


def _add_bound(found: Settings, validator: str, bound: Bound, given: dict[str, float]) -> None:
    value = given.get(bound.key, bound.default)
    assert value is not None  # reading refuses a file that lacks it
    name = bound_of(validator, bound)
    if bound.whole:
        found.add(name, f"Annotated[int, Meta({bound.bounds}, description={bound.words!r})]", int(value))
    else:
        found.number(name, value, bound.bounds, bound.words)
