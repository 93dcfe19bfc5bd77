"""What a portfolio is made of: legs, each a strategy on a market with terms of its own, and the account they share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from core.commands import Terms
from core.errors import UsageError
from core.research.calibration.costs import Costs
from core.research.order import Order, definition_of
from core.research.warming import reach_of
from core.strategy import Definition
from core.term_rules import refuse_idle, refuse_unfit


@dataclass(frozen=True)
class Leg:
    """One strategy on one symbol.

    Attributes:
        name: what it is called in this portfolio; no other leg is.
        sources: as of `core.research.sources.open_sources`.
        terms: how it trades; `qty` counts where there is no weight, `capital` never: that is the account's.
        weight: share of the account's capital that one unit of target is worth when the leg begins, or of the leg's equity each time
            where `terms.size` is equity_pct; above 1 borrows.
        costs: what was measured of its symbol takes the place of the terms; None: nothing was.
    """

    name: str
    strategy: str
    sources: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    symbol: str | None = None
    weight: float | None = None
    costs: Costs | None = None

    def priced(self, symbol: str) -> Leg:
        """The same with the terms that were measured for a symbol, where there are any."""
        return self if self.costs is None else replace(self, terms=self.costs.terms(symbol, self.terms))


@dataclass(frozen=True)
class Ask:
    """What to run.

    Attributes:
        folders: where strategies lie, later ones shadow earlier ones.
        capital: of the one account, quote currency.
        by_risk: legs are weighed by the inverse of their volatility in the first third of the span, and traded in the rest.
        from_ns, to_ns, allow_gaps, cache: as of a backtest, of all legs.
    """

    legs: list[Leg]
    folders: list[Path]
    capital: float = 10_000.0
    by_risk: bool = False
    home: Path | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    allow_gaps: bool = False
    cache: bool = False


@dataclass(frozen=True)
class Known:
    """A leg whose words were understood."""

    leg: Leg
    definition: Definition
    reach_ns: int | None


def understood(ask: Ask) -> list[Known]:
    """The legs with their strategies loaded, before anything is read.

    Raises:
        UsageError: a leg is refused; the line names it.
    """
    if not ask.legs:
        raise UsageError("a portfolio needs a leg")
    names = [leg.name for leg in ask.legs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two legs are called {name}: give one of them another name")
    return [_understood(ask, leg) for leg in ask.legs]


def _understood(ask: Ask, leg: Leg) -> Known:
    if leg.weight is not None and not 0.0 < leg.weight < float("inf"):
        raise UsageError(f"leg {leg.name}: weight={leg.weight:g}: must be above 0")
    if leg.terms.size == "vol_pct" and (leg.weight is not None or ask.by_risk):
        raise UsageError(f"leg {leg.name}: size=vol_pct is a size by risk of its own and takes no weight: give its qty")
    try:
        refuse_idle(leg.terms)
        definition = definition_of(order_of(ask, leg, leg.terms.qty))
        refuse_unfit(definition, leg.terms)
        definition.params(leg.params)
        return Known(leg, definition, reach_of(definition, leg.params, ask.from_ns))
    except UsageError as error:
        raise type(error)(f"leg {leg.name}: {error}") from None


def order_of(ask: Ask, leg: Leg, qty: float, from_ns: int | None = None) -> Order:
    """A leg as a backtest of its own, on the capital of the account."""
    terms = msgspec.structs.replace(leg.terms, qty=qty, capital=ask.capital)
    begin = ask.from_ns if from_ns is None else from_ns
    return Order(
        list(leg.sources), leg.strategy, ask.folders, leg.params, terms, leg.symbol, ask.home, begin, ask.to_ns,
        allow_gaps=ask.allow_gaps, cache=ask.cache,
    )  # fmt: skip
