"""The ledger keeps what was said, in the order it was said, once."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import StoreError
from core.store.ledger import Ledger
from core.store.ledger_reader import read_alerts, read_commands, read_fills, read_sessions, read_source

COMMAND_COLUMNS = ["command_id", "after_seq", "ts_ns", "actor", "kind", "payload"]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = await Ledger.open(tmp_path / "ledger.db")
    yield opened
    if opened._writer.failure is None:
        await opened.close()
    else:
        with pytest.raises(StoreError):
            await opened.close()


def fill(n: int, strategy: str = "sma", **changes: Any) -> dict[str, Any]:
    row = {
        "fill_id": f"{strategy}:{n}", "strategy_id": strategy, "symbol": "binance:BTCUSDT", "side": "buy" if n % 2 else "sell",
        "qty": 0.1 + 0.2, "price": 60_000.01, "fee": 2.4, "realised": -1.25, "position": 1.0, "ts_ns": 1_000 + n, "seq": 10 * n,
        "tick_id": 77 + n, "order_id": f"{strategy}:o{n}", "mode": "paper",
    }  # fmt: skip
    return row | changes


def order(n: int, state: str, **changes: Any) -> dict[str, Any]:
    row = {
        "order_id": f"sma:o{n}", "strategy_id": "sma", "symbol": "binance:BTCUSDT", "state": state, "target": 1.0, "position": 0.0,
        "decided_ns": 5, "seq": 3, "reason": "signal", "ts_ns": 5, "kind": "limit", "qty": 1.0, "limit_price": 99.5,
    }  # fmt: skip
    return row | changes


def rows(ledger: Ledger, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{ledger.path}?mode=ro", uri=True) as db:
        found = db.execute(query).fetchall()
    db.close()
    return found


async def test_a_command_is_on_disk_when_its_future_is_done(ledger: Ledger) -> None:
    await ledger.journal("c1", 5, "cli", "pause", '{"id":"sma"}')
    assert rows(ledger, "SELECT * FROM commands") == [("c1", None, 5, "cli", "pause", '{"id":"sma"}')]
    await ledger.took_effect("c1", 42)
    assert read_commands(ledger.path)[0]["after_seq"] == 42


async def test_a_command_journalled_twice_is_one_even_after_it_took_effect(ledger: Ledger) -> None:
    ledger.journal("c1", 5, "cli", "pause", "{}")
    ledger.took_effect("c1", 42)
    await ledger.journal("c1", 5, "cli", "pause", "{}")
    assert [command["after_seq"] for command in await ledger.commands()] == [42]
    with pytest.raises(StoreError, match="commands already holds c1 with other values: kind 'pause' there, 'stop' given"):
        await ledger.journal("c1", 5, "cli", "stop", "{}")


async def test_an_unknown_command_cannot_take_effect(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="no command c9 was journalled"):
        await ledger.took_effect("c9", 1)


async def test_commands_come_back_in_the_order_they_were_journalled(ledger: Ledger) -> None:
    names = [f"c{n * 37 % 101}" for n in range(100)]
    for name in names:
        ledger.journal(name, 0, "tui", "resume", "{}")
    assert [command["command_id"] for command in await ledger.commands()] == names


async def test_writes_of_all_kinds_keep_their_order(ledger: Ledger) -> None:
    done: list[str] = []

    def noting(name: str) -> Any:
        return lambda _: done.append(name)

    for n in range(50):
        ledger.journal(f"c{n}", 0, "tui", "resume", "{}").add_done_callback(noting(f"c{n}"))
        ledger.add_fills([fill(n)]).add_done_callback(noting(f"f{n}"))
        ledger.took_effect(f"c{n}", n).add_done_callback(noting(f"t{n}"))
    await ledger.wait_committed()
    assert done == [f"{kind}{n}" for n in range(50) for kind in "cft"]


async def test_fills_come_back_with_every_bit_oldest_first(ledger: Ledger) -> None:
    wanted = [fill(n) for n in range(1, 6)]
    await ledger.add_fills(wanted[3:])
    await ledger.add_fills(wanted[:3])
    await ledger.add_fills([fill(1, "rsi", ts_ns=1)])
    assert read_fills(ledger.path, "sma") == wanted
    assert [row["fill_id"] for row in read_fills(ledger.path)] == ["rsi:1", *(row["fill_id"] for row in wanted)]
    assert read_fills(ledger.path, newest=2) == wanted[-2:]
    assert read_fills(ledger.path, "none") == []
    assert list(wanted[0]) == list(read_fills(ledger.path)[0])


async def test_the_same_fill_again_is_ignored(ledger: Ledger) -> None:
    ledger.add_fills([fill(1), fill(2)])
    await ledger.add_fills([fill(2), fill(3), fill(3)])
    assert [row["fill_id"] for row in await ledger.fills()] == ["sma:1", "sma:2", "sma:3"]
    await ledger.wait_committed()


async def test_another_fill_of_the_same_id_is_refused_by_name_with_all_that_came_with_it(ledger: Ledger) -> None:
    await ledger.add_fills([fill(2)])
    before = ledger.journal("c1", 0, "cli", "pause", "{}")
    refused = ledger.add_fills([fill(1), fill(2, price=60_000.02), fill(3)])
    after = ledger.journal("c2", 0, "cli", "pause", "{}")
    with pytest.raises(StoreError, match=r"fills already holds sma:2 with other values: price 60000\.01 there, 60000\.02 given"):
        await refused
    await asyncio.gather(before, after)
    assert read_fills(ledger.path) == [fill(2)]
    assert len(read_commands(ledger.path)) == 2
    with pytest.raises(StoreError, match="sma:2"):
        await ledger.wait_committed()


async def test_numpy_numbers_are_taken_as_plain_ones(ledger: Ledger) -> None:
    await ledger.add_fills([fill(1, qty=np.float64(0.5), seq=np.int64(9), tick_id=np.int64(4))])
    found = read_fills(ledger.path)[0]
    assert (found["qty"], found["seq"], found["tick_id"]) == (0.5, 9, 4)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
async def test_a_price_that_is_no_number_is_refused_at_once(ledger: Ledger, value: float) -> None:
    with pytest.raises(StoreError, match=r"price (nan|inf|-inf) of sma:1"):
        ledger.add_fills([fill(1, price=value)])
    with pytest.raises(StoreError, match="equity"):
        ledger.mark_equity([("sma", 1, value)])
    assert await ledger.fills() == []


async def test_a_row_with_other_columns_is_refused_at_once(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="not: prize"):
        ledger.add_fills([fill(1) | {"prize": 1}])


async def test_an_order_changes_its_state_and_keeps_its_decision(ledger: Ledger) -> None:
    ledger.put_orders([order(1, "working"), order(2, "working")])
    await ledger.put_orders([order(1, "filled", target=9.0, position=1.0, decided_ns=9, seq=8, ts_ns=9)])
    found = rows(ledger, "SELECT order_id, state, target, position, decided_ns, seq, ts_ns FROM orders ORDER BY order_id")
    assert found == [("sma:o1", "filled", 1.0, 1.0, 5, 8, 9), ("sma:o2", "working", 1.0, 0.0, 5, 3, 5)]


async def test_the_newest_three_snapshots_of_each_strategy_are_kept_and_the_first_of_the_day(ledger: Ledger) -> None:
    for n in range(1, 6):
        for strategy in ("sma", "rsi"):
            ledger.add_snapshot(strategy, n, n * 10, layout_hash="l", source_hash="s", state=bytes([n, 0, 255]), payload="{}")
    newest = {row["strategy_id"]: row for row in await ledger.snapshots()}
    assert {name: (row["seq"], row["state"]) for name, row in newest.items()} == {"sma": (5, b"\x05\x00\xff"), "rsi": (5, b"\x05\x00\xff")}
    assert sorted(rows(ledger, "SELECT strategy_id, seq FROM snapshots")) == [(s, n) for s in ("rsi", "sma") for n in (1, 3, 4, 5)]


async def test_of_two_snapshots_after_the_same_tick_the_later_one_counts(ledger: Ledger) -> None:
    for state in (b"before the pause", b"after it"):
        ledger.add_snapshot("sma", 7, 70, layout_hash="l", source_hash="s", state=state)
    assert (await ledger.snapshots())[0]["state"] == b"after it"


async def test_an_alert_is_one_row_that_opens_and_closes(ledger: Ledger) -> None:
    ledger.alerts.put("a1", 5, "warning", "stale", "open")
    ledger.alerts.put("a2", 6, "critical", "disk full", "open")
    ledger.alerts.put("a1", 9, "warning", "stale", "closed")
    assert [alert["alert_id"] for alert in await ledger.alerts.open()] == ["a2"]
    assert [(row["alert_id"], row["ts_ns"], row["state"]) for row in read_alerts(ledger.path)] == [("a1", 5, "closed"), ("a2", 6, "open")]
    assert len(read_alerts(ledger.path, newest=1)) == 1


async def test_a_session_is_open_until_it_ends(ledger: Ledger) -> None:
    ledger.start_session("s1", 1, mode="paper", first_seq=1, fingerprint="{}")
    ledger.start_session("s2", 5, mode="paper", first_seq=900, fingerprint="{}")
    ledger.end_session("s1", 4)
    assert [session["session_id"] for session in await ledger.open_sessions()] == ["s2"]
    assert [session["ended_ns"] for session in read_sessions(ledger.path)] == [4, None]
    with pytest.raises(StoreError, match="no session s3"):
        await ledger.end_session("s3", 9)


async def test_a_source_is_stored_once(ledger: Ledger) -> None:
    for _ in range(2):
        await ledger.add_source("abc", "sma.py", "def step(): ...\n")
    assert read_source(ledger.path, "abc") == "def step(): ...\n"
    assert read_source(ledger.path, "xyz") is None


async def test_runs_and_equity_are_kept(ledger: Ledger) -> None:
    ledger.add_run("r1", 5, kind="backtest", strategy="sma", source="tape:BTCUSDT", params="{}", result="{}")
    ledger.mark_equity([("sma", 1, 10_000.0), ("sma", 2, 10_001.5)])
    await ledger.mark_equity([("sma", 2, 10_002.5)])
    assert rows(ledger, "SELECT * FROM equity") == [("sma", 1, 10_000.0), ("sma", 2, 10_002.5)]
    assert rows(ledger, "SELECT run_id, kind FROM runs") == [("r1", "backtest")]


async def test_the_highest_seq_is_of_any_row_that_has_one(ledger: Ledger) -> None:
    assert await ledger.last_seq() == 0
    await ledger.add_fills([fill(3)])
    assert await ledger.last_seq() == 30
    ledger.journal("c1", 0, "cli", "pause", "{}")
    ledger.took_effect("c1", 31)
    assert await ledger.last_seq() == 31


async def test_everything_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    async with await Ledger.open(tmp_path / "ledger.db") as ledger:
        for n in range(300):
            ledger.add_fills([fill(n)])
    async with await Ledger.open(tmp_path / "ledger.db") as ledger:
        assert await ledger.fills() == [fill(n) for n in range(300)]
        ledger.add_fills([fill(7)])
        await ledger.wait_committed()


async def test_a_caller_that_gives_up_waiting_takes_nothing_back(ledger: Ledger) -> None:
    done = ledger.add_fills([fill(1)])
    done.cancel()
    await ledger.wait_committed()
    assert await ledger.fills() == [fill(1)]


async def test_the_database_itself_refuses_a_side_there_is_not(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        await ledger.add_fills([fill(1, side="hold")])
    await ledger.add_fills([fill(2)])
    assert [row["fill_id"] for row in await ledger.fills()] == ["sma:2"]


async def test_fills_have_the_columns_promised(ledger: Ledger) -> None:
    assert [row[1] for row in rows(ledger, "PRAGMA table_info(fills)")] == list(fill(1))
    assert [row[1] for row in rows(ledger, "PRAGMA table_info(commands)")] == COMMAND_COLUMNS


async def test_the_ledger_waits_for_the_disk_at_every_commit(ledger: Ledger) -> None:
    found = await ledger._ask("PRAGMA synchronous")
    assert found == [{"synchronous": 2}]
