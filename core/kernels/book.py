"""Position accounting: what one execution does to a leg's book and the account, and what marking at a print does."""

from __future__ import annotations

from typing import Any

from core.kernels.features import GUARDED, MARGINED, QUEUED, RESTING, TIMED, VENUED
from core.kernels.guards import note_trip
from core.kernels.records import DAY_NS, DETAIL, FILL, LIQUIDATED, MARK
from core.kernels.resting import fee_rate
from core.kernels.timed import begin_trip


def report(reports: Any, n: int, kind: int, why: int, tick: Any, leg: int, book: Any, qty: float, price: float) -> int:
    """Write report `n` with what every kind has in common; returns the next free place."""
    row = reports[n]
    row.ts = tick.ts
    row.seq = tick.seq
    row.tick_id = tick.id
    row.n = 0
    row.order = book.order
    row.qty = qty
    row.price = price
    row.fee = 0.0
    row.realised = 0.0
    row.position = book.position
    row.aim = book.aim
    row.equity = 0.0
    row.kind = kind
    row.why = why
    row.leg = leg
    return n + 1


def detail(reports: Any, n: int, tick: Any, leg: int, book: Any, numbers: Any, count: int) -> int:
    """Report the first `count` numbers that go with a signal, after it; returns the next free report."""
    for k in range(count):
        row = reports[n]
        n = report(reports, n, DETAIL, 0, tick, leg, book, 0.0, numbers[k])
        row.n = k
    return n


def close_trip(account: Any, book: Any) -> None:
    """Count the round trip that just ended: won when it made money after its fees."""
    net = book.trip_realised - book.trip_fees
    account.trades += 1
    if net > 0.0:
        account.wins += 1
        account.gross_profit += net
    else:
        account.gross_loss -= net
    book.trip_realised = 0.0
    book.trip_fees = 0.0


def execute(
    account: Any, book: Any, terms: Any, reports: Any, n: int, tick: Any, leg: int, qty: float, after: float, price: float, seen: float
) -> int:
    """Book an execution of `qty` (signed) at `price`, on a print at `seen`, that leaves the position at `after`; returns the next
    free report.

    A flip closes the round trip and opens the next; the fee is shared between them by quantity.
    """
    size = abs(qty)
    fee = size * price * (fee_rate(book, terms, qty) if RESTING else terms.fee_bps) / 1e4
    if MARGINED and book.why == LIQUIDATED:
        fee += size * price * terms.liquidation_bps / 1e4
    if VENUED and terms.outside != 0:
        fee = book.toll
    before = book.position
    realised = 0.0
    if QUEUED and before * after <= 0.0:  # a take-profit of what is opened is a new order
        book.goal = 0.0
    if before == 0.0:
        book.entry = price
        book.trip_fees = fee
        book.high = seen
        book.low = seen
        if TIMED:
            begin_trip(book, tick)
    elif (before > 0.0) == (qty > 0.0):
        book.entry = (book.entry * abs(before) + price * size) / abs(after)
        book.trip_fees += fee
    else:
        closed = min(size, abs(before))
        realised = closed * (price - book.entry)
        if before < 0.0:
            realised = -realised
        closing_fee = fee * (closed / size)
        book.trip_realised += realised
        book.trip_fees += closing_fee
        if GUARDED and before * after <= 0.0:
            note_trip(account, book, terms, tick.ts)
        if after == 0.0:
            close_trip(account, book)
            book.entry = 0.0
        elif (after > 0.0) != (before > 0.0):
            close_trip(account, book)
            book.entry = price
            book.trip_fees = fee - closing_fee
            book.high = seen
            book.low = seen
            if TIMED:
                begin_trip(book, tick)
    book.position = after
    account.realised += realised
    account.fees += fee
    account.fills += 1
    row = reports[n]
    n = report(reports, n, FILL, book.why, tick, leg, book, qty, price)
    row.n = account.fills
    row.fee = fee
    row.realised = realised
    return n


def mark(account: Any, books: Any, book: Any, legs: int, price: float) -> None:
    """Value the leg at a print; keep equity, its peak and the deepest fall from it."""
    unrealised = book.position * (price - book.entry)
    book.unrealised = unrealised
    if legs > 1:
        unrealised = 0.0
        for k in range(legs):
            unrealised += books[k].unrealised
    equity = account.capital + account.realised - account.fees + unrealised
    account.equity = equity
    if equity > account.peak:
        account.peak = equity
    fall = account.peak - equity
    if fall > account.max_drawdown:
        account.max_drawdown = fall
    if fall > account.max_drawdown_ratio * account.peak and account.peak > 0.0:
        account.max_drawdown_ratio = fall / account.peak


def mark_day(account: Any, reports: Any, n: int, tick: Any, book: Any, leg: int, when: int) -> int:
    """On the first tick of a later UTC day, that of `when`: report the equity the finished day ended with."""
    if account.next_mark > 0:
        row = reports[n]
        n = report(reports, n, MARK, 0, tick, leg, book, 0.0, 0.0)
        row.ts = account.next_mark
        row.equity = account.equity
    account.next_mark = (when // DAY_NS + 1) * DAY_NS
    return n
