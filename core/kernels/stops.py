"""Stop-loss, take-profit, trailing stop, break-even, on prints and inside bars. A stop that is off is NaN: its comparison never holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.features import LOTS, TIMED
from core.kernels.grid import on_tick
from core.kernels.records import BREAK_EVEN, STOP_LOSS, TAKE_PROFIT, TIME_STOP, TRAILING
from core.kernels.timed import even_level, even_stop, overdue


def stretch(book: Any, price: float) -> None:
    """Keep the best prints since entry."""
    if price > book.high:
        book.high = price
    if price < book.low:
        book.low = price


def stop_hit(book: Any, terms: Any, price: float) -> int:
    """The stop a print sets off, 0 for none."""
    entry = book.entry
    if book.position > 0.0:
        if price <= entry * (1.0 - terms.stop_loss):
            return STOP_LOSS
        if price <= book.high * (1.0 - terms.trailing):
            return TRAILING
        if TIMED and price <= even_level(book, terms):
            return BREAK_EVEN
        if price >= entry * (1.0 + terms.take_profit):
            return TAKE_PROFIT
    else:
        if price >= entry * (1.0 + terms.stop_loss):
            return STOP_LOSS
        if price >= book.low * (1.0 + terms.trailing):
            return TRAILING
        if TIMED and price >= even_level(book, terms):
            return BREAK_EVEN
        if price <= entry * (1.0 - terms.take_profit):
            return TAKE_PROFIT
    return 0


def protective_level(book: Any, terms: Any) -> tuple[float, int]:
    """The nearest of stop-loss, trailing stop and break-even, and which it is; NaN when all are off."""
    if TIMED:
        even = even_stop(book, terms)
        if even == even:
            return even, BREAK_EVEN
    if book.position > 0.0:
        level = book.entry * (1.0 - terms.stop_loss)
        trail = book.high * (1.0 - terms.trailing)
        if trail > level or level != level:
            return trail, TRAILING
    else:
        level = book.entry * (1.0 + terms.stop_loss)
        trail = book.low * (1.0 + terms.trailing)
        if trail < level or level != level:
            return trail, TRAILING
    return level, STOP_LOSS


def profit_level(book: Any, terms: Any) -> float:
    """Where the take-profit rests, on a tick that is no nearer; NaN where there is none."""
    long = book.position > 0.0
    level: float = book.entry * (1.0 + terms.take_profit) if long else book.entry * (1.0 - terms.take_profit)
    if not level > 0.0:
        return np.nan
    if LOTS:
        level = on_tick(terms, level, long)
    return level


def entry_stop(book: Any, terms: Any, bar: Any) -> tuple[int, float]:
    """The stop that the bar a limit order filled in sets off, and its price: whatever of the range is against the position may have come
    after the fill, what is for it may not have. So the nearer of stop-loss and trailing stop can be set off (at the open, where that is
    worse), a take-profit not, and only the close stretches the extremes."""
    level, reason = protective_level(book, terms)
    if book.position > 0.0:
        if bar.low <= level:
            return reason, min(level, bar.open)
    elif bar.high >= level:
        return reason, max(level, bar.open)
    stretch(book, bar.price)
    return 0, 0.0


def trigger_stop(book: Any, terms: Any, bar: Any, trigger: float) -> tuple[int, float]:
    """The stop that the bar a stop order was set off in sets off, and its price: the range that is against the position may have come
    after it, the extreme that is for it did. So the nearer of stop-loss and trailing stop comes first, then the take-profit."""
    level, reason = protective_level(book, terms)
    if book.position > 0.0:
        if bar.low <= level:
            return reason, min(level, trigger)
        goal = book.entry * (1.0 + terms.take_profit)
        if bar.high >= goal:
            return TAKE_PROFIT, goal
        stretch(book, bar.high)
    else:
        if bar.high >= level:
            return reason, max(level, trigger)
        goal = book.entry * (1.0 - terms.take_profit)
        if bar.low <= goal:
            return TAKE_PROFIT, goal
        stretch(book, bar.low)
    return 0, 0.0


def bar_stop(book: Any, terms: Any, bar: Any) -> tuple[int, float]:
    """The stop a bar sets off and the price it fills at: the open first (a gap fills at the open), then, with both
    sides inside the range, the worse one. The trailing stop follows the extremes before this bar and its open:
    what came first inside the bar is not known, so its own high does not tighten it, nor move a stop to the entry."""
    stretch(book, bar.open)
    reason = stop_hit(book, terms, bar.open)
    if reason != 0:
        return reason, bar.open
    if TIMED and overdue(book, terms, bar.start):
        return TIME_STOP, bar.open
    level, reason = protective_level(book, terms)
    if book.position > 0.0:
        if bar.low <= level:
            return reason, level
        goal = book.entry * (1.0 + terms.take_profit)
        if bar.high >= goal:
            return TAKE_PROFIT, goal
    else:
        if bar.high >= level:
            return reason, level
        goal = book.entry * (1.0 - terms.take_profit)
        if bar.low <= goal:
            return TAKE_PROFIT, goal
    stretch(book, bar.high)
    stretch(book, bar.low)
    return 0, 0.0
