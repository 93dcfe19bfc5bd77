"""A venue that asks for silence for a long time: nothing that a person or a restart waits for may wait for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.commands import Resume, Unwatch, Watch
from core.errors import UsageError
from tests.engine.engine_rig import exchange_of, running, until, write_recording

#: Of an interval that the venue's history must be asked for, whatever is on the tape.
SLOW = {"interval": "1h", "fast": 2, "slow": 30}


@pytest.mark.slow
async def test_a_ban_of_an_hour_holds_up_neither_registrations_nor_a_restart(tmp_path: Path) -> None:
    """`Retry-After` is obeyed, nothing else is sent meanwhile; strategies start without the venue's history."""
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames", prints=900), speed=60.0) as exchange:
        async with running(home, exchange) as rig:
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 100, "some prints")
            exchange.reject_rest(418, 3600.0, None)
            async with asyncio.timeout(60):
                ids = [await rig.register("sma_crossover", symbol, params=SLOW) for symbol in ("BTCUSDT", "ETHUSDT", "BTCUSDT")]
            asked = len(exchange.rest.requests)
            await rig.engine.commands.submit(Resume(id=ids[0]), "test")
            await until(lambda: rig.engine.market.ticks_total > 400, "prints go on")
            assert len(exchange.rest.requests) == asked
        async with asyncio.timeout(60):
            async with running(home, exchange) as rig:
                assert [entry.id for entry in rig.engine.roster] == ids


@pytest.mark.slow
async def test_who_changes_symbols_during_a_ban_is_told_at_once_when_they_stream(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", symbols=("BTCUSDT", "ETHUSDT"), prints=900)
    async with exchange_of(recording, speed=60.0) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT",)) as rig:
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 20, "some prints")
        exchange.reject_rest(418, 3600.0, None)
        await until(lambda: rig.engine.feed.rest.silence_s() > 3000, "the ban", seconds=45)
        async with asyncio.timeout(3):
            answer = await rig.engine.commands.submit(Watch(symbols=["ETHUSDT"]), "test")
        assert answer["symbols"] == ["binance:BTCUSDT", "binance:ETHUSDT"]
        assert answer["note"].startswith("binance asked for silence: what is new streams in 3,")
        async with asyncio.timeout(3):
            with pytest.raises(UsageError, match="does not list 'NOPEUSDT'"):
                await rig.engine.commands.submit(Watch(symbols=["NOPEUSDT"]), "test")
            answer = await rig.engine.commands.submit(Unwatch(symbols=["ETHUSDT"]), "test")
        assert answer == {"symbols": ["binance:BTCUSDT"]}
