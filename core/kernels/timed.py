"""Exits by the clock, and a stop that moves to where nothing is lost once the position has gained enough."""

from __future__ import annotations

from typing import Any

import numpy as np

BARS = False  # the source is BAR records: time is told by where they open


def begin_trip(book: Any, tick: Any) -> None:
    """Note when the round trip that this print, or bar, opens began."""
    book.entered = tick.start if BARS else tick.ts


def overdue(book: Any, terms: Any, now: int) -> bool:
    """Whether the position has been held for too long."""
    return bool(terms.time_stop > 0 and now - book.entered >= terms.time_stop)


def even_level(book: Any, terms: Any) -> float:
    """Where the stop is once the best print since entry was far enough from it, and beyond this level: where an exit at the market loses
    nothing, costs counted in. NaN until then."""
    entry = book.entry
    if book.position > 0.0:
        level: float = entry * terms.even_long
        moved = book.high >= entry * (1.0 + terms.break_even) and book.high > level
    else:
        level = entry * terms.even_short
        moved = book.low <= entry * (1.0 - terms.break_even) and book.low < level
    return level if moved else np.nan


def even_stop(book: Any, terms: Any) -> float:
    """The same where a trailing stop is no nearer, else NaN. A stop-loss never is."""
    level = even_level(book, terms)
    nearer = book.high * (1.0 - terms.trailing) >= level if book.position > 0.0 else book.low * (1.0 + terms.trailing) <= level
    return np.nan if nearer else level
