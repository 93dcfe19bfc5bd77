"""External mode: what strategies place goes to a broker, what it does comes back into the same books, and an audit finds all of it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from core.commands import Flatten, Terms, Unregister
from core.errors import UsageError
from core.lever_orders import Unplaced
from core.research.audit import run_audit
from core.store.journal import lines_of
from core.trading.risk import Intent, Rejection
from tests.engine.engine_rig import exchange_of, running, until, write_recording
from tests.engine.external_rig import broker_of, positions, same_books
from tests.engine.told_broker import ToldBroker

TERMS = Terms(side="long_short", qty=0.5, fee_bps=2)


async def test_a_strategy_trades_through_a_broker_and_an_audit_finds_its_fills(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1200)
    home, broker = tmp_path / "home", broker_of(1, {})
    async with exchange_of(recording, speed=20.0) as exchange:
        for goal in (4, 8):
            async with running(home, exchange, broker=broker) as rig:
                if goal == 4:
                    await rig.register("sma_crossover", params={"interval": "tick", "fast": 5, "slow": 20}, terms=TERMS)
                exchange.resume()
                await until(lambda goal=goal: len(broker.venue.executions) >= goal, "executions")  # type: ignore[misc]
                exchange.pause()
                await same_books(rig, broker)
                fills = await rig.fills()
                assert {fill["mode"] for fill in fills} == {"live"}
                assert len(fills) == len(broker.venue.executions)
    found = await asyncio.to_thread(run_audit, home)
    assert found.details == []
    assert found.fills == found.identical == len(broker.venue.executions)
    assert found.not_auditable == []
    assert not broker.venue.twice


@pytest.mark.slow
async def test_strategies_on_one_symbol_hold_their_own_executions_and_leave_by_their_own_orders(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1200)
    broker = broker_of(2, {})
    async with exchange_of(recording, speed=20.0) as exchange, running(tmp_path / "home", exchange, broker=broker) as rig:
        params = ({"interval": "tick", "fast": 5, "slow": 20}, {"interval": "tick", "fast": 3, "slow": 30})
        ids = [await rig.register("sma_crossover", params=each, terms=TERMS) for each in params]
        exchange.resume()
        await until(lambda: {entry.intent.strategy_id for entry in broker.venue.entries.values()} == set(ids), "both trade")
        status = rig.engine.system.status()["latency"]
        assert {"order_decision", "order_submit", "order_ack", "order_fill", "order_tick_to_fill"} <= status.keys()
        await rig.engine.commands.submit(Flatten(id=None), "test")
        for id_ in ids:
            await rig.engine.commands.submit(Unregister(id=id_), "test")
        await until(lambda: not len(rig.engine.roster), "both are flat and gone")
        await rig.engine.answers.settled()
        assert set(positions(broker).values()) == {0}
        assert len(await rig.fills()) == len(broker.venue.executions)


async def test_what_the_judge_rejects_goes_nowhere_and_waits_longer_each_time(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1200)
    broker, asked = broker_of(3, {}), list[Intent]()

    def refuse(proposal: Intent) -> Rejection | None:
        asked.append(proposal)
        return Rejection("too much", "2 of 1")

    async with exchange_of(recording, speed=5.0) as exchange, running(tmp_path / "home", exchange, broker=broker) as rig:
        assert rig.engine.external is not None
        rig.engine.external.orders.judge = refuse
        await rig.register("sma_crossover", params={"interval": "tick", "fast": 5, "slow": 20}, terms=TERMS)
        exchange.resume()
        await until(lambda: len(asked) >= 3, "three were judged")
        exchange.pause()
        await rig.settle()
        lines = lines_of(await rig.engine.ledger.commands())
        waits = [line.said.wait_s for line in lines if isinstance(line.said, Unplaced) and line.said.wait_s]
        assert waits[:3] == [1.0, 2.0, 4.0]
        assert {(each.position, abs(each.want)) for each in asked} == {(0.0, 0.5)}
        assert not broker.venue.entries


@pytest.mark.parametrize("terms", [Terms(entry="limit"), Terms(entry="stop"), Terms(funding_bps=1)])
async def test_terms_that_only_a_simulation_keeps_to_are_refused(tmp_path: Path, terms: Terms) -> None:
    recording = write_recording(tmp_path / "frames", prints=20)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, broker=broker_of(4, {})) as rig:
        with pytest.raises(UsageError, match="venue"):
            await rig.register("sma_crossover", terms=terms)
        assert not len(rig.engine.roster)


async def test_what_is_executed_of_a_strategy_that_left_is_said_aloud_and_counts_as_told(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1200)
    broker = ToldBroker()
    async with exchange_of(recording, speed=20.0) as exchange, running(tmp_path / "home", exchange, broker=broker) as rig:
        id_ = await rig.register("sma_crossover", params={"interval": "tick", "fast": 5, "slow": 20}, terms=TERMS)
        exchange.resume()
        await until(lambda: bool(broker.working), "an order works")
        exchange.pause()
        await rig.engine.commands.submit(Unregister(id=id_, keep=True), "test")
        await until(lambda: not len(rig.engine.roster), "it left")
        first = next(iter(broker.entries))
        broker.fill(first, Decimal("0.1"), Decimal(30_000), "told")
        said = f"scripted executed an order of {id_}, which is gone: nobody holds what it bought or sold"
        await until(lambda: any(row.text == said for row in rig.engine.alarms.rows()), "it is said")
        await until(lambda: not broker.working, "its order is withdrawn")
        assert rig.engine.external is not None
        assert not await rig.engine.ledger.order_journal.untold()
        assert await rig.fills() == []
