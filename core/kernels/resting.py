"""Orders that wait at the venue, limit and stop orders: at which price they are placed, when a print or a bar reaches them, what they pay.

The part of an order that closes a position is a market order; what opens waits once the position is flat.
"""

from __future__ import annotations

from typing import Any

from core.kernels.features import HELD, LOTS, QUEUED, TIMED, TRIGGERED
from core.kernels.grid import on_tick
from core.kernels.records import SIGNAL, TAKE_PROFIT, TIME_STOP
from core.kernels.stops import profit_level, stop_hit
from core.kernels.timed import overdue

BARS = False  # the source is BAR records: a limit is reached inside a range

#: When an order without an end expires.
NEVER = 1 << 62


def rest(book: Any, terms: Any, want: float, why: int) -> None:
    """Give the order towards `want` its limit, where it is to rest: on the decision's price, away from it by the offset, on a tick that
    is no nearer. A limit order is away on the better side of the market, a stop order on the worse. An order that only closes or
    reduces, a stop and a person's are market orders: their limit is 0."""
    position = book.position
    book.limit = 0.0
    if terms.rests != 0 and why == SIGNAL and want != 0.0 and (position * want <= 0.0 or abs(want) > abs(position)):
        buys = want > position
        price = book.last * (1.0 - terms.offset) if buys else book.last * (1.0 + terms.offset)
        if TRIGGERED and terms.triggers != 0:
            price = book.last * (1.0 + terms.offset) if buys else book.last * (1.0 - terms.offset)
            if LOTS:
                price = on_tick(terms, price, buys)
        elif LOTS:
            price = on_tick(terms, price, not buys)
        book.limit = price
        if QUEUED:
            book.ahead = -1.0
        book.expires = book.due + terms.life if terms.life > 0 else NEVER


def resting(book: Any) -> bool:
    """Whether what is next of the working order rests."""
    return bool(book.limit != 0.0 and book.position * (book.aim - book.position) >= 0.0)


def reached(book: Any, terms: Any, tick: Any) -> bool:
    """Whether a print, or one inside a bar, traded through the limit; or at it, where that is enough."""
    buys = book.aim > book.position
    if TRIGGERED and terms.triggers != 0:
        return sets_off(book, terms, tick, buys)
    best = (tick.low if buys else tick.high) if BARS else tick.price
    beyond = best < book.limit if buys else best > book.limit
    return bool(beyond or (terms.touch != 0 and best == book.limit))


def gapped(book: Any, bar: Any) -> bool:
    """Whether a bar opens at the price a stop order waits for, or beyond."""
    return bool(bar.open >= book.limit if book.aim > book.position else bar.open <= book.limit)


def sets_off(book: Any, terms: Any, tick: Any, buys: bool) -> bool:
    """Whether a print at a stop order's price or beyond, or one inside a bar, sets it off. Not inside a bar whose open stops out what is
    held, or on the way to which that takes its profit: what surely came first is first."""
    if not BARS:
        return bool(tick.price >= book.limit if buys else tick.price <= book.limit)
    if gapped(book, tick):
        return True
    if book.position != 0.0:
        goal = book.entry * (1.0 + terms.take_profit) if buys else book.entry * (1.0 - terms.take_profit)
        stopped = stop_hit(book, terms, tick.open)
        if HELD and terms.holds != 0:  # that one rests on its tick, which may be the order's own
            goal = profit_level(book, terms)
            stopped = 0 if stopped == TAKE_PROFIT else stopped
        if TIMED and overdue(book, terms, tick.start):
            stopped = TIME_STOP
        if stopped != 0 or (goal < book.limit if buys else goal > book.limit):
            return False
    return bool(tick.high >= book.limit if buys else tick.low <= book.limit)


def set_off_at(book: Any, price: float) -> float:
    """The price a stop order turns into a market order at: the print's; inside a bar its own, or the open's beyond it."""
    if not BARS:
        return price
    beyond: float = max(price, book.limit) if book.aim > book.position else min(price, book.limit)
    return beyond


def seen_at(book: Any, price: float) -> float:
    """The print a limit order filled on; inside a bar the limit, as nothing nearer is known."""
    seen: float = book.limit if BARS else price
    return seen


def fee_rate(book: Any, terms: Any, qty: float) -> float:
    """The fee of an execution, in basis points: what a resting order opens is a maker's, and what a resting take-profit closes."""
    made = book.limit != 0.0 and book.position * qty >= 0.0
    if HELD and book.why == TAKE_PROFIT:
        made = book.limit != 0.0
    rate: float = terms.maker_bps if made else terms.fee_bps
    return rate
