"""Lots, ticks and least orders of the venue, for strategies whose terms say nothing of them: asked for once, and journalled with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from core.commands import Register
from core.errors import UsageError, VenueError
from core.terms import Terms
from core.venues.venue import SymbolInfo

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: How long a registration waits for the venue's list, in seconds.
WITHIN_S = 5.0


async def with_filters(engine: Engine, order: Register, names: Sequence[str]) -> tuple[Register, dict[str, str]]:
    """A registration whose terms hold what the venue asks of orders on its symbols, where `paper.filters` says so; and a `note` of it.

    Raises:
        UsageError: the venue does not give its list, or one of the symbols is not on it.
    """
    if engine.config.paper.filters != "venue":
        return order, {}
    try:
        async with asyncio.timeout(WITHIN_S):
            listed = await engine.feed.symbols()
    except (VenueError, TimeoutError) as error:
        why = str(error) or f"no answer within {WITHIN_S:g} s"
        raise UsageError(f"paper.filters=venue, and {engine.venue.name} does not say what its orders are: {why}") from error
    missing = [name for name in names if name not in listed]
    if missing:
        raise UsageError(f"paper.filters=venue, and {engine.venue.name} does not list {', '.join(missing)}")
    terms, note = kept_to([listed[name] for name in names], order.terms)
    return msgspec.structs.replace(order, terms=terms), {"note": note} if note else {}


def kept_to(legs: Sequence[SymbolInfo], terms: Terms) -> tuple[Terms, str]:
    """Terms with the lot, tick and least order that all legs can keep to, and what was taken, in words.

    Terms are one for all legs: a lot or a tick that is not the same for all of them is left out, and said; of least orders the largest
    holds for each. What the terms say themselves stands.
    """
    taken: dict[str, float] = {}
    apart = []
    for name, sizes in (("lot", {leg.step_size for leg in legs}), ("tick_size", {leg.tick_size for leg in legs})):
        (size, *others) = sorted(sizes)
        if others:
            apart.append(name)
        elif size > 0.0:
            taken[name] = size
    least = max(leg.min_notional for leg in legs)
    if least > 0.0:
        taken["min_notional"] = least
    taken = {name: size for name, size in taken.items() if getattr(terms, name) is None}
    said = [f"{name} {size:.12g}" for name, size in taken.items()]
    words = f"the venue's {', '.join(said)}" if said else ""
    differ = f"its legs differ in {' and '.join(apart)}, which is left out" if apart else ""
    return msgspec.structs.replace(terms, **taken), "; ".join(part for part in (words, differ) if part)
