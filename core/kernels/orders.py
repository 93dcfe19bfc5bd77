"""Orders inside the loop: filling what is due, and turning a wanted position into a new, replaced or cancelled order.

An order works exactly while `book.aim != book.position`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.book import execute, report
from core.kernels.costs import taken
from core.kernels.features import GUARDED, LOTS, MARGINED, QUEUED, RESTING, SPREAD, TRIGGERED, VENUED
from core.kernels.grid import lots_of, moved, orderable
from core.kernels.guards import guarded, repeated
from core.kernels.queue import room
from core.kernels.records import (
    BLOCKED,
    CANCELLED,
    FLATTEN,
    HALT,
    HALTED,
    MARGIN,
    MAX_POSITION,
    MAX_SPREAD,
    MINIMUM,
    NO_NEW,
    PLACED,
    PRICE_BAND,
    REDUCE,
    REDUCE_ONLY,
    REDUCING,
    SPURNED,
    STOP_NEW,
    UNKNOWN,
)
from core.kernels.resting import reached, rest, resting, seen_at, set_off_at


def fill_due(account: Any, book: Any, terms: Any, reports: Any, n: int, tick: Any, leg: int, price: float) -> int:
    """Fill the working order at a print, up to the participation cap (a print of unknown quantity, 0, has none);
    returns the next free report."""
    left = book.aim - book.position
    after = book.aim
    if QUEUED:
        got = np.inf
    if RESTING:
        made = resting(book)
        if made:
            if QUEUED and terms.queued != 0 and (not TRIGGERED or terms.triggers == 0):
                got = room(book, terms, tick)
                if got == 0.0:
                    return n
            elif not reached(book, terms, tick):
                return n
            if TRIGGERED and terms.triggers != 0:  # from here on it is a market order
                price = set_off_at(book, price)
                book.limit = 0.0
                made = False
        elif book.limit != 0.0:  # what closes comes first, at the market
            left, after = -book.position, 0.0
    qty = left
    if tick.qty > 0.0:
        available = terms.participation * tick.qty
        if QUEUED:
            available = min(available, got)
        if abs(left) > available:
            qty = available if left > 0.0 else -available
            after = book.position + qty
            if LOTS:
                qty, after = moved(terms, book.position, qty)
                if qty == 0.0:
                    return n
    if LOTS:
        qty = lots_of(terms, qty)
    if RESTING and made:
        paid, price = book.limit, seen_at(book, price)
    elif LOTS or SPREAD:
        paid = taken(terms, tick, qty, price)
    else:
        paid = price * (1.0 + terms.slippage) if qty > 0.0 else price * (1.0 - terms.slippage)
    return execute(account, book, terms, reports, n, tick, leg, qty, after, paid, price)


def allowed(book: Any, limits: Any, want: float, why: int) -> tuple[float, int]:
    """The position the limits let through on the way to `want`, and what held the rest back (0: nothing).

    What a person takes off, all or a part, passes every limit; stops and exits pass all but a halt.
    """
    if why in (FLATTEN, REDUCE):
        return want, 0
    position = book.position
    if limits.mode == HALT:
        return position, HALTED
    opens = position == 0.0 and want != 0.0
    flips = position * want < 0.0
    grows = abs(want) > abs(position) or flips
    if not grows:
        return want, 0
    fallback = 0.0 if flips else position
    if limits.mode >= NO_NEW and (opens or flips):
        return fallback, STOP_NEW
    if limits.mode >= REDUCING:
        return fallback, REDUCE_ONLY
    if limits.max_spread < np.inf and (book.ask - book.bid) > limits.max_spread * 0.5 * (book.ask + book.bid):
        return fallback, MAX_SPREAD
    if book.last < limits.price_low or book.last > limits.price_high:
        return fallback, PRICE_BAND
    if abs(want) > limits.max_position:
        capped = limits.max_position if want > 0.0 else -limits.max_position
        if not flips and abs(capped) < abs(position):
            capped = position
        return capped, MAX_POSITION
    return want, 0


def afforded(book: Any, terms: Any, goal: float, hindrance: int, want: float, why: int) -> tuple[float, int]:
    """The position there is margin for on the way to a goal, and what held the rest back. What was cut stays as it was cut until there is
    margin for all of it: not every print that moves equity makes another order."""
    position = book.position
    flips = position * goal < 0.0
    if terms.margin_leverage == 0.0 or why in (FLATTEN, REDUCE) or (abs(goal) <= abs(position) and not flips):
        return goal, hindrance
    if abs(goal) <= book.affordable:
        return goal, hindrance
    if book.blocked == MARGIN and want == book.refused and book.aim * goal > 0.0 and abs(book.aim) <= abs(goal):
        return book.aim, MARGIN
    capped = book.affordable if goal > 0.0 else -book.affordable
    if not flips and abs(capped) < abs(position):
        capped = position
    return capped + 0.0, MARGIN


def cancel(book: Any, reports: Any, n: int, tick: Any, leg: int) -> int:
    """Drop the working order, if any; returns the next free report."""
    if book.aim != book.position:
        n = report(reports, n, CANCELLED, book.why, tick, leg, book, book.aim - book.position, 0.0)
        book.aim = book.position
    return n


def expire(book: Any, terms: Any, reports: Any, n: int, tick: Any, leg: int) -> int:
    """The working limit order came to its end: it is dropped, or sent again as a market order; returns the next free report."""
    if terms.then_market == 0:
        return cancel(book, reports, n, tick, leg)
    book.limit = 0.0
    book.due = book.expires + terms.latency
    return n


def place(account: Any, book: Any, terms: Any, reports: Any, n: int, tick: Any, leg: int, want: float, why: int, ts: int) -> int:
    """A new order towards `want`, decided at `ts`; whatever worked before is replaced and its latency starts over."""
    account.orders += 1
    book.order = account.orders
    book.why = why
    book.aim = want
    book.due = ts + terms.latency
    if RESTING:
        rest(book, terms, want, why)
    return report(
        reports, n, PLACED, why, tick, leg, book,
        lots_of(terms, want - book.position) if LOTS else want - book.position, book.limit if RESTING else 0.0,
    )  # fmt: skip


def decide(account: Any, book: Any, terms: Any, limits: Any, reports: Any, n: int, tick: Any, leg: int, want: float, why: int) -> int:
    """Act on a wanted position that differs from what is under way; returns the next free report."""
    goal, hindrance = allowed(book, limits, want, why)
    if MARGINED:
        goal, hindrance = afforded(book, terms, goal, hindrance, want, why)
    if LOTS:
        goal, hindrance = orderable(book, terms, goal, hindrance)
    if GUARDED:
        goal, hindrance = guarded(account, book, goal, hindrance)
    if VENUED and tick.ts < book.again and goal != book.position and (goal != 0.0 or goal == book.spurned):
        goal, hindrance = book.position, SPURNED
    if hindrance != 0:
        if hindrance != book.blocked or (
            want != book.refused and (not LOTS or hindrance != MINIMUM) and (not GUARDED or not repeated(book, want, hindrance))
        ):
            n = report(reports, n, BLOCKED, hindrance, tick, leg, book, want - goal, book.last)
        book.refused = want
    book.blocked = hindrance
    if goal == book.aim:
        return n
    if goal == book.position:
        return cancel(book, reports, n, tick, leg)
    return place(account, book, terms, reports, n, tick, leg, goal, why, tick.ts)


def withhold(account: Any, book: Any, terms: Any, reports: Any, n: int, tick: Any, leg: int) -> int:
    """A lock found an order under way that opens or adds: it is cancelled, or made an exit where it turns round; returns the next free
    report."""
    why = account.barred
    goal = 0.0 if book.position * book.aim < 0.0 else book.position
    if book.blocked != why:
        n = report(reports, n, BLOCKED, why, tick, leg, book, book.aim - goal, book.last)
    book.refused = book.aim
    book.blocked = why
    if goal == book.position:
        return cancel(book, reports, n, tick, leg)
    return place(account, book, terms, reports, n, tick, leg, goal, book.why, tick.ts)


def hold_back(book: Any, reports: Any, n: int, tick: Any, leg: int, target: float) -> int:
    """Nothing is ordered for a target whose size is not known; returns the next free report."""
    if book.blocked != UNKNOWN:
        n = report(reports, n, BLOCKED, UNKNOWN, tick, leg, book, target, book.last)
    book.blocked = UNKNOWN
    return n


def fill_stop(account: Any, book: Any, terms: Any, limits: Any, reports: Any, n: int, tick: Any, leg: int, level: float, why: int) -> int:
    """Close the position at a stop's own level, inside the bar that reached it (a halt blocks it); returns the next free report."""
    if limits.mode == HALT:
        return n
    account.orders += 1
    book.order = account.orders
    book.why = why
    book.aim = 0.0
    if RESTING:
        book.limit = 0.0
    qty = -book.position
    if LOTS:
        qty = lots_of(terms, qty)
    if LOTS or SPREAD:
        paid = taken(terms, tick, qty, level)
    else:
        paid = level * (1.0 + terms.slippage) if qty > 0.0 else level * (1.0 - terms.slippage)
    n = execute(account, book, terms, reports, n, tick, leg, qty, 0.0, paid, level)
    book.unrealised = 0.0
    return n
