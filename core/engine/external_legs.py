"""What is known of one leg of a strategy whose orders a venue fills, and the terms such a strategy may trade on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from core.commands import Terms
from core.errors import UsageError
from core.trading.exact import ZERO
from core.trading.filters import Filters
from core.trading.rules import Wish

#: Seconds of prints a leg waits after an order that came to nothing: doubled with each in a row, up to the last.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


@dataclass(slots=True)
class Placed:
    """An order the loop placed: its number, the position it leads to, the tick it was decided on.

    Attributes:
        ts_ns: venue time of that tick.
        ready: that tick is on the tape, so the order may go on disk and out.
    """

    order: int
    aim: float
    seq: int
    ts_ns: int
    ready: bool = False


@dataclass(slots=True)
class Leg:
    """One leg.

    Attributes:
        position: the exact sum of all executions that were told.
        wanted: the newest order that is not at the desk yet.
        over: orders through this number are not wanted any more.
        client_id, order: the newest order at the desk.
        failures: orders in a row that came to nothing.
        untold: the number of an order the loop works on and nobody else does.
        aim: the position the newest order the loop placed leads to.
    """

    strategy_id: str
    number: int
    symbol: str = ""
    position: Decimal = ZERO
    wanted: Placed | None = None
    placing: int = 0
    over: int = 0
    client_id: str = ""
    order: int = 0
    failures: int = 0
    untold: int = 0
    aim: float = 0.0

    def lacks(self, filters: Filters, *, works: bool) -> bool:
        """At least a lot more of it is to be held than is: its order `works` by the loop, is on its way, or came to nothing."""
        missing = abs(self.aim) - abs(float(self.position))
        return missing > 0.0 and bool(filters.lots_of(missing)) and (works or self.busy or self.failures > 0)

    @property
    def busy(self) -> bool:
        """Something is to be ordered or said."""
        return self.wanted is not None or self.placing != 0 or self.untold != 0

    def wait_s(self) -> float:
        """One more came to nothing: how long to wait."""
        self.failures += 1
        return min(FIRST_WAIT_S * 2.0 ** min(self.failures - 1, 20), LONGEST_WAIT_S)

    def wish(self, placed: Placed, filters: Filters, last: float, tick_ns: int) -> Wish | None:
        """What is to be ordered to get from what is held to where an order leads; None: less than a lot."""
        change = placed.aim - float(self.position)
        qty = filters.lots_of(abs(change))
        if not qty:
            return None
        return Wish(
            strategy_id=self.strategy_id, symbol=self.symbol, side="buy" if change > 0 else "sell", qty=qty,
            last=Decimal(repr(last)), closes=placed.aim == 0.0, tick_ns=tick_ns, seq=placed.seq, order=placed.order,
        )  # fmt: skip


class Legs:
    """All legs, by strategy and number.

    Args:
        symbol: of a leg of a strategy; empty: it is not known, or not yet.
    """

    def __init__(self, symbol: Callable[[str, int], str]) -> None:
        self._symbol = symbol
        self._legs: dict[tuple[str, int], Leg] = {}

    def __iter__(self) -> Iterator[Leg]:
        return iter(list(self._legs.values()))

    def drop(self, id_: str) -> None:
        """A strategy is gone."""
        for key in [key for key in self._legs if key[0] == id_]:
            del self._legs[key]

    def of(self, id_: str, number: int) -> Leg:
        """One leg."""
        leg = self._legs.get((id_, number))
        if leg is None:
            leg = self._legs[id_, number] = Leg(id_, number)
        if not leg.symbol:  # what the journal tells comes before the strategies
            leg.symbol = self._symbol(id_, number)
        return leg


def refuse_terms(terms: Terms) -> None:
    """Let no term through that only our own simulation keeps to.

    Raises:
        UsageError: it names the first one.
    """
    if terms.entry != "market":
        raise UsageError(f"entry={terms.entry} cannot be sent to a venue yet: orders are at the market")
    if terms.exits != "market":
        raise UsageError(f"exits={terms.exits} cannot be sent to a venue yet: stops are watched here and sent at the market")
    if terms.funding_bps != 0:
        raise UsageError("funding_bps is simulated, and a venue takes its own")


def fitted(terms: Terms, filters: Iterable[Filters]) -> Terms:
    """The terms with the venue's lots, ticks and least value where they say none: of several symbols the coarsest."""
    known: Sequence[Filters] = list(filters)
    lot, tick, least = (float(max(getattr(each, name) for each in known)) for name in ("lot", "tick", "min_notional"))
    return msgspec.structs.replace(
        terms,
        lot=terms.lot if terms.lot is not None else lot or None,
        tick_size=terms.tick_size if terms.tick_size is not None else tick or None,
        min_notional=terms.min_notional if terms.min_notional is not None else least or None,
    )
