"""What an account holds, added up once: hundreds of strategies are judged against the same holdings five times a second."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from msgspec import Struct

#: A difference of sums this small a part of them is what rounding left of none.
DUST = 1e-12


class Holding(Struct, frozen=True):
    """What one strategy holds, or is about to hold, of one symbol."""

    strategy_id: str
    symbol: str
    qty: float
    price: float

    @property
    def value(self) -> float:
        """Signed, quote currency."""
        return self.qty * self.price


class Own(NamedTuple):
    """What the one that asks holds itself of the symbol it asks about, signed and without signs: it is left out."""

    value: float
    size: float
    open: bool


class Exposure:
    """Sums of holdings, in quote currency.

    Attributes:
        size: of all, without signs.
        count: positions that are open.
    """

    def __init__(self, holdings: Iterable[Holding]) -> None:
        held = list(holdings)
        by_symbol: dict[str, list[float]] = defaultdict(list)
        by_strategy: dict[str, list[float]] = defaultdict(list)
        own: dict[tuple[str, str], list[Holding]] = defaultdict(list)
        for each in held:
            by_symbol[each.symbol].append(each.value)
            by_strategy[each.strategy_id].append(abs(each.value))
            own[each.strategy_id, each.symbol].append(each)
        self.size = math.fsum(abs(each.value) for each in held)
        self._net = {symbol: math.fsum(values) for symbol, values in by_symbol.items()}
        self._of = {strategy: math.fsum(values) for strategy, values in by_strategy.items()}
        self._own = {
            key: Own(math.fsum(h.value for h in each), math.fsum(abs(h.value) for h in each), any(h.qty for h in each))
            for key, each in own.items()
        }
        self.count = sum(each.open for each in self._own.values())

    def own(self, strategy_id: str, symbol: str) -> Own:
        """What a strategy holds of a symbol."""
        return self._own.get((strategy_id, symbol), _NOTHING)

    def net_beside(self, own: Own, symbols: Collection[str]) -> float:
        """What all but one's own holdings of these symbols, one's own symbol among them, come to with their signs."""
        return _less(math.fsum(self._net.get(symbol, 0.0) for symbol in symbols), own.value)

    def of_beside(self, own: Own, strategy_id: str) -> float:
        """What a strategy holds elsewhere, without signs."""
        return _less(self._of.get(strategy_id, 0.0), own.size)

    def size_beside(self, own: Own) -> float:
        """What all but one's own holdings come to without signs."""
        return _less(self.size, own.size)


_NOTHING = Own(0.0, 0.0, open=False)


def _less(whole: float, part: float) -> float:
    rest = whole - part
    return 0.0 if abs(rest) <= DUST * abs(part) else rest
