"""The prices at which a position is left by itself: what the loop's stops compare prints with, by `core.kernels.stops`."""

from __future__ import annotations

from typing import TypeAlias

from core.terms import Terms

Price: TypeAlias = float | None


def exit_prices(terms: Terms, qty: float, entry: float, best: float | None) -> tuple[Price, Price, Price]:
    """(stop-loss, take-profit, trailing stop) of a position, None where there is none; before a resting order's rounding to a tick.

    Args:
        qty: signed.
        entry: its average price.
        best: the best print since it was opened; None: not known, and so is the trailing stop.
    """
    with_it = 1.0 if qty > 0.0 else -1.0
    loss, profit, trail = terms.stop_loss_pct, terms.take_profit_pct, terms.trailing_pct
    return (
        None if loss is None else entry * (1.0 - with_it * (loss / 100.0)),
        None if profit is None or not (goal := entry * (1.0 + with_it * (profit / 100.0))) > 0.0 else goal,
        None if trail is None or best is None else best * (1.0 - with_it * (trail / 100.0)),
    )
