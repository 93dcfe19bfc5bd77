"""Exits that rest at the venue from the moment a position is held: its stop-loss and trailing stop as a stop order, its take-profit as a
limit order, one of which cancels the other.

They are no orders of the book: the position and its entry tell where they are. An order that closes takes their place once it gets there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.book import execute
from core.kernels.costs import taken
from core.kernels.features import LOTS, QUEUED, SPREAD, TIMED
from core.kernels.grid import lots_of, moved
from core.kernels.orders import cancel
from core.kernels.queue import profit_room
from core.kernels.records import HALT, TAKE_PROFIT, TIME_STOP
from core.kernels.stops import profit_level, protective_level, stop_hit, stretch
from core.kernels.timed import overdue


def profits(book: Any, terms: Any, level: float, best: float) -> bool:
    """Whether a print traded through a take-profit; or at it, where that is enough."""
    beyond = best > level if book.position > 0.0 else best < level
    return bool(beyond or (terms.touch != 0 and best == level))


def at_work(book: Any, ts: int) -> bool:
    """Whether an order that closes is at the venue."""
    return bool(ts >= book.due and book.position * (book.aim - book.position) < 0.0)


def share(book: Any, terms: Any, tick: Any, used: float) -> tuple[float, float]:
    """How much of the position a print lets out, signed as what is traded, and the position after it.

    Args:
        used: what was taken of the print before.
    """
    qty, after = -book.position, 0.0
    if tick.qty > 0.0:
        available = max(terms.participation * tick.qty - used, 0.0)
        if abs(qty) > available:
            qty = available if qty > 0.0 else -available
            after = book.position + qty
            if LOTS:
                qty, after = moved(terms, book.position, qty)
    if LOTS:
        qty = lots_of(terms, qty)
    return qty, after


def at_most(book: Any, terms: Any, qty: float, after: float, most: float) -> tuple[float, float]:
    """No more than that of what would be traded, and the position after it."""
    if abs(qty) <= most:
        return qty, after
    qty = most if qty > 0.0 else -most
    after = book.position + qty
    if LOTS:
        qty, after = moved(terms, book.position, qty)
        qty = lots_of(terms, qty)
    return qty, after


def stop_out(
    account: Any, book: Any, terms: Any, limits: Any, reports: Any, n: int, tick: Any, leg: int, level: float, why: int, used: float
) -> int:
    """A stop at the venue was set off: it is a market order there from now on, filled at `level` first, and whatever worked is
    cancelled (a halt blocks it); returns the next free report."""
    if limits.mode == HALT:
        return n
    n = cancel(book, reports, n, tick, leg)
    account.orders += 1
    book.order = account.orders
    book.why = why
    book.aim = 0.0
    book.due = tick.ts
    book.limit = 0.0
    qty, after = share(book, terms, tick, used)
    if qty == 0.0:
        return n
    if LOTS or SPREAD:
        paid = taken(terms, tick, qty, level)
    else:
        paid = level * (1.0 + terms.slippage) if qty > 0.0 else level * (1.0 - terms.slippage)
    return execute(account, book, terms, reports, n, tick, leg, qty, after, paid, level)


def take_profit(
    account: Any, book: Any, terms: Any, limits: Any, reports: Any, n: int, tick: Any, leg: int, level: float, used: float
) -> tuple[int, int]:
    """A print filled the take-profit at its level, up to the share of it; returns TAKE_PROFIT, or 0 where nothing was filled, and the
    next free report. What is left of it rests on. What was on its way to flat, or beyond, goes on to flat; else it is cancelled."""
    qty, after = share(book, terms, tick, used)
    if QUEUED and book.got > 0.0:
        qty, after = at_most(book, terms, qty, after, book.got)
    if limits.mode == HALT or qty == 0.0:
        return 0, n
    exits = book.aim != book.position and book.position * book.aim <= 0.0
    if not exits or after == 0.0:
        n = cancel(book, reports, n, tick, leg)
        exits = False
    order, why = book.order, book.why
    if book.latched != TAKE_PROFIT or why != TAKE_PROFIT:
        account.orders += 1
        book.order = account.orders
    book.why = TAKE_PROFIT
    book.aim = 0.0
    book.limit = level
    n = execute(account, book, terms, reports, n, tick, leg, qty, after, level, level)
    book.limit = 0.0
    if exits:
        book.order = order
        book.why = why
    else:
        book.aim = book.position
    return TAKE_PROFIT, n


def strike(account: Any, book: Any, terms: Any, limits: Any, reports: Any, n: int, tick: Any, leg: int, price: float) -> tuple[int, int]:
    """What a print does to the exits of the position that was held before it: which of them it set off, 0 for none, and the next free
    report."""
    stretch(book, price)
    if at_work(book, tick.ts):
        if QUEUED:
            book.goal = 0.0
        return 0, n
    reason = stop_hit(book, terms, price)
    if reason != 0 and reason != TAKE_PROFIT:
        return reason, stop_out(account, book, terms, limits, reports, n, tick, leg, price, reason, 0.0)
    level = profit_level(book, terms)
    if QUEUED and terms.queued != 0:
        got = profit_room(book, terms, tick, level, limits.mode == HALT)
        if got == 0.0:
            return 0, n
        book.got = got if got < np.inf else 0.0
        reason, n = take_profit(account, book, terms, limits, reports, n, tick, leg, level, 0.0)
        book.got = 0.0
        return reason, n
    if not profits(book, terms, level, price):
        return 0, n
    return take_profit(account, book, terms, limits, reports, n, tick, leg, level, 0.0)


def held_stop(book: Any, terms: Any, bar: Any) -> tuple[int, float]:
    """The exit a bar sets off, and its price: its open first (beyond a stop it fills at the open, beyond a take-profit at that), then,
    with both inside the range, the stop."""
    stretch(book, bar.open)
    reason = stop_hit(book, terms, bar.open)
    if reason != 0 and reason != TAKE_PROFIT:
        return reason, bar.open
    goal = profit_level(book, terms)
    if profits(book, terms, goal, bar.open):
        return TAKE_PROFIT, goal
    if TIMED and overdue(book, terms, bar.start):
        return TIME_STOP, bar.open
    level, reason = protective_level(book, terms)
    if in_range(book, bar, level):
        return reason, level
    if profits(book, terms, goal, bar.high if book.position > 0.0 else bar.low):
        return TAKE_PROFIT, goal
    stretch(book, bar.high)
    stretch(book, bar.low)
    return 0, 0.0


def in_range(book: Any, bar: Any, level: float) -> bool:
    """Whether a bar reaches a stop."""
    return bool(bar.low <= level if book.position > 0.0 else bar.high >= level)


def strike_bar(
    account: Any, book: Any, terms: Any, limits: Any, reports: Any, n: int, bar: Any, leg: int, level: float, why: int, used: float
) -> tuple[int, int]:
    """Fill what a bar set off; returns which exit it was in the end, 0 for none, and the next free report."""
    if at_work(book, bar.start):
        stretch(book, bar.high)
        stretch(book, bar.low)
        return 0, n
    if why != TAKE_PROFIT:
        return why, stop_out(account, book, terms, limits, reports, n, bar, leg, level, why, used)
    goal, best = profit_level(book, terms), bar.high if book.position > 0.0 else bar.low
    if not profits(book, terms, goal, best):
        stretch(book, best)
        return 0, n
    fired, n = take_profit(account, book, terms, limits, reports, n, bar, leg, goal, used)
    if book.position != 0.0:  # the profit was taken in part, at the open: what is left is stopped, for the bar has no more room
        level, reason = protective_level(book, terms)
        if in_range(book, bar, level):
            return reason, stop_out(account, book, terms, limits, reports, n, bar, leg, level, reason, terms.participation * bar.qty)
        stretch(book, best)
    return fired, n
