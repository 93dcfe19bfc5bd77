"""What is done to a running strategy between two ticks, by a person (pause, resume, flatten, reduce) or a venue (executions, orders that
came to nothing). Plain Python on the loop's own records.

An order placed here is decided at the last tick the strategy saw, so a replay that applies the lever after the
same tick gets the same fill. `acts` are the loop's own `cancel`, `decide` and `place` (`core.compile.extras`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.records import FLATTEN, REDUCE
from core.types import TICK


def _moment(account: Any, book: Any) -> Any:
    """A stand-in for "the tick" of an event between ticks: the last one seen."""
    tick = np.zeros(1, TICK).view(np.recarray)[0]
    tick.ts = account.ts
    tick.seq = account.seq
    tick.price = book.last
    return tick


def pause(account: Any, books: Any, reports: Any, acts: Any) -> int:
    """Cancel working orders and place no more for signals; position, stops and what takes a part off stay. Returns the reports
    written."""
    n = 0
    account.paused = 1
    for leg in range(len(books)):
        if books[leg].latched == REDUCE:
            continue
        n = acts.cancel(books[leg], reports, n, _moment(account, books[leg]), leg)
    return n


def resume(account: Any) -> None:
    """Let signals trade again, from the strategy's next opinion on."""
    account.paused = 0


def limit(account: Any, books: Any, terms: Any, limits: Any, reports: Any, acts: Any) -> int:
    """Judge the orders that work already by new limits. Returns the reports written."""
    n = 0
    for leg in range(len(books)):
        book = books[leg]
        if book.aim != book.position:
            n = acts.decide(account, book, terms, limits, reports, n, _moment(account, book), leg, book.aim, book.why)
    return n


def flatten(account: Any, books: Any, terms: Any, reports: Any, acts: Any) -> int:
    """Want every leg flat, latched until the strategy changes its mind. Returns the reports written."""
    n = 0
    for leg in range(len(books)):
        book = books[leg]
        tick = _moment(account, book)
        book.latched = FLATTEN
        book.latch = book.opinion
        if book.position == 0.0:
            n = acts.cancel(book, reports, n, tick, leg)
        elif book.aim != 0.0:
            n = acts.place(account, book, terms, reports, n, tick, leg, 0.0, FLATTEN, account.ts)
        book.why = FLATTEN
    return n


def reduce(account: Any, books: Any, terms: Any, limits: Any, reports: Any, acts: Any, share: float) -> int:
    """Take a share (0..1) off each leg's position and keep the rest until the strategy changes its mind. A leg that is on its way to
    less than that already is left alone, as is one whose share is no order (below the venue's least). Returns the reports written.
    """
    n = 0
    for leg in range(len(books)):
        book = books[leg]
        rest = book.position * (1.0 - share)
        if book.position == 0.0 or (book.aim * book.position >= 0.0 and abs(book.aim) <= abs(rest)):
            continue
        n = acts.decide(account, book, terms, limits, reports, n, _moment(account, book), leg, rest, REDUCE)
        if book.aim != book.position and abs(book.aim) < abs(book.position):
            book.latched = REDUCE
            book.latch = book.opinion
    return n


def executed(
    account: Any, books: Any, terms: Any, reports: Any, acts: Any, leg: int, order: int, qty: float, after: float, price: float,
    fee: float, ts: int, seq: int,
) -> int:  # fmt: skip
    """Book what a venue executed: `qty` (signed) for `fee` (quote currency) at `ts`, which leaves the position at `after`. What works
    goes on to the position it leads to; where nothing works, nothing does after it. Returns the reports written."""
    book = books[leg]
    tick = _moment(account, book)
    tick.ts, tick.seq = ts, seq
    works = book.aim != book.position
    book.toll = fee
    n: int = acts.execute(account, book, terms, reports, 0, tick, leg, qty, after, price, price)
    row = reports[n - 1]
    row.order = order
    if not works:
        book.aim = book.position
        row.aim = book.position
    acts.mark(account, books, book, len(books), book.last if book.last > 0.0 else price)
    return n


def unplaced(account: Any, book: Any, reports: Any, acts: Any, leg: int, order: int, wait: int) -> int:
    """An order is over and does not lead where it was to: nothing works any more. For `wait` ns of prints only an order to flat goes
    out, and that only where it is not what came to nothing. Does nothing where another order works. Returns the reports written."""
    if book.order != order or book.aim == book.position:
        return 0
    if wait > 0:
        book.spurned = book.aim
        book.again = account.ts + wait
    return acts.cancel(book, reports, 0, _moment(account, book), leg)  # type: ignore[no-any-return]
