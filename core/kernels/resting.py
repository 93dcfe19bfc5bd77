"""Limit orders that rest: at which price they are placed, when a print or a bar fills them, what they pay.

The part of an order that closes a position is a market order; what opens rests once the position is flat.
"""

from __future__ import annotations

from typing import Any

from core.kernels.features import LOTS
from core.kernels.grid import on_tick
from core.kernels.records import SIGNAL

BARS = False  # the source is BAR records: a limit is reached inside a range

#: When an order without an end expires.
NEVER = 1 << 62


def rest(book: Any, terms: Any, want: float, why: int) -> None:
    """Give the order towards `want` its limit, where it is to rest: on the decision's price, away from it by the offset, on a tick that
    is no nearer. An order that only closes or reduces, a stop and a person's are market orders: their limit is 0."""
    position = book.position
    book.limit = 0.0
    if terms.rests != 0 and why == SIGNAL and want != 0.0 and (position * want <= 0.0 or abs(want) > abs(position)):
        buys = want > position
        price = book.last * (1.0 - terms.offset) if buys else book.last * (1.0 + terms.offset)
        if LOTS:
            price = on_tick(terms, price, not buys)
        book.limit = price
        book.expires = book.due + terms.life if terms.life > 0 else NEVER


def resting(book: Any) -> bool:
    """Whether what is next of the working order rests."""
    return bool(book.limit != 0.0 and book.position * (book.aim - book.position) >= 0.0)


def reached(book: Any, terms: Any, tick: Any) -> bool:
    """Whether a print, or one inside a bar, traded through the limit; or at it, where that is enough."""
    buys = book.aim > book.position
    best = (tick.low if buys else tick.high) if BARS else tick.price
    beyond = best < book.limit if buys else best > book.limit
    return bool(beyond or (terms.touch != 0 and best == book.limit))


def seen_at(book: Any, price: float) -> float:
    """The print a limit order filled on; inside a bar the limit, as nothing nearer is known."""
    seen: float = book.limit if BARS else price
    return seen


def fee_rate(book: Any, terms: Any, qty: float) -> float:
    """The fee of an execution, in basis points: what a resting order opens is a maker's."""
    made = book.limit != 0.0 and book.position * qty >= 0.0
    rate: float = terms.maker_bps if made else terms.fee_bps
    return rate
