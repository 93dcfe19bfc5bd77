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

from core.commands import Register, Terms
from core.engine.external_legs import Leg, Placed, fitted, refuse_terms
from core.engine.external_words import can_hear, executed, fee_in_quote, tell
from core.engine.roster import Entry
from core.errors import UsageError
from core.kernels.records import CANCELLED, PLACED
from core.lever_orders import Executed, Unplaced, VenueWord
from core.store.journal import Line
from core.trading.broker import Broker
from core.trading.clerk import Clerk
from core.trading.exact import plus
from core.trading.filters import Filters
from core.trading.journal import recall
from core.trading.judge import Judge, allow
from core.trading.order import Order
from core.trading.rules import Finding, Rules
from core.trading.states import FINAL, State
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
        judge: has the last word before an order is made.
    """

    def __init__(self, engine: Engine, clerk: Clerk, kind: str, judge: Judge = allow) -> None:
        self.engine = engine
        self.clerk = clerk
        self.kind = kind
        self.judge = judge
        self.filters: dict[str, Filters] = {}
        self._legs: dict[tuple[str, int], Leg] = {}
        self._seen: dict[str, int] = {}
        self._owed: dict[str, None] = {}
        self._told: dict[str, set[str]] = {}
        self._began = 0
        self._said: Finding | None = None
        self._wake = asyncio.Event()
        clerk.desk.register.changed = self._changed

    @classmethod
    async def open(cls, engine: Engine, broker: Broker) -> External:
        """Begin where the ledger ends; nothing is sent before `run`.

        Raises:
            StoreError: the ledger cannot be read.
        """
        journal = engine.ledger.order_journal
        rules = Rules(look_s=engine.config.broker.look_s)
        external = cls(engine, await Clerk.open(journal, broker, engine.clock, {}, rules), broker.name)
        engine.passage.orders = external.clerk.desk.register.passage.stages
        external._seen = dict(await journal.orders_seen())
        external._owed = dict.fromkeys(await journal.untold())
        external._began = engine.last_seq
        return external

    def recall(self, lines: Iterator[Line]) -> None:
        """Take up what strategies were told in the past, by the journal."""
        for line in lines:
            said = line.said
            if isinstance(said, Executed):
                self._leg(said.id, said.leg).position = said.position
            elif isinstance(said, Unplaced):
                self._seen[said.id] = max(self._seen.get(said.id, 0), said.order)

    async def run(self) -> None:
        """Trade until cancelled.

        Raises:
            ExceptionGroup: of a StoreError: the ledger refused something; nothing is sent any more.
        """
        self.learn(await self.engine.feed.symbols())
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
        self.filters.update({f"{venue}:{name}": Filters.of(venue, info) for name, info in listed.items()})
        self.clerk.desk.learn(self.filters)

    async def fit(self, command: Register, symbols: list[str]) -> Terms:
        """The terms of a registration as a venue can keep to them.

        Raises:
            UsageError: a term cannot be kept to, or a symbol is not listed.
            VenueError: the venue does not say what it lists.
        """
        refuse_terms(command.terms)
        self.learn(await self.engine.feed.symbols())
        unknown = [symbol for symbol in symbols if symbol not in self.filters]
        if unknown:
            raise UsageError(f"{', '.join(unknown)}: not listed, so nothing can be ordered there")
        return fitted(command.terms, [self.filters[symbol] for symbol in symbols])

    def hear(self, entry: Entry, reports: Records, seq: int) -> None:
        """What a strategy's loop did. What it placed before is known: it is told again after a restart."""
        ready: list[Placed] = []
        for row in reports:
            leg, order = self._leg(entry.id, int(row["leg"])), int(row["order"])
            if row["kind"] == PLACED and order > self._seen.get(entry.id, 0):
                self._seen[entry.id] = order
                leg.wanted = Placed(order, float(row["aim"]), int(row["seq"]))
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
            leg = self._leg(entry.id, number)
            leg.untold = 0
            coming = leg.wanted is not None or leg.placing != 0
            live = [each for each in self._live(entry.id) if each.intent.symbol == leg.symbol]
            if coming or any(each.id in self._owed for each in live):
                continue
            if order and not any(each.intent.order == order for each in live):
                leg.untold = order
                self._wake.set()
            for each in live:
                if each.intent.order != order and self._withdraw(each, "not wanted any more"):
                    self._wake.set()

    def gone(self, id_: str) -> None:
        """A strategy left: nothing of it is to work on."""
        for order in self._live(id_):
            self._withdraw(order, "its strategy left")

    def _live(self, id_: str) -> list[Order]:
        return [order for order in self.clerk.desk.register.live.values() if order.intent.strategy_id == id_]

    def _withdraw(self, order: Order, reason: str) -> bool:
        if order.state in FINAL or order.cancel_asked:
            return False
        self.clerk.cancel(order.id, reason)
        return True

    def _leg(self, id_: str, number: int) -> Leg:
        leg = self._legs.get((id_, number))
        if leg is None:
            leg = self._legs[id_, number] = Leg(id_, number)
        if not leg.symbol and id_ in self.engine.roster:  # what the journal tells comes before the strategies
            leg.symbol = self.engine.roster[id_].order.symbols[number]
        return leg

    def _changed(self, before: Order, after: Order) -> None:
        if len(after.fills) > len(before.fills):
            self._owed[after.id] = None
        self._wake.set()

    async def _work(self) -> None:
        self._speak()
        await self._tell_executions()
        for leg in list(self._legs.values()):
            entry = self.engine.roster.entries.get(leg.strategy_id)
            if entry is None or not can_hear(entry):
                continue
            if leg.wanted is not None and leg.wanted.ready:
                await self._order(entry, leg)
            elif leg.untold:
                await self._came_to_nothing(entry, leg)
        for order in list(self.clerk.desk.register.live.values()):
            entry = self.engine.roster.entries.get(order.intent.strategy_id)
            if entry is None or entry.state == "failed":
                self._withdraw(order, "nothing runs its strategy")

    async def _tell_executions(self) -> None:
        """Executions that the ledger has and that no strategy was told of."""
        self.clerk.flush()
        for client_id in list(self._owed):
            order = await self._order_of(client_id)
            entry = self.engine.roster.entries.get(order.intent.strategy_id)
            if entry is not None and not can_hear(entry):
                continue
            told = self._told.get(client_id)
            if told is None:
                told = self._told[client_id] = await self.engine.ledger.order_journal.told(client_id)
            order = self.clerk.desk.register.order(client_id) or order
            words = self._words(order, entry, told)
            await tell(self.engine, entry, words)
            told |= {word.trade_id for word in words}
            if len(told) == len((self.clerk.desk.register.order(client_id) or order).fills):
                self._owed.pop(client_id, None)
            if order.settled and client_id not in self._owed:
                self._told.pop(client_id, None)

    def _words(self, order: Order, entry: Entry | None, told: set[str]) -> list[Executed]:
        intent, found = order.intent, []
        number = entry.order.symbols.index(intent.symbol) if entry is not None else 0
        leg = self._leg(intent.strategy_id, number)
        for fill in order.fills:
            if fill.trade_id in told:
                continue
            leg.position = plus(leg.position, fill.qty if intent.side == "buy" else -fill.qty)
            leg.failures = 0
            terms = entry.terms if entry is not None else Terms()
            fee = fee_in_quote(fill, intent, terms, self._price(f"{self.engine.venue.name}:{fill.fee_asset}{intent.quote}"))
            found.append(executed(number, intent, fill, leg.position, fee))
        if found and entry is None:
            said = f"{self.kind} executed an order of {intent.strategy_id}, which is gone: nobody holds what it bought or sold"
            self.engine.alarms.note("critical", said)
        return found

    async def _order_of(self, client_id: str) -> Order:
        order = self.clerk.desk.register.order(client_id)
        if order is None:
            (kept,) = await self.engine.ledger.order_journal.find([client_id])
            order = recall(kept)
        return order

    async def _order(self, entry: Entry, leg: Leg) -> None:
        """Send what is wanted of a leg, once nothing else of it is at the venue; what is ordered is counted from what is held by then."""
        live = [order for order in self._live(entry.id) if order.intent.symbol == leg.symbol]
        for order in live:
            self._withdraw(order, "replaced")
        placed = leg.wanted
        if live or placed is None or leg.client_id in self._owed:
            return
        leg.wanted, leg.placing = None, placed.order
        try:
            why = await self._place(leg, placed)
        finally:
            leg.placing = 0
        if why:
            wait = 0.0 if placed.seq <= self._began else leg.wait_s()
            await self._say(entry, leg, placed.order, why, wait)

    async def _place(self, leg: Leg, placed: Placed) -> str:
        """Hand an order to the desk; returns why not, or nothing."""
        if placed.seq <= self._began:
            return "it was decided before the engine was started"
        filters, last = self.filters.get(leg.symbol), self._price(leg.symbol)
        if filters is None or last is None:
            return f"{leg.symbol} is not known at {self.kind}" if filters is None else "no price is known"
        wish = leg.wish(placed, filters, last, self.engine.passage.received(placed.seq))
        if wish is None:
            return "less than one lot is left to order"
        try:
            order = await self.clerk.place(wish, self.judge)
        except UsageError as error:
            return str(error)
        self._told[order.id] = set()
        leg.client_id, leg.order = order.id, placed.order
        if leg.over >= placed.order and order.id in self.clerk.desk.register.live:
            self._withdraw(self.clerk.desk.register.live[order.id], "not wanted any more")
        return ""

    async def _came_to_nothing(self, entry: Entry, leg: Leg) -> None:
        """The book works on an order that is over, or never was."""
        number, leg.untold = leg.untold, 0
        order = self.clerk.desk.register.order(leg.client_id) if leg.order == number else None
        if order is None:
            await self._say(entry, leg, number, "it is not at the venue", 0.0)
        elif order.state is State.FILLED or order.cancel_asked:
            await self._say(entry, leg, number, "it is over", 0.0)
        else:
            await self._say(entry, leg, number, order.reason or f"it is {order.state}", leg.wait_s())

    async def _say(self, entry: Entry, leg: Leg, number: int, why: str, wait: float) -> None:
        if wait:
            self.engine.alarms.note("warning", f"{entry.id}: order {number} on {leg.symbol} came to nothing: {why}")
        words: list[VenueWord] = [Unplaced(id=entry.id, leg=leg.number, order=number, reason=why, wait_s=wait)]
        await tell(self.engine, entry, words)

    def _price(self, symbol: str) -> float | None:
        return self.engine.market.of(self.engine.symbols[symbol]).last if symbol in self.engine.symbols else None

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
        return not (self._owed or self._wake.is_set() or self.clerk.desk.register.live or any(leg.busy for leg in self._legs.values()))

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
