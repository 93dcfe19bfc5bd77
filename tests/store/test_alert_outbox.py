"""What is to be told of an alert stands in the outbox with it or not at all, once for each thing that happens to it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.errors import StoreError
from core.store.ledger import Ledger
from core.store.ledger_reader import read_alerts
from core.store.migrations import LEDGER
from core.store.outbox import Post
from core.store.schema import Schema, prepare

Row = tuple[Any, ...]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with await Ledger.open(tmp_path / "ledger.db") as found:
        yield found


def alert(id_: str = "a", level: str = "warning", state: str = "open") -> Row:
    return (id_, 5, level, "text", state, "", 0, 0)


def post(id_: str = "a", event: str = "raised", channel: str = "ops", **more: Any) -> Post:
    return Post(channel, id_, event, "warning", 5, "{}", more.pop("due_ns", 7), **more)


def both(id_: str = "a", **more: Any) -> list[Post]:
    return [post(id_, "raised", **more), post(id_, "resolved", **more)]


async def waiting(ledger: Ledger, channel: str = "ops") -> list[tuple[str, str]]:
    return [(found.alert_id, found.event) for found in await ledger.outbox.waiting(channel, 100)]


async def test_an_alert_is_told_when_it_is_raised_and_when_it_is_over_and_never_twice(ledger: Ledger) -> None:
    for state in ("open", "open", "closed", "closed"):
        await ledger.alerts.put_all([alert(state=state)], [], both() if state == "closed" else [post()])
    assert await waiting(ledger) == [("a", "raised"), ("a", "resolved")]


async def test_what_happened_and_was_over_at_once_is_told_once(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert(state="closed")], [], both())
    assert await waiting(ledger) == [("a", "raised")]


async def test_a_channel_is_not_told_of_the_end_of_what_it_was_not_told_of(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert()], [], [])
    await ledger.alerts.put_all([alert(state="closed")], [], both())
    assert await waiting(ledger) == []


async def test_one_that_gets_worse_is_told_to_a_channel_that_did_not_hear_of_it(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert()], [], [post(channel="ops")])
    await ledger.alerts.put_all([alert()], [], [post(channel="pager")])
    assert await waiting(ledger, "pager") == []
    await ledger.alerts.put_all([alert(level="critical")], [], [post(channel="ops"), post(channel="pager")])
    assert await waiting(ledger, "pager") == [("a", "raised")]
    assert await waiting(ledger, "ops") == [("a", "raised")]


async def test_one_that_is_open_again_is_not_over(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert()], [], [post()])
    await ledger.alerts.put_all([alert(state="closed")], [], both())
    await ledger.alerts.put_all([alert()], [], [post()])
    assert await waiting(ledger) == [("a", "raised")]


async def test_an_alert_that_cannot_be_written_is_not_told_either(tmp_path: Path) -> None:
    ledger = await Ledger.open(tmp_path / "ledger.db")
    wrong = ("b", 5, None, "text", "open", "", 0, 0)
    with pytest.raises(StoreError):
        await ledger.alerts.put_all([alert(), wrong], [], [post(), post("b")])
    assert await waiting(ledger) == []
    with pytest.raises(StoreError):
        await ledger.close()
    assert read_alerts(tmp_path / "ledger.db") == []


async def test_posts_are_given_in_the_order_they_are_due_with_how_they_stand(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert("a"), alert("b"), alert("c")], [], [post("a", due_ns=9), post("b", due_ns=3, held=True), post("c")])
    found = await ledger.outbox.waiting("ops", 2)
    assert [one.alert_id for one in found] == ["b", "c"]
    assert found[0].held
    await ledger.outbox.settle(found[0]._replace(tries=2, due_ns=50, error="HTTP 500"))
    await ledger.outbox.settle(found[1]._replace(state="sent", tries=1))
    first, second = await ledger.outbox.waiting("ops", 9)
    assert (first.alert_id, second.alert_id, second.tries, second.due_ns, second.error) == ("a", "b", 2, 50, "HTTP 500")
    assert await ledger.outbox.counts() == {"ops": {"sent": 1, "waiting": 2}}


async def test_several_posts_are_folded_into_one(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert("a"), alert("b"), alert("c")], [], [post("a"), post("b"), post("c")])
    _, *rest = await ledger.outbox.waiting("ops", 9)
    await ledger.outbox.fold(rest, post("b+1"))
    assert await waiting(ledger) == [("a", "raised"), ("b+1", "raised")]
    assert await ledger.outbox.counts() == {"ops": {"folded": 2, "waiting": 2}}


async def test_what_is_settled_is_forgotten_in_time_but_not_of_open_alerts(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert("a"), alert("b", state="closed"), alert("c", state="closed")], [], [post("a"), post("b"), post("c")])
    for found in (await ledger.outbox.waiting("ops", 9))[:2]:
        await ledger.outbox.settle(found._replace(state="sent"))
    await ledger.outbox.prune(before_ns=6)
    assert await ledger.outbox.counts() == {"ops": {"sent": 1, "waiting": 1}}


async def test_a_channel_that_is_gone_is_waited_for_no_more(ledger: Ledger) -> None:
    await ledger.alerts.put_all([alert()], [], [post(), post(channel="pager")])
    await ledger.outbox.give_up("ops", "it is not configured any more")
    assert (await waiting(ledger), await waiting(ledger, "pager")) == ([], [("a", "raised")])


def test_a_ledger_of_before_gets_an_outbox_and_keeps_its_alerts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    prepare(path, Schema("ledger", LEDGER.application_id, LEDGER.migrations[:2]))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO alerts(alert_id, ts_ns, level, text, state) VALUES('a', 1, 'warning', 'x', 'open')")
    prepare(path, LEDGER)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT alert_id FROM alerts").fetchall() == [("a",)]
        assert db.execute("SELECT count(*) FROM outbox").fetchall() == [(0,)]
