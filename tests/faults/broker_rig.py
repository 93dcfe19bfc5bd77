"""The scripted broker as a process, and what must be the same of it and of a home: positions, executions, orders."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.child import command
from core.exchange.server import LocalExchange
from core.store.migrations import LEDGER
from core.store.order_rows import KeptOrder
from core.store.schema import open_to_read
from core.trading.journal import recall
from core.trading.scripted_client import ScriptedClient
from core.trading.scripted_wire import Truth
from tests.faults.recorder_rig import environment, run_once

PRICES = {"binance:BTCUSDT": 30_000, "binance:ETHUSDT": 3_000}


@contextlib.asynccontextmanager
async def broker(path: Path, *words: str) -> AsyncIterator[ScriptedClient]:
    """A broker that listens on a path, and a way to ask it for the truth."""
    prices = [part for symbol, price in PRICES.items() for part in ("--price", f"{symbol}={price}")]
    process = await asyncio.create_subprocess_exec(
        *command("core.trading.scripted_server", "--socket", str(path), *prices, *words), stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline()
        client = await ScriptedClient.connect(path)
        yield client
        await client.close()
    finally:
        process.terminate()
        await process.wait()


def live_environment(home: Path, exchange: LocalExchange, socket: Path) -> dict[str, str]:
    """What a process is given to trade there."""
    return environment(
        home, exchange, COCKPIT_BROKER__KIND="scripted", COCKPIT_BROKER__ARMED="true", COCKPIT_BROKER__SOCKET=str(socket),
        COCKPIT_BROKER__LOOK_S="5", COCKPIT_ENGINE__SNAPSHOT_EVERY_S="1",
    )  # fmt: skip


def held_by(truth: Truth) -> dict[str, Decimal]:
    """By strategy what its orders' executions add up to."""
    intents = {intent.client_id: intent for intent in truth.intents}
    found: dict[str, Decimal] = {}
    for each in truth.executions:
        intent = intents[each.client_id]
        signed = each.fill.qty if intent.side == "buy" else -each.fill.qty
        found[intent.strategy_id] = found.get(intent.strategy_id, Decimal(0)) + signed
    return found


async def quiet(env: dict[str, str], client: ScriptedClient, seconds: float = 150.0) -> dict[str, Any]:
    """The engine's status once nothing is under way and what strategies hold is what their orders brought, for good."""
    await client.calm()
    state: dict[str, Any] = {}
    try:
        async with asyncio.timeout(seconds):
            while True:
                code, out, _ = await run_once(env, "status", "--json")
                state = json.loads(out) if code == 0 else {}
                truth = await client.truth()
                working = [report for report in truth.orders if report.state == "working"]
                if state.get("broker", {}).get("idle") and not working and _held(state) == _floats(held_by(truth)):
                    return state
                await asyncio.sleep(0.2)
    except TimeoutError:
        told = {"broker": state.get("broker"), "strategies": _held(state), "truth": _floats(held_by(await client.truth()))}
        raise AssertionError(f"it does not come to rest: {told}") from None


def _held(state: dict[str, Any]) -> dict[str, float]:
    return {each["id"]: each["position"] for each in state.get("strategies", [])}


def _floats(found: dict[str, Decimal]) -> dict[str, float]:
    return {name: float(qty) for name, qty in found.items()}


def ledger_agrees(home: Path, truth: Truth) -> None:
    """Trade by trade and order by order, the ledger says what the broker's books say."""
    with open_to_read(home / "ledger.db", LEDGER) as db:
        intents = dict(db.execute("SELECT client_id, payload FROM order_intents").fetchall())
        events: dict[str, list[str]] = {id_: [] for id_ in intents}
        for id_, payload in db.execute("SELECT client_id, payload FROM order_events ORDER BY client_id, n"):
            events[id_].append(payload)
        told = [json.loads(row[0]) for row in db.execute("SELECT payload FROM commands WHERE kind = 'executed'")]
        fills = db.execute("SELECT strategy_id, count(*) FROM fills GROUP BY strategy_id").fetchall()
    assert not truth.twice
    assert not truth.blind
    orders = {id_: recall(KeptOrder(id_, payload, tuple(events[id_]))) for id_, payload in intents.items()}
    there = Counter((each.client_id, each.fill.trade_id) for each in truth.executions)
    assert there == Counter((id_, fill.trade_id) for id_, order in orders.items() for fill in order.fills)
    assert there == Counter((each["client_id"], each["trade_id"]) for each in told)
    by_strategy = Counter(orders[each.client_id].intent.strategy_id for each in truth.executions)
    assert dict(fills) == dict(by_strategy)
    assert all(order.settled for order in orders.values())
    for report in truth.orders:
        assert orders[report.client_id].state == report.state
