"""What an ensemble's file says, checked: its members, how they vote, and which validators look at what the vote wants to enter."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from core.strategy import Definition

#: The largest weight.
HEAVIEST = 1e6

#: What a number may be that nothing bounds.
UNBOUNDED = 1e9


class Member(Struct, frozen=True):
    """One voice.

    Attributes:
        definition: of a strategy; None: an external source.
        given: the parameters the file gives the strategy; the others are its defaults.
        source: the external source's name; "" of a strategy.
    """

    name: str
    weight: float
    definition: Definition | None = None
    given: dict[str, Any] = {}
    source: str = ""

    @property
    def text(self) -> str:
        """What it is, in words."""
        return f"source {self.source}" if self.definition is None else f"strategy {self.definition.name}"

    @property
    def fields(self) -> tuple[str, ...]:
        """Of a strategy's state."""
        return () if self.definition is None else self.definition.module.STATE.names or ()


class Vote(Struct, frozen=True):
    """How opinions become a side.

    Attributes:
        threshold: votes at which a side is taken, as a share of the weights that have an opinion.
        exit_threshold: the vote for a side below which it is left.
        quorum: the least weight that must have an opinion.
        side: of `core.ensembles.votes.SIDES`.
    """

    threshold: float = 0.5
    exit_threshold: float = 0.5
    quorum: float = 0.0
    side: str = "both"


class Bound(Struct, frozen=True):
    """A parameter of a validator: what the file calls it, its default (None: it must be given), and what it may be.

    Attributes:
        whole: it is a whole number.
        length: the file gives a length of time, such as 10m, and the parameter is in seconds.
    """

    key: str
    default: float | None
    bounds: str
    words: str
    whole: bool = False
    length: bool = False


#: By validator, in the order they are asked: its parameters. One of the validator's own name is what the file gives without a table.
VALIDATORS: dict[str, tuple[Bound, ...]] = {
    "spread_pct": (Bound("spread_pct", None, "ge=0, le=100", "spread, in percent of the middle, at most"),),
    "volatility_pct": (
        Bound("low", 0.0, f"ge=0, le={UNBOUNDED!r}", "volatility of a bar, in percent, at least"),
        Bound("high", UNBOUNDED, f"ge=0, le={UNBOUNDED!r}", "volatility of a bar, in percent, at most"),
        Bound("period", 30, "ge=1, le=10_000", "returns in the average", whole=True),
    ),
    "liquidity": (
        Bound("quote", None, "ge=0, le=1e18", "value traded in the window, in quote currency, at least"),
        Bound("window", 600.0, "ge=1, le=1e9", "seconds of the window", length=True),
    ),
    "trend": (
        Bound("period", None, "ge=1, le=10_000", "closes in the average", whole=True),
        Bound("least_pct", 0.0, "ge=0, le=100", "percent of the average the close must be on the vote's side, at least"),
    ),
    "freshness_s": (Bound("freshness_s", None, "gt=0, le=1e9", "seconds since the print before and the sources' word, at most"),),
}

#: What becomes of an entry where a validator does not know.
UNKNOWN = ("hold", "pass")


class Ensemble(Struct, frozen=True):
    """A whole file.

    Attributes:
        validators: by name, what the file gives of its parameters, the rest defaults.
        unknown: of UNKNOWN.
    """

    sentence: str
    interval: str
    members: dict[str, Member]
    vote: Vote
    validators: dict[str, dict[str, float]]
    unknown: str = "hold"

    @property
    def strategies(self) -> list[Member]:
        """The members that are strategies."""
        return [member for member in self.members.values() if member.definition is not None]

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of external sources, in the order of their members."""
        return tuple(member.source for member in self.members.values() if member.definition is None)
