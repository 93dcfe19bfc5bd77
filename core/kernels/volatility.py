"""How volatile a leg is, from its own prints: a weighted sum of squared returns over the weighted time they took.

Weights halve with every half-life (Barndorff-Nielsen and Shephard, "Econometric analysis of realized volatility", JRSS B 64, 2002, for
the sum; RiskMetrics, 1996, for the weights). Sums, products and square roots alone: the same bits on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Returns, as weighted, from which on it is known: its error is about 1 / sqrt(2 * 20), 16 %.
KNOWN_FROM = 20.0

#: A half-life has room for so many returns: prints closer to each other bounce between bid and ask.
RETURNS_A_HALF_LIFE = 100

YEAR_NS = 365.0 * 86_400e9

#: What is older than so many half-lives weighs nothing.
_FORGOTTEN = 64.0
_LN2 = 0.6931471805599453


def weight(half_lives: float) -> float:
    """2 to the power of minus so many, to 1e-6: halved for each whole one, the rest by Padé's approximant of exp of the order 3, 3."""
    if half_lives >= _FORGOTTEN:
        return 0.0
    whole = np.floor(half_lives)
    y = (half_lives - whole) * _LN2
    even = 1.0 + y * y / 10.0
    odd = y / 2.0 + y * y * y / 120.0
    left: float = (even - odd) / (even + odd)
    for _ in range(int(whole)):
        left *= 0.5
    return left


def sample(book: Any, terms: Any, ts: int, price: float) -> None:
    """A print ends a return where it comes late enough after the one that began it.

    The return is what the price moved by, over the mean of both prices: the logarithm of their ratio but for a thousandth of it at 10 %.
    """
    if book.sampled == 0.0:
        book.sampled = price
        book.sampled_at = ts
        return
    if ts - book.sampled_at < terms.spacing:
        return
    span = float(ts - book.sampled_at)
    kept = weight(span / terms.half_life)
    moved = 2.0 * (price - book.sampled) / (price + book.sampled)
    book.variance = book.variance * kept + moved * moved
    book.elapsed = book.elapsed * kept + span
    book.returns = book.returns * kept + 1.0
    book.sampled = price
    book.sampled_at = ts


def known(book: Any) -> bool:
    """Whether enough returns tell it."""
    return bool(book.returns >= KNOWN_FROM and book.variance > 0.0)


def deviation(book: Any) -> float:
    """Of a year's return, where it is known; a fraction."""
    yearly: float = np.sqrt(book.variance / book.elapsed * YEAR_NS)
    return yearly
