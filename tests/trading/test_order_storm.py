"""Thousands of orders through a broker that misbehaves, the desk killed at random moments: in the end both books say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from core.errors import UsageError
from core.store.ledger import Ledger
from core.trading.clerk import Clerk
from core.trading.exact import added
from core.trading.order import Order
from core.trading.scripted import ScriptedBroker
from tests.trading.order_rig import BASES, JumpingLoop, any_wish, books_agree, kept_orders, open_clerk, quiet, scripted


class Storm:
    """A broker, and one desk after the other on a ledger file.

    Attributes:
        by_hand: what somebody moved past the desk, by asset.
    """

    def __init__(self, loop: JumpingLoop, path: Path, seed: int) -> None:
        self._loop, self._path, self._rng = loop, path, Random(seed)
        self.broker: ScriptedBroker = scripted(seed)
        self.by_hand: dict[str, Decimal] = {}
        self.placed = 0
        self.ledger: Ledger
        self.clerk: Clerk
        self._work: asyncio.Task[None]

    async def begin(self) -> None:
        self._loop.jumping.busy = lambda: True
        self.ledger = await Ledger.open(self._path)
        jobs = self.ledger._writer._jobs
        self._loop.jumping.busy = lambda: bool(jobs)
        self.clerk = await open_clerk(self.ledger.order_journal, self.broker)
        self._work = asyncio.create_task(self.clerk.run())

    async def trade(self, orders: int) -> None:
        for _ in range(orders):
            await self.clerk.place(any_wish(self._rng))
            self.placed += 1
            if self._rng.random() < 0.3:
                with suppress(UsageError):  # it is over, and something is owed
                    self.clerk.cancel(self._rng.choice(list(self.clerk.desk.register.live)), "not wanted any more")
            await asyncio.sleep(self._rng.choice((0.0, 0.0, 0.05, 0.6)))

    def meddle(self) -> None:
        asset, qty = self._rng.choice(BASES), Decimal(self._rng.randint(1, 400)) / 100 * self._rng.choice((1, -1))
        self.broker.venue.by_hand(asset, qty)
        self.by_hand = added(self.by_hand, {asset: qty})

    async def kill(self) -> None:
        """At any moment: before the intent, the wire, the answer or the note of it. What is not committed is gone."""
        for _ in range(self._rng.randint(0, 40)):
            await asyncio.sleep(0)
        await self.end()
        await asyncio.sleep(self._rng.choice((0.0, 1.0, 30.0)))

    async def end(self) -> None:
        self._loop.jumping.busy = lambda: True
        for task in (self._work, self.ledger._writer._task):
            task.cancel()
            await asyncio.wait([task])
        await self.ledger._connection.close()
        self._loop.jumping.busy = lambda: False


async def storm(loop: JumpingLoop, path: Path, seed: int, orders: int, kills: int) -> list[Order]:
    """The orders, once both books are compared."""
    it = Storm(loop, path, seed)
    start = dict(it.broker.venue.balances)
    await it.begin()
    try:
        for life in range(kills):
            await it.trade(orders // (kills + 1))
            if life % 5 == 4:
                it.meddle()
            await it.kill()
            await it.begin()
        await it.trade(orders // (kills + 1))
        await quiet(it.clerk, it.broker)
        await it.ledger.wait_committed()
        journal = it.ledger.order_journal
        assert await books_agree(journal, it.broker, start, it.by_hand) == it.placed
        assert {asset for _, asset, text in await journal.findings() if "by hand" in text} == set(it.by_hand)
        return list((await kept_orders(journal, it.broker)).values())
    finally:
        await it.end()


def every_fault_was_met(orders: Collection[Order]) -> None:
    """A storm in which nothing happened shows nothing."""
    assert {str(order.state) for order in orders} == {"filled", "cancelled", "rejected", "expired"}
    met = {
        "filled beyond what was asked for": lambda order: order.overfilled,
        "filled after it was over": lambda order: order.late,
        "acknowledged twice or late": lambda order: order.odd,
        "sent again": lambda order: order.attempts > 1,
        "fees in two assets": lambda order: len(order.fees) > 1,
        "never arrived": lambda order: "never arrived" in order.reason,
        "filled while it was to be withdrawn": lambda order: order.cancel_asked and order.fills,
    }
    assert [what for what, is_so in met.items() if not any(map(is_so, orders))] == []


@pytest.mark.slow
def test_after_a_thousand_orders_and_twenty_kills_ledger_and_broker_agree(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        every_fault_was_met(runner.run(storm(runner.get_loop(), tmp_path / "ledger.db", 1, 1000, 20)))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_after_ten_thousand_orders_and_two_hundred_kills_ledger_and_broker_agree(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        every_fault_was_met(runner.run(storm(runner.get_loop(), tmp_path / "ledger.db", 7, 10_050, 200)))  # type: ignore[arg-type]
