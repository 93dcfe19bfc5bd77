"""What a session's strategies made since it began, and in UTC days, weeks and months, with open positions and what is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from core.store.ledger_reader import read_days
from core.store.summary import fills_since
from core.types import DAY, SECOND

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: The peak of a session is written down so often.
KEPT_NS = 5 * SECOND


class Member(Struct):
    """One strategy of a session: what it began with, and where it ended, once it is gone."""

    capital: float
    final: float | None = None


class Periods:
    """Sums of the changes of equity."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._days: dict[str, dict[int, float]] = {}
        self._kept_ns = 0

    async def recall(self, members: Mapping[str, Member]) -> None:
        """Read where those that are gone stood: their last figures may never have been written down."""
        ledger = self.engine.home / "ledger.db"
        gone = [id_ for id_ in members if id_ not in self.engine.roster]
        if not gone:
            return
        sums = {row.strategy_id: row.realised - row.fees for row in await asyncio.to_thread(fills_since, ledger, ts_ns=0)}
        for id_ in gone:
            self._days[id_] = await asyncio.to_thread(read_days, ledger, id_)
            if members[id_].final is None:
                members[id_].final = members[id_].capital + sums.get(id_, 0.0)

    def left(self, id_: str, member: Member) -> None:
        """A strategy goes: keep where it stands."""
        entry = self.engine.roster.entries.get(id_)
        if entry is not None:
            member.final = entry.figures.equity if entry.figures is not None else member.capital
            self._days[id_] = dict(entry.days)

    def known(self, members: Mapping[str, Member]) -> bool:
        """Whether the figures of all that are there are known."""
        there = (self.engine.roster.entries.get(id_) for id_, member in members.items() if member.final is None)
        return all(entry is not None and (entry.figures is not None or entry.state == "failed") for entry in there)

    def made(self, members: Mapping[str, Member], since_ns: int = 0) -> float:
        """Profit or loss since a time, net of fees, quote currency; before its first midnight a strategy stood at its capital."""
        total = 0.0
        for id_, member in members.items():
            entry = self.engine.roster.entries.get(id_)
            days = entry.days if entry is not None else self._days.get(id_, {})
            now = member.final
            if now is None:
                now = entry.figures.equity if entry is not None and entry.figures is not None else member.capital
            before = [at for at in days if at <= since_ns]
            total += now - (days[max(before)] if before else member.capital)
        return total

    def due(self, now_ns: int) -> bool:
        """Whether it is time to write down how it is."""
        if now_ns - self._kept_ns < KEPT_NS:
            return False
        self._kept_ns = now_ns
        return True


def day_of(ns: int) -> int:
    """The midnight UTC a time's day began with."""
    return ns // DAY * DAY


def week_of(ns: int) -> int:
    """The midnight UTC of its Monday."""
    day = datetime.fromtimestamp(ns // SECOND, UTC).date()
    return _midnight(day - timedelta(days=day.weekday()))


def month_of(ns: int) -> int:
    """The midnight UTC of the first of its month."""
    return _midnight(datetime.fromtimestamp(ns // SECOND, UTC).date().replace(day=1))


def _midnight(day: object) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) * SECOND
