"""How much a target is: units of the base currency, what money buys when it is decided, or what moves equity by so much a year."""

from __future__ import annotations

from typing import Any

from core.kernels.features import SIZED, VOLATILE
from core.kernels.volatility import deviation, known

UNITS = 0
QUOTE = 1
EQUITY = 2
VOLATILITY = 3


def wanted(account: Any, book: Any, terms: Any, target: float) -> float:
    """The position a target asks for.

    Sized by money, a unit is worked out where the target becomes another one, at the last print and the equity marked before it, and
    kept as long as the target is: a position is not turned over because its price moved. Without a price it waits.
    """
    if terms.sizing == UNITS or target == 0.0:
        book.sized = target
        return target * terms.qty  # type: ignore[no-any-return]
    if target != book.sized or book.unit == 0.0:
        if book.last <= 0.0:
            return book.aim  # type: ignore[no-any-return]
        worth = terms.worth if terms.sizing == QUOTE else terms.worth * account.equity
        if VOLATILE and terms.sizing == VOLATILITY:
            worth = min(worth / deviation(book), terms.leverage * account.equity / abs(target))
        book.unit = max(worth, 0.0) / book.last
        book.sized = target
    return target * book.unit  # type: ignore[no-any-return]


def unsized(book: Any, terms: Any, target: float) -> bool:
    """Whether a unit for a new target would need a volatility that is not known yet."""
    fresh = target != 0.0 and (target != book.sized or book.unit == 0.0)
    return bool(terms.sizing == VOLATILITY and fresh and not known(book))


def hedged(ratio: float, a: float, b: float) -> float:
    """The target of leg B for a target of 1 of leg A, so that B's value is `ratio` times that of A: in units, or in money where units are
    sized by it.

    Args:
        a, b: their prices.
    """
    if SIZED:
        return ratio
    return ratio * a / b
