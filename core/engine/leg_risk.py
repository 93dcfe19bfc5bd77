"""Legs that are nothing without each other, at a venue: where one is held and another's order comes to nothing for too long, all go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.commands import Flatten
from core.engine.external_legs import Leg, Legs
from core.engine.roster import Entry
from core.trading.exact import ZERO
from core.trading.filters import Filters

if TYPE_CHECKING:
    from core.engine.engine import Engine


class LegRisk:
    """Watches the strategies of several legs.

    Args:
        filters: what the venue lists, by symbol.
        timeout_s: how long a leg may be held while another is not filled.
    """

    def __init__(self, engine: Engine, legs: Legs, filters: Mapping[str, Filters], timeout_s: float) -> None:
        self.engine = engine
        self.legs = legs
        self.filters = filters
        self.timeout_s = timeout_s
        self._since: dict[str, float] = {}

    def look(self, entry: Entry) -> None:
        """Close all legs of a strategy that has held a part of them for too long: said aloud, and again while it lasts."""
        late = self._late(entry)
        if late is None:
            self._since.pop(entry.id, None)
            return
        now = self.engine.clock.monotonic()
        if now - self._since.setdefault(entry.id, now) < self.timeout_s:
            return
        self._since[entry.id] = now
        text = f"{entry.id}: {late.symbol} was not filled for {self.timeout_s:g} s while another leg is held: all legs are closed"
        self.engine.alarms.note("critical", text)
        self.engine.spawn(self.engine.commands.submit(Flatten(id=entry.id), "risk"), f"legs of {entry.id}")

    def gone(self, id_: str) -> None:
        """A strategy left."""
        self._since.pop(id_, None)

    def _late(self, entry: Entry) -> Leg | None:
        """The leg that is to be opened and is not, while another is held."""
        legs = [self.legs.of(entry.id, number) for number in range(len(entry.order.symbols))]
        for leg in legs:
            filters = self.filters.get(leg.symbol)
            if filters is not None and leg.lacks(filters) and any(other.position != ZERO for other in legs if other is not leg):
                return leg
        return None
