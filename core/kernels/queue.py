"""A limit order's place in the queue, as far as prints and best quotes tell it: what stands ahead of it, and what of a print gets to it.

There are no depths here. What is ahead is the strategy's own figure, or what is usually printed at a price before prints go beyond it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.resting import reached

BARS = False  # the source is BAR records: how much was traded at the limit is not known

#: What a print weighs against the next one of its side: half after 710 of them.
KEPT = 1.0 - 2.0**-10


def observe(book: Any, tick: Any) -> None:
    """Count a print: what was sold, and how often lower than the time before, which is when a bid's queue was used up; and what was bought.

    A print whose side is not known counts on both.
    """
    if tick.side <= 0:
        book.sold = book.sold * KEPT + tick.qty
        book.lower = book.lower * KEPT + (1.0 if tick.price < book.sold_at else 0.0)
        book.sold_at = tick.price
    if tick.side >= 0:
        higher = book.bought_at > 0.0 and tick.price > book.bought_at
        book.bought = book.bought * KEPT + tick.qty
        book.higher = book.higher * KEPT + (1.0 if higher else 0.0)
        book.bought_at = tick.price


def joined(book: Any, terms: Any, buys: bool) -> float:
    """What stands ahead of an order that comes to its price now, in base currency; inf where that is not known.

    The estimate is all that was printed over how often prints went on beyond their price: the mean of an exponential quantity of which
    some were seen to the end and some not (total on test over failures, Epstein and Sobel, "Life testing", JASA 48, 1953).
    """
    if terms.queue_ahead >= 0.0:
        given: float = terms.queue_ahead
        return given
    printed, ends = (book.sold, book.lower) if buys else (book.bought, book.higher)
    ahead: float = printed / ends if ends > 0.0 else np.inf
    return ahead


def passed(terms: Any, tick: Any, limit: float, buys: bool, ahead: float) -> tuple[float, float]:
    """What is left ahead of an order after a print, and how much of the print gets to it (inf: it traded through the limit).

    Only prints at the limit use up what is ahead, as if all that is withdrawn stood behind (the risk-averse model of hftbacktest); where
    quotes count too, nothing is ahead at a price that the best quote is worse than. A print of unknown quantity uses up nothing.
    """
    if tick.price < limit if buys else tick.price > limit:
        return 0.0, np.inf
    if terms.queue_quotes != 0 and (0.0 < tick.bid < limit if buys else tick.ask > limit):
        ahead = 0.0
    if tick.price != limit or (tick.side > 0 if buys else tick.side < 0):
        return ahead, 0.0
    if tick.qty <= 0.0:
        return ahead, np.inf if ahead == 0.0 else 0.0
    used = min(ahead, tick.qty)
    return ahead - used, tick.qty - used


def room(book: Any, terms: Any, tick: Any) -> float:
    """How much of a print gets to the working limit order. It joins the queue when it is first at the venue, behind what prints before
    this one tell. Inside a bar only what goes beyond the limit counts, as nothing is known of what was traded at it."""
    if BARS:
        return np.inf if reached(book, terms, tick) else 0.0
    buys = book.aim > book.position
    if book.ahead < 0.0:
        book.ahead = joined(book, terms, buys)
    book.ahead, got = passed(terms, tick, book.limit, buys, book.ahead)
    return got


def profit_room(book: Any, terms: Any, tick: Any, level: float, away: bool) -> float:
    """How much of a print gets to a take-profit that rests at a level. At another level than before, or once it was away, it joins anew."""
    if away or level != level:
        book.goal = 0.0
        return 0.0
    buys = book.position < 0.0
    if level != book.goal:
        book.goal = level
        book.goal_ahead = joined(book, terms, buys)
    book.goal_ahead, got = passed(terms, tick, level, buys, book.goal_ahead)
    return got
