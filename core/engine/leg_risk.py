"""Legs that are nothing without each other, at a venue: where one is held and another's order comes to nothing for too long, all go."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.commands import Flatten
from core.engine.external_legs import Leg, Legs
from core.engine.roster import Entry
from core.errors import CockpitError
from core.trading.exact import ZERO
from core.trading.filters import Filters
from core.workers.frames import Figures

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

    def look(self, entry: Entry, figures: Figures) -> None:
        """Close all legs of a strategy that has held a part of them for too long: said aloud, and again while it lasts."""
        late = self._late(entry, figures)
        if late is None:
            self._since.pop(entry.id, None)
            return
        now = self.engine.clock.monotonic()
        if now - self._since.setdefault(entry.id, now) < self.timeout_s:
            return
        self._since[entry.id] = now
        text = f"{entry.id}: {late.symbol} was not filled for {self.timeout_s:g} s while another leg is held: all legs are closed"
        self.engine.alarms.note("critical", text)
        self.engine.spawn(self._close(entry.id), f"legs of {entry.id}")

    def gone(self, id_: str) -> None:
        """A strategy left."""
        self._since.pop(id_, None)

    async def _close(self, id_: str) -> None:
        with contextlib.suppress(CockpitError):  # it left, or failed, meanwhile
            await self.engine.commands.submit(Flatten(id=id_), "risk")

    def _late(self, entry: Entry, figures: Figures) -> Leg | None:
        """The leg that is to be opened and is not, while another is held."""
        legs = [self.legs.of(entry.id, number) for number in range(len(entry.order.symbols))]
        for row in figures.legs:
            if row.aim != row.position:  # an order of before a restart too
                legs[row.leg].aim = row.aim
        for leg, order in zip(legs, figures.working, strict=True):
            filters = self.filters.get(leg.symbol)
            if (
                filters is not None
                and leg.lacks(filters, works=order != 0)
                and any(other.position != ZERO for other in legs if other is not leg)
            ):
                return leg
        return None
