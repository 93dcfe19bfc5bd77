"""Funding of perpetual contracts: what a position costs (or earns) at fixed hours, UTC, at a constant rate on its value."""

from __future__ import annotations

from typing import Any

from core.kernels.book import mark, report
from core.kernels.records import FUNDING


def fund(account: Any, books: Any, terms: Any, reports: Any, n: int, tick: Any, legs: int, when: int, until: int) -> int:
    """Charge the positions held over the boundaries from the one that is next through `until`, at the last prints before them; returns the
    next free report.

    Longs pay a rate above zero, shorts are paid it. It is booked as a fee, of the account and of the open round trip, and counted apart
    in `account.funding`. At the first tick, at `when`, it only notes which boundary is next.
    """
    every = terms.funding_every
    if account.next_funding == 0:
        account.next_funding = (when // every + 1) * every
        return n
    times = (until - account.next_funding) // every + 1
    if times <= 0:
        return n
    boundary = account.next_funding + (times - 1) * every
    account.next_funding = boundary + every
    if terms.funding == 0.0:
        return n
    for k in range(legs):
        book = books[k]
        if book.position != 0.0:
            cost = book.position * book.last * terms.funding * times
            account.fees += cost
            account.funding += cost
            book.trip_fees += cost
            mark(account, books, book, legs, book.last)
            row = reports[n]
            n = report(reports, n, FUNDING, 0, tick, k, book, book.position, book.last)
            row.ts = boundary
            row.fee = cost
            row.equity = account.equity
    return n
