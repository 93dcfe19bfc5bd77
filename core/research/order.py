"""What a backtest is asked to run: its terms and its span, the strategy and the source that it names, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.commands import Terms
from core.errors import UsageError
from core.research.calibration.costs import Costs
from core.research.source import Source
from core.research.source_legs import open_leg_sources
from core.research.source_verdict import Holes, refuse
from core.research.sources import open_sources
from core.strategy import Definition
from core.strategy_files import load, strategy_file


@dataclass(frozen=True)
class Order:
    """What to run.

    Attributes:
        sources, symbol: of a strategy of several legs as of `core.research.source_legs.open_leg_sources`.
        folders: where strategies lie, later ones shadow earlier ones.
        from_ns: first time traded; what lies before it in the source only warms the strategy up.
        allow_gaps: run over a source that lacks data; the result says so.
        cache: take files from the cache of what was parsed before, and keep them there.
        watched: whether somebody wants what only a look at every print tells: how far each trip was ahead and behind, how long
            equity lay below its peak, and in what market each trip was entered. Of one symbol only.
        signals: the newest so many decisions are kept with what they rested on; None: all of them; 0: nobody asked.
        costs: what was measured of the symbol takes the place of the terms; None: nothing was.
    """

    sources: list[str]
    strategy: str
    folders: list[Path]
    params: dict[str, Any] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    symbol: str | None = None
    home: Path | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    as_delivered: bool = False
    allow_gaps: bool = False
    cache: bool = True
    watched: bool = False
    signals: int | None = 0
    costs: Costs | None = None

    def priced(self, symbol: str) -> Order:
        """The same with the terms that were measured for a symbol, where there are any."""
        return self if self.costs is None else replace(self, terms=self.costs.terms(symbol, self.terms), costs=None)


def definition_of(order: Order) -> Definition:
    """The strategy of one symbol that an order names.

    Raises:
        UsageError: there is none of that name, it does not load, or it trades several symbols.
    """
    definition = strategy_of(order)
    if definition.legs != 1:
        raise UsageError(f"{order.strategy} trades {definition.legs} symbols: here a strategy of one is wanted")
    return definition


def strategy_of(order: Order) -> Definition:
    """The strategy that an order names, of one symbol or several.

    Raises:
        UsageError: there is none of that name, or it does not load.
    """
    return load(strategy_file(order.strategy, order.folders))


def source_of(order: Order, definition: Definition, from_ns: int | None) -> Source:
    """The source that an order names, open from there on.

    Raises:
        UsageError: it cannot be read, or not as the order asks.
    """
    if definition.legs > 1:
        if order.costs is not None:
            raise UsageError(f"{order.strategy} trades {definition.legs} symbols: measured costs are for one")
        return open_leg_sources(
            order.sources, definition.legs, symbol=order.symbol, home=order.home, from_ns=from_ns, to_ns=order.to_ns,
            as_delivered=order.as_delivered, cache=order.cache,
        )  # fmt: skip
    return open_sources(
        order.sources, symbol=order.symbol, home=order.home, from_ns=from_ns, to_ns=order.to_ns, as_delivered=order.as_delivered,
        cache=order.cache,
    )  # fmt: skip


def refuse_holes(text: str, holes: Holes | None, allow_gaps: bool) -> None:
    """Let a source that lacks data go no further where that is not allowed.

    Raises:
        GapsError: it lacks some.
    """
    if holes is not None and not allow_gaps:
        raise refuse(text, holes)
