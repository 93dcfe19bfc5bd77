"""A broker that does what a test says, when it says: what it executes, ends and tells, and what becomes of what is handed to it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from core.trading.broker import Executed, Heard, Interrupted, Outcome, Report, Said
from core.trading.events import Accepted, Cancelled, CancelRefused, Event, Expired, Fill, Rejected
from core.trading.exact import plus
from core.trading.order import Intent

Fate: TypeAlias = Literal["taken", "refused", "lost before", "lost after", "not sent"]
Telling: TypeAlias = Literal["told", "told twice", "not told"]


@dataclass
class Entry:
    """An order in its books."""

    intent: Intent
    state: Literal["working", "filled", "cancelled", "rejected", "expired"] = "working"
    fills: list[Fill] = field(default_factory=list)

    @property
    def executed(self) -> Decimal:
        """How much of it is."""
        return sum((fill.qty for fill in self.fills), Decimal(0))


class ToldBroker:
    """Implements `Broker`.

    Attributes:
        fates: of the next orders; what comes after them is taken.
        twice: orders that came again after they had been taken.
    """

    name = "scripted"
    window_s = 0.02

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.executed: list[Executed] = []
        self.fates: deque[Fate] = deque()
        self.twice: list[str] = []
        self.held = {"BTC": Decimal(1000), "ETH": Decimal(1000), "USDT": Decimal(10_000_000)}
        self._line: asyncio.Queue[Said] = asyncio.Queue()
        self._now = 0

    @property
    def working(self) -> list[str]:
        """Orders that can be filled."""
        return [id_ for id_, entry in self.entries.items() if entry.state == "working"]

    def fill(self, id_: str, qty: Decimal, price: Decimal, telling: Telling) -> None:
        """Execute so much of an order, in whatever state it is."""
        entry, self._now = self.entries[id_], self._now + 1
        intent, bought = entry.intent, entry.intent.side == "buy"
        fill = Fill(self._now, f"t{self._now}", qty, price, Decimal("0.01") * qty, intent.quote)
        entry.fills.append(fill)
        self.executed.append(Executed(id_, intent.symbol, fill))
        self._move(intent.base, qty if bought else -qty)
        self._move(intent.quote, (-qty * price if bought else qty * price) - fill.fee)
        if entry.state == "working" and entry.executed >= intent.qty:
            entry.state = "filled"
        self._tell(id_, fill, telling)

    def end(self, id_: str, state: Literal["cancelled", "expired"], telling: Telling) -> None:
        """An order is over, by the venue's doing."""
        entry = self.entries[id_]
        entry.state = state
        event = Cancelled(1, "withdrawn", entry.executed) if state == "cancelled" else Expired(1, "its time is over", entry.executed)
        self._tell(id_, event, telling)

    def interrupt(self) -> None:
        """What it says may have been missed."""
        self._line.put_nowait(Interrupted("connection reset"))

    async def submit(self, intent: Intent) -> Outcome:
        fate = self.fates.popleft() if self.fates else "taken"
        if fate == "not sent":
            return Outcome("not_sent", "no connection", 0.001)
        if fate == "lost before":
            return Outcome("uncertain", "connection reset")
        if intent.client_id in self.entries:
            self.twice.append(intent.client_id)
        entry = self.entries[intent.client_id] = Entry(intent, "rejected" if fate == "refused" else "working")
        event: Event = Accepted(1, "v") if entry.state == "working" else Rejected(1, "insufficient balance")
        self._tell(intent.client_id, event, "not told" if fate == "lost after" else "told")
        return Outcome("uncertain", "connection reset") if fate == "lost after" else Outcome("sent")

    async def cancel(self, intent: Intent) -> Outcome:
        if self.entries[intent.client_id].state == "working":
            self.end(intent.client_id, "cancelled", "told")
        else:
            self._tell(intent.client_id, CancelRefused(1, "it is over"), "told")
        return Outcome("sent")

    async def query(self, intent: Intent) -> Report | None:
        entry = self.entries.get(intent.client_id)
        return None if entry is None else self._report(entry)

    async def open_orders(self) -> Sequence[Report]:
        return [self._report(self.entries[id_]) for id_ in self.working]

    async def executions(self, since_ns: int) -> Sequence[Executed]:
        return self.executed

    async def balances(self) -> Mapping[str, Decimal]:
        return dict(self.held)

    async def heard(self) -> AsyncIterator[Said]:
        self._line = asyncio.Queue()
        while True:
            yield await self._line.get()

    def _report(self, entry: Entry) -> Report:
        return Report(client_id=entry.intent.client_id, state=entry.state, venue_id="v", executed=entry.executed, fills=tuple(entry.fills))

    def _move(self, asset: str, qty: Decimal) -> None:
        self.held[asset] = plus(self.held[asset], qty)

    def _tell(self, id_: str, event: Event, telling: Telling) -> None:
        for _ in range({"told": 1, "told twice": 2, "not told": 0}[telling]):
            self._line.put_nowait(Heard(id_, event))
