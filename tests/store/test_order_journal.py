"""An intent is on disk before it is answered; what happened to an order stands there once, with what the account holds by it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StoreError
from core.store.ledger import Ledger
from core.store.migrations import LEDGER
from core.store.order_rows import KeptOrder, OrderIntent, OrderNote, Page
from core.store.schema import Schema, prepare


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with await Ledger.open(tmp_path / "ledger.db") as found:
        yield found


def intent(client_id: str = "a", number: int = 1, payload: str = "{}") -> OrderIntent:
    return OrderIntent(client_id, "sma", number, "binance:BTCUSDT", 5, payload)


def note(client_id: str = "a", n: int = 1, payload: str = '{"kind":"sent"}', *, settled: bool = False) -> OrderNote:
    return OrderNote(client_id, n, 5 + n, "sent", payload, "submitted", settled)


async def test_an_intent_is_on_disk_when_it_is_answered(ledger: Ledger) -> None:
    await ledger.order_journal.intend(intent())
    with closing(sqlite3.connect(ledger.path)) as other:
        assert other.execute("SELECT client_id, settled FROM order_intents").fetchall() == [("a", 0)]


async def test_the_same_intent_again_changes_nothing_and_another_one_of_its_id_or_number_is_refused(tmp_path: Path) -> None:
    ledger = await Ledger.open(tmp_path / "ledger.db")
    journal = ledger.order_journal
    await journal.intend(intent())
    await journal.intend(intent())
    for other in (intent(payload='{"qty":"2"}'), intent("b", 1), intent("a", 2)):
        with pytest.raises(StoreError, match="already intended"):
            await journal.intend(other)
    assert await journal.last_numbers() == {"sma": 1}
    with pytest.raises(StoreError):
        await ledger.close()


async def test_events_are_kept_once_and_a_different_one_in_their_place_is_refused_with_all_of_its_page(tmp_path: Path) -> None:
    ledger = await Ledger.open(tmp_path / "ledger.db")
    journal = ledger.order_journal
    await journal.intend(intent())
    await journal.note(Page([note(n=1), note(n=2)], {"BTC": "1.5"}))
    await journal.note(Page([note(n=2)], {"BTC": "1.5"}))
    with pytest.raises(StoreError, match="event 2 of order a is already noted"):
        await journal.note(Page([note(n=3), note(n=2, payload='{"kind":"lost"}')], {"BTC": "9"}))
    assert (await journal.find(["a"]))[0].events == (note().payload,) * 2
    assert await journal.holdings() == {"BTC": "1.5"}
    with pytest.raises(StoreError):
        await ledger.close()


async def test_an_event_of_no_intent_is_refused(tmp_path: Path) -> None:
    ledger = await Ledger.open(tmp_path / "ledger.db")
    with pytest.raises(StoreError, match="order a was never intended"):
        await ledger.order_journal.note(Page([note()]))
    with pytest.raises(StoreError):
        await ledger.close()


async def test_what_is_not_settled_is_found_again_oldest_first_and_may_be_unsettled_later(ledger: Ledger) -> None:
    journal = ledger.order_journal
    for number, id_ in enumerate("cab", 1):
        await journal.intend(intent(id_, number))
    await journal.note(Page([note("a", settled=True)]))
    assert [kept.client_id for kept in await journal.unsettled()] == ["c", "b"]
    await journal.note(Page([note("a", 2)]))
    assert [kept.client_id for kept in await journal.unsettled()] == ["c", "a", "b"]
    assert await journal.find(["b", "nobody"]) == [KeptOrder("b", "{}", ())]


async def test_events_of_an_order_come_in_their_order_beyond_nine(ledger: Ledger) -> None:
    journal = ledger.order_journal
    await journal.intend(intent())
    await journal.note(Page([note(n=n, payload=f'{{"n":{n}}}') for n in range(1, 13)]))
    assert (await journal.find(["a"]))[0].events == tuple(f'{{"n":{n}}}' for n in range(1, 13))


async def test_findings_and_marks_stand_beside_what_was_adopted(ledger: Ledger) -> None:
    journal = ledger.order_journal
    await journal.note(Page((), {"BTC": "2"}, [(7, "BTC", "one more by hand")], {"synced_ns": "7"}))
    assert await journal.findings() == [(7, "BTC", "one more by hand")]
    assert (await journal.marks())["synced_ns"] == "7"


async def test_every_ledger_has_a_name_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    names = []
    for path in (tmp_path / "a.db", tmp_path / "a.db", tmp_path / "b.db"):
        async with await Ledger.open(path) as ledger:
            names.append((await ledger.order_journal.marks())["home"])
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 32


async def test_a_ledger_from_before_orders_went_to_venues_gets_their_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = next(i for i, step in enumerate(LEDGER.migrations) if any("order_intents" in statement for statement in step))
    prepare(path, Schema("ledger", LEDGER.application_id, LEDGER.migrations[:before]))
    async with await Ledger.open(path) as ledger:
        await ledger.order_journal.intend(intent())
        assert await ledger.order_journal.last_numbers() == {"sma": 1}
