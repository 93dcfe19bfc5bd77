"""The clerk does what the desk decides: the journal first, then the wire; what comes back goes to the desk and into the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from core.clock import Clock
from core.errors import VenueError
from core.trading.account import Look, lost_to_the_journal, strangers, take_in
from core.trading.broker import Broker, Interrupted, Said
from core.trading.client_id import is_of
from core.trading.desk import Desk
from core.trading.exact import amount
from core.trading.filters import Filters
from core.trading.journal import Journal, recall, row_of
from core.trading.order import Order
from core.trading.patience import NO_ANSWER, Patient
from core.trading.register import Register
from core.trading.rules import Rules, Step, Wish
from core.types import SECOND

log = structlog.get_logger("orders")

#: A look at the account that failed or could not judge everything, and a broken line to it, are taken up again after so many seconds.
AGAIN_S = 1.0


class Clerk:
    """Carries orders between a desk, a journal and a broker; `open` makes one of what the journal holds.

    Attributes:
        desk: decides.
        looked: whether all the account holds was judged by the last look.
    """

    def __init__(self, desk: Desk, journal: Journal, broker: Broker, clock: Clock, *, synced_ns: int | None = None) -> None:
        self.desk = desk
        self.looked = False
        self._journal = journal
        self._broker = broker
        self._asked = Patient(broker, desk.rules.answer_s)
        self._clock = clock
        self._synced_ns = synced_ns
        self._look_due = clock.monotonic()
        self._looking = False
        self._wake = asyncio.Event()
        self._written: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        self._group: asyncio.TaskGroup | None = None

    @classmethod
    async def open(
        cls, journal: Journal, broker: Broker, clock: Clock, filters: Mapping[str, Filters], rules: Rules | None = None
    ) -> Clerk:
        """Begin where the journal ends; orders that are not known to be over are asked about before anything is sent.

        Raises:
            StoreError: the journal cannot be read.
        """
        marks, held = await journal.marks(), await journal.holdings()
        register = Register(broker.name, clock, {asset: amount(qty) for asset, qty in held.items()})
        numbers = await journal.last_numbers()
        desk = Desk(marks["home"], clock, filters, register, numbers=numbers, window_s=broker.window_s, rules=rules)
        desk.resume(recall(kept) for kept in await journal.unsettled())
        return cls(desk, journal, broker, clock, synced_ns=int(marks["synced_ns"]) if "synced_ns" in marks else None)

    async def place(self, wish: Wish) -> Order:
        """Make an order and put its intent on disk; it is sent after that, by `run`.

        Raises:
            UsageError: it is refused, with the reason.
            StoreError: it cannot be put down; it is not sent.
        """
        since = self._clock.monotonic()
        order = self.desk.draft(wish)
        await self._journal.intend(row_of(order.intent))
        self.desk.take_up(order, since)
        self._begin()
        self._wake.set()
        return order

    def cancel(self, client_id: str, reason: str = "") -> None:
        """Withdraw an order, by `run`.

        Raises:
            UsageError: there is nothing to withdraw.
        """
        self.desk.cancel(client_id, reason)
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ExceptionGroup: of a StoreError: the journal refused something; nothing is sent any more.
        """
        try:
            async with asyncio.TaskGroup() as self._group:
                self._group.create_task(self._listen())
                while True:
                    self._wake.clear()
                    self.flush()
                    if self._clock.monotonic() >= self._look_due and not self._looking:
                        self._looking = True
                        self._group.create_task(self.look())
                    self._begin()
                    await self._rest()
        finally:
            self._group = None

    def flush(self) -> None:
        """Queue what is to be written.

        Raises:
            StoreError: the journal refused something earlier.
        """
        if self._failure is not None:
            raise self._failure
        page = self.desk.register.page()
        if page is not None:
            self._written = self._journal.note(page)
            self._written.add_done_callback(self._noted)

    async def do(self, step: Step) -> None:
        """One step, to its end."""
        try:
            match step.what:
                case "send":
                    await self._send(step.order)
                case "cancel":
                    await self._cancel(step.order)
                case "ask":
                    await self._ask(step.order)
        finally:
            self.desk.over(step)
        self.flush()
        self._wake.set()

    async def look(self) -> None:
        """Look at the whole account. Without an answer nothing is sent, and it is tried again."""
        began = self._clock.monotonic()
        try:
            self.looked = await self._look()
        except (VenueError, TimeoutError) as error:
            log.warning("the account cannot be looked at", venue=self._broker.name, reason=str(error) or NO_ANSWER)
            self.looked = False
        finally:
            self._looking = False
        self._look_due = began + (self.desk.rules.look_s if self.looked else AGAIN_S)
        self.flush()
        self._wake.set()

    async def hear(self, said: Said) -> None:
        """Take in what the venue said by itself."""
        if isinstance(said, Interrupted):
            self._interrupted(said.reason)
        elif not self.desk.hear(said.client_id, said.event) and is_of(said.client_id, self.desk.home):
            for kept in await self._journal.find([said.client_id]):
                self.desk.take_up(recall(kept))
            if not self.desk.hear(said.client_id, said.event):
                lost_to_the_journal(self.desk, said.client_id)
        self._wake.set()

    async def _look(self) -> bool:
        desk, broker, asked_ns = self.desk, self._asked, self._clock.now_ns()
        moves = dict(desk.register.moves)
        since = 0 if self._synced_ns is None else self._synced_ns - int(desk.rules.overlap_s * SECOND)
        first = self._synced_ns is None
        before, working = await broker.balances(), await broker.open_orders()
        executed, after = await broker.executions(since), await broker.balances()
        look = Look(before, working, executed, after)
        known = [recall(kept) for kept in await self._journal.find(strangers(desk, look))]
        moved = {asset for asset, times in desk.register.moves.items() if times != moves.get(asset, 0)}
        for order in known:
            desk.take_up(order)
        complete = take_in(desk, look, moved, first=first)
        if complete or not first:
            self._synced_ns = asked_ns
            desk.register.mark("synced_ns", str(asked_ns))
            self.flush()
            if first and self._written is not None:
                await self._written  # what an order changes is counted from this
            desk.ready = True
        return complete

    async def _send(self, order: Order) -> None:
        intent = self.desk.sending(order.id)
        if intent is None:
            return
        self.flush()
        self.desk.handed(order.id, await self._asked.submit(intent))

    async def _cancel(self, order: Order) -> None:
        self.flush()
        if self._written is not None:
            await asyncio.wait([self._written])  # that it is to be withdrawn outlives us
        self.desk.withdrawing(order.id, await self._asked.cancel(order.intent))

    async def _ask(self, order: Order) -> None:
        try:
            report = await self._asked.query(order.intent)
        except (VenueError, TimeoutError) as error:
            self.desk.unheard(order.id, str(error) or NO_ANSWER)
        else:
            self.desk.reported(order.id, report)

    def _begin(self) -> None:
        """What is to be done now is done at once: not a turn of the loop later."""
        if self._group is not None and self._failure is None:
            for step in self.desk.steps():
                self._group.create_task(self.do(step))

    async def _listen(self) -> None:
        while True:
            try:
                async for said in self._broker.heard():
                    await self.hear(said)
                self._interrupted("the venue ended the connection")
            except VenueError as error:
                self._interrupted(str(error))
            await asyncio.sleep(AGAIN_S)

    def _interrupted(self, reason: str) -> None:
        log.warning("what the venue says may be missed", venue=self._broker.name, reason=reason)
        self.desk.ready = False
        self._look_due = self._clock.monotonic()
        self._wake.set()

    def _noted(self, written: asyncio.Future[None]) -> None:
        if not written.cancelled() and written.exception() is not None:
            self._failure = written.exception()
            self._wake.set()

    async def _rest(self) -> None:
        waits = [] if self._looking else [self._look_due - self._clock.monotonic()]
        wait = self.desk.wait_s()
        waits += [] if wait is None else [wait]
        try:
            async with asyncio.timeout(max(0.0, min(waits)) if waits else None):
                await self._wake.wait()
        except TimeoutError:
            return
