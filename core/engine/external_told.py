"""What strategies were told of executions: whatever the ledger has of them and no command tells is told, once, to whose order it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from core.commands import Terms
from core.engine.external_legs import Legs
from core.engine.external_words import can_hear, executed, fee_in_quote, tell
from core.engine.roster import Entry
from core.lever_orders import Executed
from core.trading.clerk import Clerk
from core.trading.exact import plus
from core.trading.journal import recall
from core.trading.order import Order

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Tellings:
    """Tells executions.

    Args:
        price: of a symbol, None: not known.

    Attributes:
        owed: orders with executions that may not have been told, by client id.
    """

    def __init__(self, engine: Engine, clerk: Clerk, legs: Legs, price: Callable[[str], float | None]) -> None:
        self.engine = engine
        self.clerk = clerk
        self.legs = legs
        self.owed: dict[str, None] = {}
        self._price = price
        self._told: dict[str, set[str]] = {}
        self._again: dict[str, int] = {}
        self._left: set[str] = set()

    async def recall(self) -> None:
        """What an earlier life of the engine did not come to tell."""
        self.owed.update(dict.fromkeys(await self.engine.ledger.order_journal.untold()))

    def begin_again(self, id_: str, fills: int) -> None:
        """A strategy starts anew with the books of so many fills: what it was told beyond them was lost with what it ran on."""
        self._again[id_] = fills

    def left(self, id_: str) -> None:
        """A strategy is gone: what it was told and could not hear any more is to be said to a person."""
        self._left.add(id_)

    async def work(self) -> None:
        """Tell what is owed to those who can hear it; it is on its way to the ledger before that is."""
        self.clerk.flush()
        for id_, fills in list(self._again.items()):
            entry = self.engine.roster.entries.get(id_)
            if entry is None or can_hear(entry):
                del self._again[id_]
                lost = await self._lost(id_, fills) if entry is not None else []
                await tell(self.engine, entry, lost, again=True)
        for id_ in list(self._left):
            await self.engine.settler.drain()
            if await self._lost(id_, await self.engine.ledger.count_fills(id_)):
                self._say_orphaned(id_)
            self._left.discard(id_)
        for client_id in list(self.owed):
            order = await self._order(client_id)
            entry = self.engine.roster.entries.get(order.intent.strategy_id)
            if entry is None or can_hear(entry):
                await self._tell(order, entry)

    async def _lost(self, id_: str, fills: int) -> list[Executed]:
        """What a strategy was told and has no fill of: its fills are what it was told, in that order."""
        told: dict[tuple[str, str], Executed] = {}
        for payload in await self.engine.ledger.order_journal.tellings(id_):
            word = msgspec.json.decode(payload, type=Executed)
            told.pop((word.client_id, word.trade_id), None)  # told again, it is as of then
            told[word.client_id, word.trade_id] = word
        return list(told.values())[fills:]

    async def _tell(self, order: Order, entry: Entry | None) -> None:
        told = self._told.get(order.id)
        if told is None:
            told = self._told[order.id] = await self.engine.ledger.order_journal.told(order.id)
        words = self._words(order, entry, told)
        await tell(self.engine, entry, words)
        told |= {word.trade_id for word in words}
        now = self.clerk.desk.register.order(order.id) or order
        if all(fill.trade_id in told for fill in now.fills):
            self.owed.pop(order.id, None)
            if now.settled:
                self._told.pop(order.id, None)

    def _words(self, order: Order, entry: Entry | None, told: set[str]) -> list[Executed]:
        intent, found = order.intent, []
        leg = self.legs.of(intent.strategy_id, entry.order.symbols.index(intent.symbol) if entry is not None else 0)
        terms = entry.terms if entry is not None else Terms()
        for fill in order.fills:
            if fill.trade_id not in told:
                leg.position = plus(leg.position, fill.qty if intent.side == "buy" else -fill.qty)
                leg.failures = 0
                price = self._price(f"{self.engine.venue.name}:{fill.fee_asset}{intent.quote}")
                found.append(executed(leg.number, intent, fill, leg.position, fee_in_quote(fill, intent, terms, price)))
        if found and entry is None:
            self._say_orphaned(intent.strategy_id)
        return found

    def _say_orphaned(self, id_: str) -> None:
        said = f"{self.clerk.desk.register.venue} executed an order of {id_}, which is gone: nobody holds what it bought or sold"
        self.engine.alarms.note("critical", said)

    async def _order(self, client_id: str) -> Order:
        order = self.clerk.desk.register.order(client_id)
        if order is None:
            (kept,) = await self.engine.ledger.order_journal.find([client_id])
            order = recall(kept)
        return order
