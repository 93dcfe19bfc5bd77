"""What the desk is told, a wish for an order and how patient to be; what it tells: what is to be done, and what people should know."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from core.trading.order import Order


class Wish(Struct, frozen=True, kw_only=True):
    """An order somebody wants.

    Attributes:
        symbol: `venue:SYMBOL`.
        qty: base currency, in whole lots (`Filters.lots_of`).
        last: the last price, by which the value of an order at the market is judged.
        price: its limit, on a tick (`Filters.on_tick`); None: at the market.
        closes: it brings a position to flat.
        tick_ns, seq: of the tick it was decided on, 0: of none. order: the loop's own number of it, 0: none.
    """

    strategy_id: str
    symbol: str
    side: Literal["buy", "sell"]
    qty: Decimal
    last: Decimal
    price: Decimal | None = None
    closes: bool = False
    tick_ns: int = 0
    seq: int = 0
    order: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """How the desk deals; times in seconds.

    Attributes:
        at_once: symbols on which something is under way at the same time.
        answer_s: the venue's first word on an order is awaited for so long.
        fresh_s: what could not be sent for so long is not sent any more.
        tries: times an order is handed over, all but the last certainly not taken.
        settle_s: an order at the market that is acknowledged and not filled for so long is asked about.
        look_s: the account, and each order that works, is looked at so often.
        overlap_s: a look goes back so far behind the one before: clocks differ.
        asks: questions about an order without an answer before somebody is told; times a venue must have said that it no longer knows
            an order it had, before that is believed.
        backoff_s: the first and the longest wait between two tries or questions.
    """

    at_once: int = 5
    answer_s: float = 5.0
    fresh_s: float = 10.0
    tries: int = 4
    settle_s: float = 5.0
    look_s: float = 60.0
    overlap_s: float = 60.0
    asks: int = 5
    backoff_s: tuple[float, float] = (0.5, 30.0)

    def backoff(self, times: int) -> float:
        """The wait after so many failures: doubled from the first up to the longest."""
        first, longest = self.backoff_s
        return min(first * 2.0 ** min(max(times - 1, 0), 20), longest)


@dataclass(slots=True)
class Step:
    """One thing to do at the venue for an order."""

    what: Literal["send", "cancel", "ask"]
    order: Order


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know; `asset` is empty where it is of none."""

    ts_ns: int
    asset: str
    text: str
