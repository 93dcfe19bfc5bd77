"""The clerk puts an intent on disk before the wire, begins again where the journal ends, and says what was done by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

import pytest

from core.errors import StoreError
from core.store.order_rows import OrderIntent, Page
from core.trading.broker import Outcome
from core.trading.clerk import Clerk
from core.trading.client_id import client_id
from core.trading.journal import MemoryJournal, recall
from core.trading.order import Intent
from core.trading.scripted import ScriptedBroker
from core.trading.states import State
from tests.trading.order_rig import JumpingLoop, books_agree, open_clerk, quiet, scripted, wish

Story = Callable[[MemoryJournal, ScriptedBroker], Coroutine[Any, Any, None]]


def tell(story: Story, broker: ScriptedBroker | None = None, journal: MemoryJournal | None = None) -> None:
    """Play a story in virtual time."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(story(journal or MemoryJournal("home"), broker or scripted(1, {})))


class At:
    """A clerk at work, until the block ends: in order or as by a crash, which is the same to it."""

    def __init__(self, journal: MemoryJournal, broker: ScriptedBroker) -> None:
        self._journal, self._broker = journal, broker

    async def __aenter__(self) -> Clerk:
        self.clerk = await open_clerk(self._journal, self._broker)
        self._work = asyncio.create_task(self.clerk.run())
        return self.clerk

    async def __aexit__(self, *_: object) -> None:
        self._work.cancel()
        await asyncio.wait([self._work])


class Watched(MemoryJournal):
    """Writes down when an intent is on disk, which takes a while."""

    def __init__(self) -> None:
        super().__init__("home")
        self.order: list[str] = []

    async def intend(self, intent: OrderIntent) -> None:
        await asyncio.sleep(0.5)
        await super().intend(intent)
        self.order.append("intent on disk")


class Wired(ScriptedBroker):
    """Writes down when an order is handed over."""

    order: list[str]

    async def submit(self, intent: Intent) -> Outcome:
        self.order.append("wire")
        return await super().submit(intent)


def test_an_intent_is_on_disk_before_anything_is_on_the_wire() -> None:
    journal, plain = Watched(), scripted(1, {})
    broker = Wired(plain.venue, plain._rng, plain._clock, {})
    broker.order = journal.order

    async def story(_: MemoryJournal, __: ScriptedBroker) -> None:
        async with At(journal, broker) as clerk:
            await clerk.place(wish())
            await asyncio.sleep(5)

    tell(story)
    assert journal.order == ["intent on disk", "wire"]


def test_an_intent_that_cannot_be_put_down_is_not_sent() -> None:
    class Full(MemoryJournal):
        async def intend(self, intent: OrderIntent) -> None:
            raise StoreError("ledger.db is out of disk space")

    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        async with At(journal, broker) as clerk:
            with pytest.raises(StoreError, match="out of disk space"):
                await clerk.place(wish())
            await asyncio.sleep(30)
        assert broker.submits == 0

    tell(story, journal=Full("home"))


def test_a_journal_that_refuses_a_note_ends_the_work() -> None:
    class Forgetful(MemoryJournal):
        def note(self, page: Page) -> asyncio.Future[None]:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_exception(StoreError("event 1 is already noted with other values"))
            return done

    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        clerk = await open_clerk(journal, broker)
        with pytest.raises(ExceptionGroup) as told:
            await asyncio.wait_for(clerk.run(), 30)
        assert told.value.subgroup(StoreError) is not None

    tell(story, journal=Forgetful("home"))


@pytest.mark.parametrize("arrived", [True, False])
def test_an_order_that_a_crash_caught_between_the_wire_and_the_answer_is_asked_about_and_not_sent_again(arrived: bool) -> None:
    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        start = dict(broker.venue.balances)
        broker.odds.update({"raises" if not arrived else "silent": 1.0})  # type: ignore[attr-defined]
        async with At(journal, broker) as clerk:
            id_ = (await clerk.place(wish())).id
            while not broker.submits:  # noqa: ASYNC110 in no time
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.06)
        broker.odds.clear()  # type: ignore[attr-defined]
        async with At(journal, broker) as clerk:
            await quiet(clerk, broker)
            (kept,) = await journal.find([id_])
            assert recall(kept).state is (State.FILLED if arrived else State.REJECTED)
            assert broker.submits == 1
            await books_agree(journal, broker, start)

    tell(story)


