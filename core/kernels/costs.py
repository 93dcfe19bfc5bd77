"""What a market order pays: the price it fills at, worse than the one it was filled on by all that taking costs."""

from __future__ import annotations

from typing import Any

from core.kernels.features import LOTS
from core.kernels.grid import on_tick


def taken(terms: Any, tick: Any, qty: float, price: float) -> float:
    """The price paid (received, for a negative quantity) by who takes `qty` at `price`."""
    paid: float = price * (1.0 + terms.slippage) if qty > 0.0 else price * (1.0 - terms.slippage)
    if LOTS:
        paid = on_tick(terms, paid, qty > 0.0)
    return paid
