"""An engine that begins late: its variants are known at once, of bars that the exchange has, and are what a tape of all prints gives."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from engine_rig import Rig, exchange_of, running, until, write_recording
from replay_rig import START, Played, recorded

from core.clock import iso
from core.commands import SetVariant
from core.engine import analyst_past
from core.indicators.catalogue import discover
from core.indicators.over import Wanted, values_sheet
from core.research.source_tape import open_tape
from core.types import SECOND
from core.variant import Variant

PRINTS = 2400

BTC = "binance:BTCUSDT"

SLOW = Variant(name="slow", indicator="sma", params={"period": 30, "interval": "5s"})
RSI = Variant(name="fast", indicator="rsi", params={"period": 25, "interval": "5s"})


def newest(rig: Rig) -> int:
    """When the newest print was, ns."""
    return rig.engine.market.of(rig.engine.symbols[BTC]).last_ts


async def rows(rig: Rig | Played, done: Any) -> dict[str, dict[str, Any]]:
    """What the variants are, once that is what is waited for."""
    found: dict[str, dict[str, Any]] = {}

    async def look() -> None:
        nonlocal found
        while not (found and done(found)):
            answer = await rig.engine.analyst.ask("indicator_values", {"symbol": BTC})
            found = {row["variant"]: row for row in answer.get("values", [])}
            await asyncio.sleep(0.02)

    try:
        await asyncio.wait_for(look(), 100)
    except TimeoutError:
        raise AssertionError(f"they did not become what is waited for: {found}") from None
    return found


def of_the_tape(home: Path, variant: Variant) -> float:
    """What `cockpit indicators values --every tick` ends with."""
    wanted = Wanted(variant.name, discover()[variant.indicator], variant.params, every="tick")
    *_, last = values_sheet(wanted, open_tape("tape:BTCUSDT", None, home, None, None, False)).rows
    return float(last.values[3][-1])


@pytest.mark.slow
async def test_a_young_tape_is_preceded_by_the_bars_of_the_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst_past, "FIRST_S", 0.2)
    monkeypatch.setattr(analyst_past, "LEAST_S", 0.1)
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), PRINTS)
    async with exchange_of(recording, speed=60.0) as exchange, running(tmp_path / "old", exchange, ("BTCUSDT",)) as old:
        exchange.resume()
        await until(lambda: old.engine.market.ticks_total > PRINTS // 2, "half of it is over")
        exchange.pause()
        async with running(tmp_path / "young", exchange, ("BTCUSDT",)) as rig:
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 50, "the young one has some prints")
            exchange.pause()
            exchange.reject_rest(400, count=None)
            for variant in (SLOW, RSI):
                await rig.engine.commands.submit(SetVariant(variant=variant), "test")
            waiting = await rows(rig, lambda found: len(found) == 2 and all("asked again" in row["note"] for row in found.values()))
            for row in waiting.values():
                assert (row["value"], row["venue_bars"]) == (None, 0)
                assert re.match(r"PENDING: \d\d more bars of 5s needed; binance is asked again: no history from binance: ", row["note"])
            exchange.reject_rest(400, count=0)
            known = await rows(rig, lambda found: all(row["value"] is not None for row in found.values()))
            assert all(row["venue_bars"] > 10 and row["note"] == "" for row in known.values())
            exchange.resume()
            await exchange.finished.wait()
            await until(lambda: old.engine.market.ticks_total == PRINTS and newest(rig) == newest(old), "both have it all")
            for one in (old, rig):
                one.engine.incoming.absorb()
                await one.engine.tape.flush()
            assert rig.engine.market.ticks_total < old.engine.market.ticks_total == PRINTS
            theirs = {variant.name: of_the_tape(tmp_path / "old", variant) for variant in (SLOW, RSI)}
            ends = await rows(rig, lambda found: {name: row["value"] for name, row in found.items()} == theirs)
            assert [row["venue_bars"] for row in ends.values()] == [0, 0], "our own bars have taken their place"


@pytest.mark.slow
async def test_in_a_replay_what_was_recorded_before_the_span_is_the_history(tmp_path: Path) -> None:
    async with recorded(tmp_path, "BTCUSDT", span=f"@{iso(START + 200 * SECOND)}..") as played:
        await played.do(SetVariant(variant=SLOW))
        for _ in range(3):
            await played.step()
        await played.settle()
        known = await rows(played, lambda found: found["slow"]["value"] is not None)
        assert known["slow"]["venue_bars"] == 30
        await played.to_end()
        theirs = of_the_tape(tmp_path, SLOW)
        await rows(played, lambda found: found["slow"]["value"] == theirs)
