"""How much a target is: units of the base currency, or what money buys when it is decided."""

from __future__ import annotations

from typing import Any

UNITS = 0
QUOTE = 1
EQUITY = 2


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
        book.unit = max(worth, 0.0) / book.last
        book.sized = target
    return target * book.unit  # type: ignore[no-any-return]
