"""External mode: a venue fills the strategies' orders. What their loops place goes to one trading desk, what the venue does comes back
to the strategy whose order it was, as a lever in its journal.

The ledger's `order_events` is the truth about executions; telling a strategy is derived from it: whatever stands there and in no command
is told, at a start as at any other time. The strategies' own books are the truth about what works: an order that a book works on and that
neither the desk nor the way to it has is said to have come to nothing, one that a book does not work on is withdrawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from msgspec import structs

from core.commands import Register
from core.engine.external_legs import Legs, Placed, fitted, refuse_terms
from core.engine.external_orders import Orders
from core.engine.external_told import Tellings
from core.engine.external_words import can_hear
from core.engine.leg_risk import LegRisk
from core.engine.roster import Entry
from core.errors import UsageError, VenueError
from core.kernels.records import CANCELLED, PLACED
from core.lever_orders import Executed, Unplaced
from core.store.journal import Line
from core.trading.broker import Broker
from core.trading.clerk import Clerk
from core.trading.filters import Filters
from core.trading.order import Order
from core.trading.rules import Finding, Rules
from core.types import Records
from core.venues.venue import SymbolInfo
from core.workers.frames import Figures

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("external")


class External:
    """The desk of one engine, and the way between it and the strategies.

    Attributes:
        clerk: carries the orders.
        kind: of broker.
        legs: what is known of each leg of each strategy.
        orders: the way to the desk. tellings: the way back.
    """

    def __init__(self, engine: Engine, clerk: Clerk, filters: dict[str, Filters], kind: str) -> None:
        self.engine = engine
        self.clerk = clerk
        self.kind = kind
        self.legs = Legs(self._symbol)
        self.orders = Orders(engine, clerk, filters, engine.last_seq)
        self.tellings = Tellings(engine, clerk, self.legs, self.orders.price)
        self.leg_risk = LegRisk(engine, self.legs, filters, engine.config.broker.leg_timeout_s)
        self._seen: dict[str, int] = {}
        self._said: Finding | None = None
        self._wake = asyncio.Event()
        clerk.desk.register.changed = self._changed

    @classmethod
    async def open(cls, engine: Engine, broker: Broker) -> External:
        """Begin where the ledger ends; nothing is sent before `run`.

        Raises:
            StoreError: the ledger cannot be read.
        """
        journal, filters = engine.ledger.order_journal, dict[str, Filters]()
        rules = Rules(look_s=engine.config.broker.look_s)
        external = cls(engine, await Clerk.open(journal, broker, engine.clock, filters, rules), filters, broker.name)
        engine.passage.orders = external.clerk.desk.register.passage.stages
        external._seen = dict(await journal.orders_seen())
        await external.tellings.recall()
        return external

    def recall(self, lines: Iterator[Line]) -> None:
        """Take up what strategies were told in the past, by the journal."""
        for line in lines:
            said = line.said
            if isinstance(said, Executed):
                self.legs.of(said.id, said.leg).position = said.position
            elif isinstance(said, Unplaced):
                self._seen[said.id] = max(self._seen.get(said.id, 0), said.order)

    async def run(self) -> None:
        """Trade until cancelled.

        Raises:
            ExceptionGroup: of a StoreError: the ledger refused something; nothing is sent any more.
        """
        try:
            self.learn(await self.engine.feed.symbols())
        except VenueError as error:
            log.warning("what the venue lists comes later", reason=str(error))
        self._wake.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.clerk.run())
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._work()

    def learn(self, listed: Mapping[str, SymbolInfo]) -> None:
        """What the venue lists, by bare name."""
        venue = self.engine.venue.name
        self.orders.filters.update({f"{venue}:{name}": Filters.of(venue, info) for name, info in listed.items()})

    async def fit(self, command: Register, names: list[str]) -> Register:
        """A registration on these bare names with terms that a venue can keep to.

        Raises:
            UsageError: a term cannot be kept to, or a symbol is not listed.
            VenueError: the venue does not say what it lists.
        """
        refuse_terms(command.terms)
        self.learn(await self.engine.feed.symbols())
        symbols = [f"{self.engine.venue.name}:{name}" for name in names]
        unknown = [symbol for symbol in symbols if symbol not in self.orders.filters]
        if unknown:
            raise UsageError(f"{', '.join(unknown)}: not listed, so nothing can be ordered there")
        return structs.replace(command, terms=fitted(command.terms, [self.orders.filters[symbol] for symbol in symbols]))

    def hear(self, entry: Entry, reports: Records, seq: int) -> None:
        """What a strategy's loop did. What it placed before is known: it is told again after a restart."""
        ready: list[Placed] = []
        for row in reports:
            leg, order = self.legs.of(entry.id, int(row["leg"])), int(row["order"])
            if row["kind"] == PLACED and order > self._seen.get(entry.id, 0):
                self._seen[entry.id] = order
                leg.aim = float(row["aim"])
                leg.wanted = Placed(order, float(row["aim"]), int(row["seq"]), int(row["ts"]))
                leg.over = max(leg.over, order - 1)
                ready.append(leg.wanted)
            elif row["kind"] == CANCELLED:
                leg.over = max(leg.over, order)
                if leg.wanted is not None and leg.wanted.order <= order:
                    leg.wanted = None
        self.engine.settler.put(seq, lambda: self._settled(ready))

    async def _settled(self, ready: list[Placed]) -> None:
        for placed in ready:
            placed.ready = True
        self._wake.set()

    def look(self, entry: Entry, figures: Figures) -> None:
        """What works by a strategy's book, against what works at the desk."""
        if figures.told != entry.told or not can_hear(entry):
            return
        for number, order in enumerate(figures.working):
            leg = self.legs.of(entry.id, number)
            leg.untold = 0
            coming = leg.wanted is not None or leg.placing != 0
            live = self.orders.live(entry.id, leg.symbol)
            if coming or any(each.id in self.tellings.owed for each in live):
                continue
            if order and not any(each.intent.order == order for each in live):
                leg.untold = order
                self._wake.set()
            for each in live:
                if each.intent.order != order and self.orders.withdraw(each, "not wanted any more"):
                    self._wake.set()
        if len(figures.working) > 1:
            self.leg_risk.look(entry, figures)

    def gone(self, id_: str) -> None:
        """A strategy left: nothing of it is to work on."""
        for order in self.orders.live(id_):
            self.orders.withdraw(order, "its strategy left")
        self.legs.drop(id_)
        self.leg_risk.gone(id_)
        self.tellings.left(id_)
        self._wake.set()

    def _changed(self, before: Order, after: Order) -> None:
        if len(after.fills) > len(before.fills):
            self.tellings.owed[after.id] = None
        self._wake.set()

    async def _work(self) -> None:
        self._speak()
        await self.tellings.work()
        for leg in self.legs:
            entry = self.engine.roster.entries.get(leg.strategy_id)
            if entry is None or not can_hear(entry):
                continue
            if leg.wanted is not None and leg.wanted.ready and leg.client_id not in self.tellings.owed:
                await self.orders.send(entry, leg)
            elif leg.untold:
                await self.orders.came_to_nothing(entry, leg)
        for order in list(self.clerk.desk.register.live.values()):
            entry = self.engine.roster.entries.get(order.intent.strategy_id)
            if entry is None or entry.state == "failed":
                self.orders.withdraw(order, "nothing runs its strategy")

    def _symbol(self, id_: str, number: int) -> str:
        return self.engine.roster[id_].order.symbols[number] if id_ in self.engine.roster else ""

    def _speak(self) -> None:
        """What the desk found goes to the alarms."""
        findings = list(self.clerk.desk.register.findings)
        news = findings[findings.index(self._said) + 1 :] if self._said in findings else findings
        for finding in news:
            self._said = finding
            self.engine.alarms.note("warning", finding.text)

    @property
    def idle(self) -> bool:
        """Nothing is under way: no order, and nothing that a strategy was not told."""
        return not (self.tellings.owed or self._wake.is_set() or self.clerk.desk.register.live or any(leg.busy for leg in self.legs))

    def status(self) -> dict[str, Any]:
        """For `cockpit status`."""
        register = self.clerk.desk.register
        return {
            "kind": self.kind.upper(),
            "ready": self.clerk.desk.ready,
            "idle": self.idle,
            "held": self.clerk.desk.held,
            "working": len(register.live),
            "duplicates": register.duplicates,
            "findings": [finding.text for finding in register.findings][-5:],
        }
