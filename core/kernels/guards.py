"""Protections: a drawdown, a day's loss, losing round trips, low profit, an exit just made, doubt and stale prices keep a strategy from
opening. All look at equity with what is open, all that they must remember is in book and account."""

from __future__ import annotations

from typing import Any

from core.kernels.records import (
    COOLING,
    DAILY_LIMIT,
    DAILY_LOSS,
    DRAWDOWN,
    DRAWDOWN_LIMIT,
    LOSS_STREAK,
    LOW_PROFIT,
    REDUCE,
    SIGNAL,
    STALE,
    TAKE_PROFIT,
    UNSURE,
)


def begin_day(account: Any) -> None:
    """From here on the day's loss counts from the equity it began with."""
    account.day_equity = account.equity
    account.lost = 0


def note_trip(account: Any, book: Any, terms: Any, ts: int) -> None:
    """Count the round trip that is about to be closed: its leg cools down, and a streak of losing ones locks."""
    net = book.trip_realised - book.trip_fees
    stopped = book.why != SIGNAL and book.why != TAKE_PROFIT
    book.cool_until = ts + (max(terms.cooldown, terms.stop_cooldown) if stopped else terms.cooldown)
    account.streak = 0 if net > 0.0 else account.streak + 1
    if terms.streak_of > 0 and account.streak >= terms.streak_of:
        account.streak = 0
        lock(account, LOSS_STREAK, ts + terms.lock)
    count = terms.low_trades
    if count > 0:
        account.trips[account.kept % count] = net
        account.kept += 1
        total = 0.0
        for k in range(count):  # oldest first
            total += account.trips[(account.kept + k) % count]
        account.kept_net = total


def lock(account: Any, why: int, until: int) -> None:
    """Nothing opens before `until`."""
    if until > account.locked_until:
        account.locked = why
        account.locked_until = until


def watch(account: Any, books: Any, book: Any, terms: Any, legs: int, ts: int, price: float) -> int:
    """Look at all that is open on a print of one leg, whose fills are made: set `account.barred`, and return why all legs are to be flat,
    0 where they need not be."""
    book.printed_at = ts
    book.unrealised = book.position * (price - book.entry)
    unrealised = 0.0
    trips = 0.0
    for k in range(legs):
        unrealised += books[k].unrealised
        trips += books[k].trip_realised - books[k].trip_fees + books[k].unrealised
    equity = account.capital + account.realised - account.fees + unrealised
    if equity > account.best:
        account.best = equity
    if equity <= account.best * (1.0 - terms.deepest_fall):
        account.fallen = 1
    if equity <= account.day_equity * (1.0 - terms.day_loss):
        account.lost = 1
    if 0 < terms.low_trades <= account.kept and account.kept_net + trips < terms.low_profit * account.capital:
        account.kept = 0
        lock(account, LOW_PROFIT, ts + terms.lock)
    account.barred = 0
    if account.fallen != 0:
        account.barred = DRAWDOWN_LIMIT
    elif account.lost != 0:
        account.barred = DAILY_LIMIT
    elif ts < account.locked_until:
        account.barred = account.locked
    if terms.flattens == 0 or account.fallen + account.lost == 0:
        return 0
    return DRAWDOWN if account.fallen != 0 else DAILY_LOSS


def seize(book: Any, why: int) -> None:
    """Latch a leg that is not flat, nor on its way there for good."""
    if (book.position != 0.0 or book.aim != 0.0) and (book.latched == 0 or book.latched == REDUCE or book.latched == TAKE_PROFIT):
        book.latched = why
        book.latch = book.opinion


def hindered(account: Any, books: Any, book: Any, terms: Any, legs: int, ts: int, want: float, sure: float) -> int:
    """Why a leg may not open or add on the way to `want`, decided now by a strategy that is so sure; 0 where it may.

    With a cooldown an order that turns the position round is an exit, and then a pause.
    """
    if account.barred != 0:
        return account.barred  # type: ignore[no-any-return]
    if ts < book.cool_until or (terms.cooldown > 0 and book.position * want < 0.0):
        return COOLING
    if sure < terms.least_sure:
        return UNSURE
    if terms.max_age > 0:
        for k in range(legs):
            if ts - books[k].printed_at > terms.max_age:
                return STALE
    return 0


def adds(book: Any, goal: float) -> bool:
    """Whether a position is opened, enlarged or turned round on the way to `goal`."""
    return bool(book.position * goal < 0.0 or abs(goal) > abs(book.position))


def guarded(account: Any, book: Any, goal: float, hindrance: int) -> tuple[float, int]:
    """The position protections let through on the way to `goal`, and what holds the rest back: what opens or adds is left out, what turns
    round is cut to its exit. An order that is on its way already is stopped by a lock, not by what is true of one moment."""
    if account.barred == 0 or not adds(book, goal) or (account.barred >= COOLING and goal == book.aim):
        return goal, hindrance
    return (0.0 if book.position * goal < 0.0 else book.position), account.barred


def repeated(book: Any, want: float, hindrance: int) -> bool:
    """Whether a protection that held back a position on this side was told already: sizes may change with every print."""
    return bool(hindrance >= DRAWDOWN_LIMIT and want * book.refused > 0.0)


def lift(account: Any, books: Any) -> None:
    """Start over: no lock holds, and all count from the equity of now."""
    account.best = account.equity
    account.day_equity = account.equity
    account.fallen = 0
    account.lost = 0
    account.streak = 0
    account.locked_until = 0
    account.barred = 0
    account.kept = 0
    for k in range(len(books)):
        books[k].cool_until = 0
