"""External mode: what strategies place goes to a broker, what it does comes back into the same books, and an audit finds all of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.commands import Terms
from core.research.audit import run_audit
from tests.engine.engine_rig import exchange_of, running, until, write_recording
from tests.engine.external_rig import broker_of, same_books

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
