"""Thousands of orders through a broker that misbehaves, the desk killed at random moments: in the end both books say the same."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from core.errors import UsageError
from core.store.ledger import Ledger
from core.trading.exact import added
from core.trading.scripted import FAULTS
from core.trading.scripted_venue import ScriptedVenue
from tests.trading.order_rig import BASES, JumpingLoop, any_wish, books_agree, kept_orders, open_clerk, quiet, scripted


class Life:
    """A desk on a ledger file, from a start to a crash."""

    def __init__(self, loop: JumpingLoop, path: Path) -> None:
        self._loop, self._path = loop, path
        self.ledger: Ledger

    async def begin(self) -> Ledger:
        self._loop.jumping.busy = lambda: True
        self.ledger = await Ledger.open(self._path)
        jobs = self.ledger._writer._jobs
        self._loop.jumping.busy = lambda: bool(jobs)
        return self.ledger

    async def crash(self) -> None:
        """What is not committed is gone; nothing is closed in order."""
        self._loop.jumping.busy = lambda: True
        self.ledger._writer._task.cancel()
        await asyncio.wait([self.ledger._writer._task])
        await self.ledger._connection.close()


async def storm(loop: JumpingLoop, path: Path, seed: int, orders: int, kills: int) -> None:
    rng, broker, life = Random(seed), scripted(seed), Life(loop, path)
    start = dict(broker.venue.balances)
    by_hand: dict[str, Decimal] = {}
    placed = 0
    ledger = await life.begin()
    for lives in range(kills + 1):
        clerk = await open_clerk(ledger.order_journal, broker)
        work = asyncio.create_task(clerk.run())
        for _ in range(orders // (kills + 1)):
            with suppress(UsageError):
                order = await clerk.place(any_wish(rng))
                placed += 1
                if rng.random() < 0.2:
                    clerk.cancel(order.id, "not wanted any more")
            await asyncio.sleep(rng.choice((0.0, 0.0, 0.05, 0.6)))
        if lives % 5 == 4:
            asset, qty = rng.choice(BASES), Decimal(rng.randint(-300, 400)) / 7 // Decimal("0.01") / 100
            broker.venue.by_hand(asset, qty)
            by_hand = added(by_hand, {asset: qty})
        if lives < kills:
            for _ in range(rng.randint(0, 40)):  # anywhere: before the intent, the wire, the answer, the note of it
                await asyncio.sleep(0)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            await life.crash()
            ledger = await life.begin()
            await asyncio.sleep(rng.choice((0.0, 1.0, 30.0)))
    await quiet(clerk, broker)
    clerk.flush()
    await ledger.wait_committed()
    assert await books_agree(ledger.order_journal, broker, start, by_hand) == placed
    found = {asset for _, asset, text in await ledger.order_journal.findings() if "by hand" in text}
    assert found == {asset for asset, qty in by_hand.items() if qty}
    _every_fault_was_met(await kept_orders(ledger.order_journal, broker), broker.venue)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    await ledger.close()


def _every_fault_was_met(orders: dict[str, object], venue: ScriptedVenue) -> None:
    """A storm in which nothing happened shows nothing."""
    found = list(orders.values())
    assert any(order.overfilled for order in found)  # type: ignore[attr-defined]
    assert any(order.late for order in found)  # type: ignore[attr-defined]
    assert any(order.attempts > 1 for order in found)  # type: ignore[attr-defined]
    assert any(len(order.fees) > 1 for order in found)  # type: ignore[attr-defined]
    assert any("never arrived" in order.reason for order in found)  # type: ignore[attr-defined]
    assert any("insufficient" in entry.reason for entry in venue.entries.values()) or len(found) < 2000
    assert {str(order.state) for order in found} == {"filled", "cancelled", "rejected", "expired"}  # type: ignore[attr-defined]


def test_after_two_thousand_orders_and_forty_kills_ledger_and_broker_agree(tmp_path: Path) -> None:
    assert FAULTS
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(storm(runner.get_loop(), tmp_path / "ledger.db", 1, 2000, 40))  # type: ignore[arg-type]


@pytest.mark.slow
def test_after_ten_thousand_orders_and_two_hundred_kills_ledger_and_broker_agree(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(storm(runner.get_loop(), tmp_path / "ledger.db", 7, 10_000, 200))  # type: ignore[arg-type]
