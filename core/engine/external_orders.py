"""Handing orders to the desk: what a loop placed, once nothing else of its leg is at the venue; saying so where one comes to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.engine.external_legs import Leg, Placed
from core.engine.external_words import tell
from core.engine.roster import Entry
from core.errors import UsageError
from core.lever_orders import Unplaced
from core.trading.clerk import Clerk
from core.trading.filters import Filters
from core.trading.order import Order
from core.trading.risk import Intent, Rejection
from core.trading.states import FINAL, State
from core.types import SECOND

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Orders:
    """The way of orders to the desk.

    Args:
        began: ticks through this seq are of an earlier life of the engine.

    Attributes:
        filters: what the venue lists, by symbol.
        judge: has the last word before an order is made; None lets it through.
    """

    def __init__(self, engine: Engine, clerk: Clerk, filters: dict[str, Filters], began: int) -> None:
        self.engine = engine
        self.clerk = clerk
        self.filters = filters
        self.judge: Callable[[Intent], Rejection | None] = engine.guard.judge
        self._began = began

    def live(self, id_: str, symbol: str | None = None) -> list[Order]:
        """A strategy's orders that are not settled, on one symbol or all."""
        orders = self.clerk.desk.register.live.values()
        return [each for each in orders if each.intent.strategy_id == id_ and symbol in (None, each.intent.symbol)]

    def withdraw(self, order: Order, reason: str) -> bool:
        """Take an order back; False where there is nothing more to do for that."""
        if order.state in FINAL or order.cancel_asked:
            return False
        self.clerk.cancel(order.id, reason)
        return True

    def price(self, symbol: str) -> float | None:
        """The last price of a symbol that is streamed."""
        return self.engine.market.of(self.engine.symbols[symbol]).last if symbol in self.engine.symbols else None

    async def send(self, entry: Entry, leg: Leg) -> None:
        """Send what is wanted of a leg, once nothing else of it is at the venue; what is ordered is counted from what is held by then."""
        live = self.live(entry.id, leg.symbol)
        for order in live:
            self.withdraw(order, "replaced")
        placed = leg.wanted
        if live or placed is None:
            return
        leg.wanted, leg.placing = None, placed.order
        try:
            stale = self._stale(leg, placed)
            why = stale or await self._place(leg, placed)
        finally:
            leg.placing = 0
        if why:
            await self._say(entry, leg, placed.order, why, 0.0 if stale else leg.wait_s())

    async def came_to_nothing(self, entry: Entry, leg: Leg) -> None:
        """The book works on an order that is over, or never was."""
        number, leg.untold = leg.untold, 0
        order = self.clerk.desk.register.order(leg.client_id) if leg.order == number else None
        if order is None:
            await self._say(entry, leg, number, "it is not at the venue", 0.0)
        elif order.state is State.FILLED or order.cancel_asked:
            await self._say(entry, leg, number, "it is over", 0.0)
        else:
            await self._say(entry, leg, number, order.reason or f"it is {order.state}", leg.wait_s())

    def _stale(self, leg: Leg, placed: Placed) -> str:
        """Why an order is too old to be sent; empty where it is not. The strategy decides again on its next print."""
        if placed.seq <= self._began:
            return "it was decided before the engine was started"
        late = self._newest(leg) - placed.ts_ns > self.clerk.desk.rules.fresh_s * SECOND
        return "it was decided on a print that is too old by now" if late else ""

    def _newest(self, leg: Leg) -> int:
        return self.engine.market.of(self.engine.symbols.add(leg.symbol)).last_ts

    async def _place(self, leg: Leg, placed: Placed) -> str:
        """Hand an order to the desk; returns why not, or nothing."""
        filters, last = self.filters.get(leg.symbol), self.price(leg.symbol)
        if filters is None or last is None:
            return f"{leg.symbol} is not listed" if filters is None else f"no price of {leg.symbol} is known"
        intent = Intent(
            strategy_id=leg.strategy_id, symbol=leg.symbol, position=float(leg.position), want=placed.aim, price=last,
            age_s=(self._newest(leg) - placed.ts_ns) / SECOND,
        )  # fmt: skip
        rejection = self.judge(intent)
        if rejection is not None:
            return f"{rejection.reason}: {rejection.detail}" if rejection.detail else rejection.reason
        wish = leg.wish(placed, filters, last, self.engine.passage.received(placed.seq))
        if wish is None:
            return "less than one lot is left to order"
        try:
            order = await self.clerk.place(wish)
        except UsageError as error:
            return str(error)
        leg.client_id, leg.order = order.id, placed.order
        if leg.over >= placed.order and order.id in self.clerk.desk.register.live:  # while its intent was written
            self.withdraw(self.clerk.desk.register.live[order.id], "not wanted any more")
        return ""

    async def _say(self, entry: Entry, leg: Leg, number: int, why: str, wait: float) -> None:
        if wait:
            again = f"nothing but an order to flat goes out for {wait:g} s"
            self.engine.alarms.note("warning", f"{entry.id}: order {number} on {leg.symbol} came to nothing: {why}; {again}")
        await tell(self.engine, entry, [Unplaced(id=entry.id, leg=leg.number, order=number, reason=why, wait_s=wait)])
