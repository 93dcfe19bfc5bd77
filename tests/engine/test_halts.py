"""A symbol the venue does not trade: its strategies are halted with that reason, and are free again when it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands import SetLimits
from tests.engine.engine_rig import exchange_of, running, until, write_recording

BUSY = {"interval": "tick", "fast": 2, "slow": 3}


@pytest.mark.slow
async def test_strategies_on_a_symbol_that_may_not_be_traded_are_halted_with_that_reason(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=30.0) as exchange:
        async with running(home, exchange) as rig:
            engine = rig.engine
            hit = await rig.register("sma_crossover", params=BUSY)
            free = await rig.register("sma_crossover", "ETHUSDT", params=BUSY)
            exchange.resume()
            await until(lambda: len(engine.blotter.lines) > 5, "fills")
            exchange.set_status("BTCUSDT", "CANCEL_ONLY")
            engine.feed._refresh.wake()
            await until(lambda: "CANCEL_ONLY" in engine.roster[hit].row().detail, "it says why")
            assert engine.roster[hit].row().detail == "halted: BTCUSDT is CANCEL_ONLY"
            assert engine.roster[free].row().detail == ""
            assert any(row.open and hit in row.text and "CANCEL_ONLY" in row.text for row in engine.alarms.rows())
            await engine.commands.submit(SetLimits(id=hit, max_position=0.5), "test")  # what a person says meanwhile is kept
            rows = [row for row in await engine.ledger.commands() if row["kind"] == "limits"]
            assert [row["actor"] for row in rows] == ["engine", "test"]
        async with running(home, exchange) as rig:
            engine = rig.engine
            exchange.set_status("BTCUSDT", "TRADING")
            engine.feed._refresh.wake()
            await until(lambda: engine.limiting.applied(engine.roster[hit]).mode == "normal", "it may trade again")
            assert engine.limiting.applied(engine.roster[hit]).max_position == 0.5