def test_what_was_filled_while_no_engine_ran_is_put_down_at_the_start() -> None:
    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        start = dict(broker.venue.balances)
        async with At(journal, broker) as clerk:
            id_ = (await clerk.place(wish(price="99"))).id
            while id_ not in broker.venue.entries:  # noqa: ASYNC110 in no time
                await asyncio.sleep(0.01)
        while broker.venue.entries[id_].state == "working":  # noqa: ASYNC110 in no time
            await asyncio.sleep(1)
        async with At(journal, broker) as clerk:
            await quiet(clerk, broker)
            await books_agree(journal, broker, start)
            assert not journal.findings

    tell(story)


def test_a_position_changed_by_hand_is_said_in_words_once_and_counted_from_then_on() -> None:
    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        async with At(journal, broker) as clerk:
            await asyncio.sleep(1)
            broker.venue.by_hand("BTC", Decimal("0.3"))
            broker.venue.by_hand("ETH", Decimal(-2))
            await asyncio.sleep(200)
            assert clerk.desk.register.holdings["BTC"] == Decimal("1000.3")
        async with At(journal, broker):
            await asyncio.sleep(200)
        assert [text for _, _, text in journal.findings] == [
            "scripted holds 1000.3 BTC, 0.3 more than our orders explain: bought, deposited or moved by hand",
            "scripted holds 998 ETH, 2 less than our orders explain: sold, withdrawn or moved by hand",
        ]

    tell(story)


def test_a_ledger_restored_from_an_older_copy_does_not_use_its_numbers_again() -> None:
    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        async with At(journal, broker) as clerk:
            for _ in range(3):
                await clerk.place(wish())
            await asyncio.sleep(5)
        older = MemoryJournal("home")
        async with At(older, broker) as clerk:
            await asyncio.sleep(5)
            assert (await clerk.place(wish())).id == client_id("home", "sma", 4)
            await asyncio.sleep(5)
        assert any("was the ledger restored from a copy?" in text for _, _, text in older.findings)
        assert not broker.venue.twice

    tell(story)


def test_nothing_is_sent_before_it_is_on_disk_where_counting_begins() -> None:
    class Stuck(MemoryJournal):
        def note(self, page: Page) -> asyncio.Future[None]:
            return asyncio.get_running_loop().create_future()

    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        async with At(journal, broker) as clerk:
            await clerk.place(wish())
            await asyncio.sleep(30)
        assert broker.submits == 0

    tell(story, journal=Stuck("home"))


def test_nothing_is_sent_while_the_account_cannot_be_looked_at() -> None:
    async def story(journal: MemoryJournal, broker: ScriptedBroker) -> None:
        broker.odds["no_answer"] = 1.0  # type: ignore[index]
        async with At(journal, broker) as clerk:
            order = await clerk.place(wish())
            await asyncio.sleep(15)
            found = clerk.desk.register.order(order.id)
            assert found is not None
            assert (found.state, broker.submits) == (State.EXPIRED, 0)

    tell(story)


def test_orders_on_several_symbols_are_under_way_at_once() -> None:
    class Slow(ScriptedBroker):
        under_way = most = 0

        async def submit(self, intent: Intent) -> Outcome:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(1)
            self.under_way -= 1
            return await super().submit(intent)

    async def story(journal: MemoryJournal, _: ScriptedBroker) -> None:
        plain = scripted(1, {})
        broker = Slow(plain.venue, plain._rng, plain._clock, {})
        async with At(journal, broker) as clerk:
            for base in ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LTC"):
                await clerk.place(wish(f"scripted:{base}USDT"))
                await clerk.place(wish(f"scripted:{base}USDT", "2"))
            await quiet(clerk, broker)
        assert (broker.most, broker.submits) == (5, 14)

    tell(story)
