"""What a market order pays: the price it fills at, worse than the one it was filled on by all that taking costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.features import LOTS, SPREAD
from core.kernels.grid import on_tick

#: The most an order moves the price by itself, a fraction: prices stay above zero whatever is asked for.
MOST_IMPACT = 0.5


def crossed(terms: Any, tick: Any, buys: bool, price: float) -> float:
    """The price after the spread: the quote where it is known and to be paid, but never better than the print; else half a spread."""
    if terms.quoted != 0 and tick.bid > 0.0 and tick.bid <= tick.ask:
        quote: float = max(tick.ask, price) if buys else min(tick.bid, price)
        return quote
    worse: float = price * (1.0 + terms.half_spread) if buys else price * (1.0 - terms.half_spread)
    return worse


def impact(terms: Any, tick: Any, size: float) -> float:
    """How far an order of a size moves the price, a fraction.

    The square-root law: in proportion to the root of the share it takes of what is traded (Tóth et al., "Anomalous price impact and
    the critical nature of liquidity in financial markets", Phys. Rev. X 1, 021006, 2011). A print of unknown quantity counts as one
    of the order's own size.
    """
    traded = terms.impact_volume if terms.impact_volume > 0.0 else tick.qty
    share = size / traded if traded > 0.0 else 1.0
    moved: float = min(terms.impact * np.sqrt(share), MOST_IMPACT)
    return moved


def taken(terms: Any, tick: Any, qty: float, price: float) -> float:
    """The price paid (received, for a negative quantity) by who takes `qty` at `price`."""
    if SPREAD:
        price = crossed(terms, tick, qty > 0.0, price)
        if terms.impact > 0.0:
            moved = impact(terms, tick, abs(qty))
            price = price * (1.0 + moved) if qty > 0.0 else price * (1.0 - moved)
    paid: float = price * (1.0 + terms.slippage) if qty > 0.0 else price * (1.0 - terms.slippage)
    if LOTS:
        paid = on_tick(terms, paid, qty > 0.0)
    return paid
