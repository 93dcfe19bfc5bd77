"""Intents, answers, silence, crashes and restarts in any order: positions and money are those of the broker's own books."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import closing
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import UsageError
from core.trading.clerk import Clerk
from core.trading.exact import added
from core.trading.scripted import FAULTS
from tests.conftest import EXAMPLES
from tests.trading.order_rig import BASES, SYMBOLS, JumpingLoop, SlowJournal, books_agree, open_clerk, quiet, scripted, wish

#: Far more trouble than in a storm: a few orders are to meet all of it.
HARD = {name: min(0.5, odds * 3) for name, odds in FAULTS.items()}


class Orders(RuleBasedStateMachine):
    """A desk that may die between any two turns of the loop; what is in the journal and at the broker stays."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=JumpingLoop)
        self.clerk: Clerk
        self.work: asyncio.Task[None] | None = None

    @initialize(seed=st.integers(0, 2**16))
    def open(self, seed: int) -> None:
        self.broker = scripted(seed, HARD)
        self.rng = Random(seed)
        self.journal = SlowJournal(Random(seed))
        self.start = dict(self.broker.venue.balances)
        self.by_hand: dict[str, Decimal] = {}
        self.do(self._begin())
        self.do(self._known())

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)

    @rule(symbol=st.sampled_from(SYMBOLS[:3]), lots=st.integers(60, 3000), buys=st.booleans(), limit=st.booleans())
    def place(self, symbol: str, lots: int, buys: bool, limit: bool) -> None:
        asked = wish(symbol, f"{lots / 1000:.3f}", "buy" if buys else "sell", "100" if limit else None)
        self.do(self.clerk.place(asked))

    @rule(pick=st.integers(0, 100))
    def cancel(self, pick: int) -> None:
        live = list(self.clerk.desk.register.live)
        if live:
            self.do(self._cancel(live[pick % len(live)]))

    @rule(turns=st.integers(1, 30))
    def turn(self, turns: int) -> None:
        """Some turns of the loop: less than an order takes from the intent to the wire, or more."""
        self.do(self._turn(turns))

    @rule(seconds=st.sampled_from([0.01, 0.3, 2.0, 6.0, 45.0]))
    def wait(self, seconds: float) -> None:
        self.do(asyncio.sleep(seconds))

    @rule(asset=st.sampled_from(BASES[:3]), units=st.integers(-500, 500))
    def meddle(self, asset: str, units: int) -> None:
        qty = Decimal(units) / 100
        self.broker.venue.by_hand(asset, qty)
        self.by_hand = added(self.by_hand, {asset: qty})

    @rule()
    def crash(self) -> None:
        self.do(self._end())
        self.journal.crash()
        self.do(self._begin())

    @invariant()
    def nothing_was_sent_twice(self) -> None:
        if self.work is not None:
            assert not self.broker.venue.twice
            assert not self.broker.blind

    @invariant()
    def the_desk_counts_no_execution_that_the_broker_did_not_make(self) -> None:
        if self.work is not None:
            made = {each.fill.trade_id for each in self.broker.venue.executions}
            register = self.clerk.desk.register
            told = [fill.trade_id for order in (*register.live.values(), *register.settled.values()) for fill in order.fills]
            assert len(told) == len(set(told))
            assert set(told) <= made

    def teardown(self) -> None:
        with closing(self.runner):
            if self.work is not None:
                self._settle()

    def _settle(self) -> None:
        self.do(quiet(self.clerk, self.broker))
        self.do(asyncio.sleep(1))
        self.do(books_agree(self.journal, self.broker, self.start, self.by_hand))
        said = {asset for _, asset, text in self.journal.findings if "by hand" in text}
        assert {asset for asset, qty in self.by_hand.items() if qty} <= said <= set(self.by_hand)
        self.do(self._end())

    async def _known(self) -> None:
        """Until what the account held at first is known."""
        while not self.clerk.desk.ready:  # noqa: ASYNC110 in no time
            await asyncio.sleep(0.1)

    async def _begin(self) -> None:
        self.clerk = await open_clerk(self.journal, self.broker)
        self.work = asyncio.create_task(self.clerk.run())

    async def _end(self) -> None:
        assert self.work is not None
        self.work.cancel()
        await asyncio.wait([self.work])
        assert self.work.cancelled()

    async def _cancel(self, id_: str) -> None:
        order = self.clerk.desk.register.live[id_]
        try:
            self.clerk.cancel(id_)
        except UsageError:
            assert order.owed

    async def _turn(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=EXAMPLES, stateful_step_count=40)
