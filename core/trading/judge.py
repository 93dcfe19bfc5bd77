"""Who has the last word before an order is made: a pure function of what is proposed, asked before its intent is on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct


class Proposal(Struct, frozen=True, kw_only=True):
    """What a strategy is about to order.

    Attributes:
        position, want: base currency, signed: what it holds by all executions, and what the order leads to.
        price: the last one. age_s: how old it is, by the time of prints.
    """

    strategy_id: str
    symbol: str
    position: float
    want: float
    price: float
    age_s: float = 0.0


class Rejection(Struct, frozen=True):
    """It is not to be ordered: why, and the figures in words."""

    reason: str
    detail: str = ""


#: None lets it through. A strategy whose order is rejected is told as if the venue had refused it.
Judge: TypeAlias = Callable[[Proposal], Rejection | None]


def allow(_proposal: Proposal) -> Rejection | None:
    """Lets everything through."""
    return None
