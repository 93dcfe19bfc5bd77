"""One account for many strategies: a ledger of each by symbol, and what the account holds of a symbol when they are set against each other.

Pure: it is given executions and funding in the order they are on record, and says what follows. The same in any pieces, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import fsum
from typing import NamedTuple

from core.trading.lots import Lots
from core.trading.position import Position
from core.trading.sums import ExactSum

#: A net position this small a part of the execution that led to it is what rounding left of none.
DUST = 1e-12


class Fill(NamedTuple):
    """One execution: quantity signed, money in quote currency, a fee below 0 a rebate.

    Attributes:
        position: what the strategy holds of the symbol after it; None: its quantity added.
    """

    strategy: str
    symbol: str
    qty: float
    price: float
    fee: float
    ts_ns: int
    position: float | None = None


class Net:
    """What the account holds of one symbol.

    Attributes:
        parts: of each strategy, by its id.
        position: of all together, at average cost.
        lots: the same, the oldest closed first.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.parts: dict[str, Position] = {}
        self.position = Position()
        self.lots = Lots()
        self._held: dict[str, float] = {}
        self._realised, self._fifo, self._fees, self._funding = ExactSum(), ExactSum(), ExactSum(), ExactSum()

    @property
    def gross(self) -> float:
        """What the strategies hold, without signs."""
        return fsum(map(abs, self._held.values()))

    @property
    def realised(self) -> float:
        """At average cost, before fees."""
        return self._realised.value

    @property
    def realised_fifo(self) -> float:
        """With the oldest closed first, before fees."""
        return self._fifo.value

    @property
    def fees(self) -> float:
        """Of executions alone."""
        return self._fees.value

    @property
    def funding(self) -> float:
        """Paid; below 0 received."""
        return self._funding.value

    @property
    def average(self) -> float | None:
        """Average cost of the net position; None when there is none."""
        return self.position.entry if self.position.qty else None

    @property
    def holders(self) -> list[str]:
        """The strategies that hold something, by id."""
        return sorted(self._held)

    def unrealised(self, mark: float) -> float:
        """Of the net position at a price, at average cost."""
        return self.position.qty * (mark - self.position.entry)

    def unrealised_fifo(self, mark: float) -> float:
        """The same of what is left when the oldest was closed first."""
        cost = self.lots.cost
        return 0.0 if cost is None else self.position.qty * (mark - cost)

    def take(self, fills: Iterable[Fill]) -> None:
        """Executions on this symbol, in order; each costs a sum over the strategies that hold it."""
        average, lots, held, parts = self.position, self.lots, self._held, self.parts
        realised, fifo, fees = [], [], []
        for strategy, _, qty, price, fee, ts_ns, position in fills:
            part = parts.get(strategy)
            if part is None:
                part = parts[strategy] = Position()
            after = part.qty + qty if position is None else position
            part.move(qty, after, price, fee, ts_ns)
            if after != 0.0:
                held[strategy] = after
            else:
                held.pop(strategy, None)
            net = fsum(held.values())
            if abs(net) <= DUST * abs(qty):
                net = 0.0
            before = average.qty
            fees.append(fee)
            if (gain := average.move(qty, net, price, fee, ts_ns)) != 0.0:
                realised.append(gain)
            if (gain := lots.move(before, qty, net, price)) != 0.0:
                fifo.append(gain)
        self._realised.add(realised)
        self._fifo.add(fifo)
        self._fees.add(fees)

    def fund(self, strategy: str, paid: float, ts_ns: int) -> None:
        """Funding of a strategy's position, which belongs to the round trip that is open if it was then."""
        self._funding.add([paid])
        part = self.parts.get(strategy)
        if part is not None and part.qty != 0.0 and ts_ns >= part.opened_ns:
            part.trip_fees += paid


class Portfolio:
    """Every symbol the account ever held. Memory is bounded by strategies and symbols, and `core.trading.lots.MOST` lots of each."""

    def __init__(self) -> None:
        self._nets: dict[str, Net] = {}

    def __iter__(self) -> Iterator[Net]:
        return iter(self._nets.values())

    def net(self, symbol: str) -> Net:
        """Of one symbol; a flat one where nothing was traded yet."""
        found = self._nets.get(symbol)
        return found if found is not None else self._nets.setdefault(symbol, Net(symbol))

    def take(self, fills: Iterable[Fill]) -> None:
        """Executions in order; what happens on one symbol does not concern another."""
        by_symbol: dict[str, list[Fill]] = {}
        for fill in fills:
            by_symbol.setdefault(fill[1], []).append(fill)
        for symbol, mine in by_symbol.items():
            self.net(symbol).take(mine)

    def fund(self, strategy: str, symbol: str, paid: float, ts_ns: int) -> None:
        """Funding that a strategy's position paid; below 0 was paid."""
        self.net(symbol).fund(strategy, paid, ts_ns)

    def part(self, strategy: str, symbol: str) -> Position | None:
        """What a strategy did on a symbol; None while it did nothing there."""
        net = self._nets.get(symbol)
        return None if net is None else net.parts.get(strategy)
