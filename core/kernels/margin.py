"""Isolated margin: what a strategy's equity lets it hold, and its liquidation, when that no longer covers the maintenance of its positions.

The account of a strategy is the margin of all its legs. Positions are valued at the last print of their leg.
"""

from __future__ import annotations

from typing import Any

from core.kernels.book import execute
from core.kernels.features import LOTS, RESTING, TIMED
from core.kernels.grid import lots_of
from core.kernels.orders import cancel
from core.kernels.records import LIQUIDATED, WIPED
from core.kernels.stops import protective_level, stretch
from core.kernels.timed import overdue


def affordable(account: Any, books: Any, terms: Any, legs: int, leg: int) -> float:
    """The most a leg may hold, in base currency: what equity times leverage leaves beside the other legs, each at what it holds or is to
    hold, whichever is more."""
    equity = account.capital + account.realised - account.fees
    for k in range(legs):
        if books[k].position != 0.0:
            equity += books[k].position * (books[k].last - books[k].entry)
    left = equity * terms.margin_leverage
    for k in range(legs):
        if k != leg:
            left -= max(abs(books[k].position), abs(books[k].aim)) * books[k].last
    last = books[leg].last
    most: float = left / last if left > 0.0 and last > 0.0 else 0.0
    return most


def covered(account: Any, books: Any, terms: Any, legs: int, leg: int) -> float:
    """Equity beyond the maintenance of the positions, without the value of one leg (-1: of none)."""
    left = account.capital + account.realised - account.fees
    for k in range(legs):
        if k != leg and books[k].position != 0.0:
            book = books[k]
            left += book.position * (book.last - book.entry) - terms.maintenance * abs(book.position) * book.last
    return left  # type: ignore[no-any-return]


def insolvent(account: Any, books: Any, terms: Any, legs: int) -> bool:
    """Whether equity is down to the maintenance of the positions that are held."""
    held = False
    for k in range(legs):
        held = held or books[k].position != 0.0
    return bool(held and covered(account, books, terms, legs, -1) <= 0.0)


def liquidation_level(account: Any, books: Any, book: Any, terms: Any, legs: int, leg: int) -> float:
    """The price of a leg at which equity meets maintenance; 0 or less: a long position never meets it.

    With the wallet W, the position Q (signed) at the entry E and the maintenance rate m, W + Q (p - E) = m |Q| p gives
    p = (Q E - W) / (Q - m |Q|): the liquidation price of isolated margin as venues document it, without tiers of m.
    """
    wallet = covered(account, books, terms, legs, leg)
    level: float = (book.position * book.entry - wallet) / (book.position - terms.maintenance * abs(book.position))
    return level


def liquidate(account: Any, books: Any, terms: Any, reports: Any, n: int, tick: Any, leg: int, legs: int, price: float) -> int:
    """The venue closes every leg, this one at a price and the others at their last prints, whatever the limits say, and nothing opens
    until the strategy is resumed; returns the next free report."""
    for k in range(legs):
        book = books[k]
        n = cancel(book, reports, n, tick, k)
        book.latched = 0
        book.blocked = WIPED
        if book.position == 0.0:
            continue
        account.orders += 1
        book.order = account.orders
        book.why = LIQUIDATED
        book.aim = 0.0
        if RESTING:
            book.limit = 0.0
        qty = -book.position
        if LOTS:
            qty = lots_of(terms, qty)
        at = price if k == leg else book.last
        n = execute(account, book, terms, reports, n, tick, k, qty, 0.0, at, at)
        book.unrealised = 0.0
    account.paused = 1
    return n


def liquidate_inside(
    account: Any, books: Any, book: Any, terms: Any, reports: Any, n: int, bar: Any, leg: int, legs: int, opened: bool, stops_first: bool
) -> int:
    """The same inside a bar that reaches the level: there, or at the open beyond it; returns the next free report.

    Args:
        opened: the position was changed inside the bar, so that its open says nothing of it.
        stops_first: a stop that is nearer is left to come first.
    """
    if book.position == 0.0:
        return n
    level = liquidation_level(account, books, book, terms, legs, leg)
    long = book.position > 0.0
    if not (bar.low <= level if long else bar.high >= level):
        return n
    if stops_first:
        if not opened:
            stretch(book, bar.open)
        stop, _ = protective_level(book, terms)
        if stop >= level if long else stop <= level:
            return n
        if TIMED and not opened and overdue(book, terms, bar.start) and (bar.open > level if long else bar.open < level):
            return n
    price = min(level, bar.high if opened else bar.open) if long else max(level, bar.low if opened else bar.open)
    return liquidate(account, books, terms, reports, n, bar, leg, legs, price)
