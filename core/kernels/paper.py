"""The book a strategy would have if it traded alone: one unit a unit of target, long and short, without costs, latency or stops.

For a strategy that sees its own book and is a part of another one, whose orders are not its own. What it sees is what the loop would show
it (`core.kernels.loop`, with the terms above): an order fills on the next print, of bars at the next open.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: The position, the aim, the entry, and from when on the order fills.
PAPER = np.dtype([("position", "f8"), ("aim", "f8"), ("entry", "f8"), ("due", "i8")])


def since(tick: Any) -> int:
    """From when on a tick could fill what was ordered before it, ns."""
    ts: int = tick.ts
    return ts


def since_of_bar(tick: Any) -> int:
    """`since` for a source of bars."""
    start: int = tick.start
    return start


def opened_at(tick: Any) -> float:
    """The first price a tick has."""
    price: float = tick.price
    return price


def opened_at_of_bar(tick: Any) -> float:
    """`opened_at` for a source of bars."""
    price: float = tick.open
    return price


def show(own: Any, paper: Any, tick: Any) -> None:
    """Fill what is due at a tick, and tell the strategy, whose OWN record this is."""
    if paper.aim != paper.position and since(tick) >= paper.due:
        fill(paper, opened_at(tick))
    own.position = paper.position
    own.aim = paper.aim
    own.entry = paper.entry


def fill(paper: Any, price: float) -> None:
    """The position becomes the aim at a price, and the entry what `core.kernels.book.execute` makes of it."""
    before, after = paper.position, paper.aim
    qty = after - before
    if before == 0.0:
        paper.entry = price
    elif (before > 0.0) == (qty > 0.0):
        paper.entry = (paper.entry * abs(before) + price * abs(qty)) / abs(after)
    elif after == 0.0:
        paper.entry = 0.0
    elif (after > 0.0) != (before > 0.0):
        paper.entry = price
    paper.position = after


def want(paper: Any, tick: Any, target: float) -> None:
    """Take the target it gave."""
    if target + 0.0 != paper.aim:
        paper.aim = target + 0.0
        paper.due = tick.ts
