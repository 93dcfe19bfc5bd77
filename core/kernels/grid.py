"""Quantities in whole lots and prices on whole ticks: counted in whole numbers, so that nothing drifts.

A count of steps becomes a value by one correctly rounded operation: a division where the step is one over a whole number (7 lots
of 0.1 are 7 / 10, the double next to 0.7), else a multiplication.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.records import MINIMUM


def steps_in(value: float, step: float, per_unit: float) -> float:
    """How many steps a value is, a float; as good as whole is whole."""
    count = value * per_unit if per_unit > 0.0 else value / step
    near: float = np.floor(count + 0.5)
    return near if abs(count - near) <= 1e-9 + abs(count) * 1e-15 else count


def value_of(count: float, step: float, per_unit: float) -> float:
    """The value of a whole number of steps."""
    return count / per_unit if per_unit > 0.0 else count * step


def toward_zero(count: float) -> float:
    """A count without its fraction."""
    whole: float = np.floor(count) if count >= 0.0 else np.ceil(count)
    return whole


def lots_of(terms: Any, qty: float) -> float:
    """A quantity as the whole lots it is, where it is some; else as it is."""
    if terms.lot > 0.0:
        count = steps_in(qty, terms.lot, terms.lots)
        if count == np.floor(count):
            return value_of(count, terms.lot, terms.lots)
    return qty


def moved(terms: Any, position: float, qty: float) -> tuple[float, float]:
    """`qty` cut to whole lots, and the position it leads to."""
    if terms.lot <= 0.0:
        return qty, position + qty
    count = toward_zero(steps_in(qty, terms.lot, terms.lots))
    held = np.floor(steps_in(position, terms.lot, terms.lots) + 0.5)
    return value_of(count, terms.lot, terms.lots), value_of(held + count, terms.lot, terms.lots)


def orderable(book: Any, terms: Any, goal: float, hindrance: int) -> tuple[float, int]:
    """The position an order may lead to on the way to `goal`, and what holds the rest back.

    The quantity is cut to whole lots, and what is worth less than the minimum at the last print is not ordered. An order to flat
    passes: a venue lets a position be closed.
    """
    if goal == 0.0 or goal == book.position:
        return goal, hindrance
    if terms.lot > 0.0:
        qty, goal = moved(terms, book.position, goal - book.position)
        if qty == 0.0:
            return book.position, MINIMUM if hindrance == 0 and book.position == 0.0 else hindrance
    if goal != book.aim and abs(goal - book.position) * book.last < terms.min_notional:
        return book.position, MINIMUM if hindrance == 0 else hindrance
    return goal, hindrance


def on_tick(terms: Any, price: float, buys: bool) -> float:
    """A price rounded to the tick, up or down; never below one tick."""
    if terms.price_tick <= 0.0:
        return price
    count = steps_in(price, terms.price_tick, terms.price_ticks)
    count = np.ceil(count) if buys else max(np.floor(count), 1.0)
    return value_of(count, terms.price_tick, terms.price_ticks)
