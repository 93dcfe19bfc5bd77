"""Indicators through a real engine and the analyst's process: variants kept, values asked for, figures that arrive as prices move."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_rig import Rig, exchange_of, running, until, write_recording

from core.alert_rules import IndicatorRule
from core.commands import RemoveVariant, SetAlert, SetVariant
from core.engine.engine import Engine
from core.errors import UsageError
from core.indicators.catalogue import discover
from core.indicators.over import Wanted, values_sheet
from core.indicators.variant_text import FILE
from core.research.source_tape import open_tape
from core.variant import Variant

PRINTS = 700

BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"

PARAMS = {"period": 9, "interval": "5s"}

FAST = Variant(name="fast", indicator="ema", params=PARAMS)


async def asked(engine: Engine, what: str, done: Any, **args: Any) -> dict[str, Any]:
    """The answer once it is what is waited for."""
    answer: dict[str, Any] = {}

    async def look() -> None:
        nonlocal answer
        while not done(answer):
            answer = await engine.analyst.ask(what, args)
            await asyncio.sleep(0.02)

    try:
        await asyncio.wait_for(look(), 100)
    except TimeoutError:
        raise AssertionError(f"{what} did not become what is waited for: {answer}") from None
    return answer


def told_by_the_command(home: Path, symbol: str) -> list[float]:
    """What `cockpit indicators values ema tape:SYMBOL --every tick` gives after each print."""
    sheet = values_sheet(
        Wanted("fast", discover()["ema"], PARAMS, every="tick"), open_tape(f"tape:{symbol}", None, home, None, None, False)
    )
    return [value for stretch in sheet.rows for value in np.asarray(stretch.values[3]).tolist()]


def follows(answer: dict[str, Any]) -> bool:
    return answer["values"][0]["note"] != "warming up"


async def submit(rig: Rig, command: Any) -> Any:
    return await rig.engine.commands.submit(command, "test")


async def test_figures_of_a_variant_arrive_as_the_price_moves_and_are_those_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT", "ETHUSDT"), PRINTS)
    async with exchange_of(recording, speed=40.0) as exchange, running(tmp_path / "home", exchange) as rig:
        engine, home = rig.engine, tmp_path / "home"
        figures: list[tuple[str, float, int]] = []
        series = engine.sentinel.book.series
        monkeypatch.setattr(engine.sentinel.book, "series", lambda kind: ["fast BTCUSDT"] if kind == "indicator" else series(kind))
        monkeypatch.setattr(engine.sentinel, "figure_arrived", lambda name, value, ts_ns: figures.append((name, value, ts_ns)))
        assert (await submit(rig, SetVariant(variant=FAST)))["line"] == "ema"
        for symbol in (BTC, ETH):
            waiting = await asked(engine, "indicator_values", lambda found: found.get("values") and follows(found), symbol=symbol)
            assert (waiting["values"][0]["value"], waiting["values"][0]["note"]) == (None, "PENDING: 9 more bars of 5s needed")
        exchange.resume()
        await exchange.finished.wait()
        await until(lambda: engine.last_seq >= 2 * PRINTS, "all prints released")
        engine.incoming.absorb()
        await engine.tape.flush()
        theirs = told_by_the_command(home, BTC)
        await until(lambda: bool(figures) and figures[-1][1] == theirs[-1], "the newest value arrives as a figure")
        assert {name for name, _, _ in figures} == {"indicator fast BTCUSDT"}
        assert {value for _, value, _ in figures} <= set(theirs)
        assert len({value for _, value, _ in figures}) == len(figures) > 1
        for symbol in (BTC, ETH):
            last = told_by_the_command(home, symbol)[-1]
            found = await asked(
                engine, "indicator_values", lambda found, last=last: found and found["values"][0]["value"] == last, symbol=symbol
            )
            (row,) = found["values"]
            assert (row["variant"], row["line"], row["params"], row["note"]) == ("fast", "ema", PARAMS, "")
            assert (found["state"], found["note"]) == ("ready", "")
            assert row["ts_ns"] > 0


@pytest.mark.slow
async def test_a_rule_on_a_variant_fires_as_the_price_moves(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), PRINTS)  # from 30,000 to below 29,995
    async with exchange_of(recording, speed=40.0) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT",)) as rig:
        await submit(rig, SetVariant(variant=Variant(name="last", indicator="price")))
        rule = IndicatorRule(variant="last", symbol="BTCUSDT", side="below", level=29_995.0)
        id_ = (await submit(rig, SetAlert(rule=rule)))["id"]
        await until(lambda: bool(rig.engine.analyst.feed.wanted), "ticks are asked for")
        exchange.resume()
        await until(lambda: any(row.rule == id_ for row in rig.engine.alarms.rows()), "the rule fires")


@pytest.mark.slow
async def test_an_analyst_that_was_killed_has_the_same_values_again_from_the_tape(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), PRINTS)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT",)) as rig:
        engine = rig.engine
        await submit(rig, SetVariant(variant=FAST))
        await asked(engine, "indicator_values", lambda found: found.get("values") and follows(found), symbol=BTC)
        exchange.resume()
        await exchange.finished.wait()
        await until(lambda: engine.last_seq >= PRINTS, "all prints released")
        engine.incoming.absorb()
        await engine.tape.flush()
        last = told_by_the_command(tmp_path / "home", BTC)[-1]
        await asked(engine, "indicator_values", lambda found: found and found["values"][0]["value"] == last, symbol=BTC)
        killed = engine.analyst.pid
        os.kill(killed, signal.SIGKILL)
        await until(lambda: engine.analyst.state == "ready" and engine.analyst.pid != killed, "another analyst")
        found = await asked(engine, "indicator_values", lambda found: found.get("values") and follows(found), symbol=BTC)
        assert found["values"][0]["value"] == last


async def test_variants_are_kept_through_the_engine_journalled_and_refused_in_one_line(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), 50)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT",)) as rig:
        file = tmp_path / "home" / FILE
        with pytest.raises(UsageError, match="fast: ema: period=0 is not allowed: expected `int` >= 1"):
            await submit(rig, SetVariant(variant=Variant(name="fast", indicator="ema", params={"period": 0})))
        assert not file.exists()
        await submit(rig, SetVariant(variant=FAST))
        with pytest.raises(UsageError, match="there is another variant called fast: remove it first"):
            await submit(rig, SetVariant(variant=FAST, anew=True))
        await submit(rig, SetVariant(variant=Variant(name="fast", indicator="rsi")))
        assert 'indicator = "rsi"' in file.read_text()
        listed = await asked(rig.engine, "indicators", lambda found: found.get("variants"))
        assert [(row["name"], row["indicator"]) for row in listed["variants"]] == [("fast", "rsi")]
        (rsi,) = [row for row in listed["indicators"] if row["name"] == "rsi"]
        assert rsi["params"][0]["ge"] == 1
        await submit(rig, RemoveVariant(name="fast"))
        with pytest.raises(UsageError, match="no variant 'fast'; there are: none"):
            await submit(rig, RemoveVariant(name="fast"))
        rows = await rig.engine.ledger.commands()
        assert [row["kind"] for row in rows] == ["set_variant", "set_variant", "remove_variant"]
        assert all(row["after_seq"] is not None for row in rows)
        assert [(row.kind, row.subject) for row in rig.engine.trail.rows] == [
            ("remove_variant", "fast"), ("set_variant", "fast: rsi"), ("set_variant", "fast: ema"),
        ]  # fmt: skip


async def test_lines_lie_on_the_bars_of_the_chart(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a", ("BTCUSDT",), PRINTS)
    async with exchange_of(recording, held=False) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT",)) as rig:
        await exchange.finished.wait()
        await until(lambda: rig.engine.last_seq >= PRINTS, "all prints released")
        wanted = [{"indicator": "bollinger", "params": {"period": 5}}, {"indicator": "none"}]
        found = await asked(
            rig.engine, "indicator_series", lambda found: found.get("series") and not found["loading"],
            symbol="BTCUSDT", interval="5s", count=10, indicators=wanted,
        )  # fmt: skip
        bars = rig.engine.charts.bars({"symbol": "BTCUSDT", "interval": "5s", "count": 30})["bars"]
        middle, upper, lower, z, none = found["series"]
        assert [row["line"] for row in (middle, upper, lower, z)] == ["middle", "upper", "lower", "z"]
        assert [row["panel"] for row in (middle, z)] == ["main", "lower"]
        assert middle["ts_ns"] == [bar[0] for bar in bars[-10:]]
        closes = np.array([bar[4] for bar in bars])
        np.testing.assert_allclose(middle["values"], [closes[at - 4 : at + 1].mean() for at in range(len(closes) - 10, len(closes))])
        assert none["note"].startswith("no indicator 'none'")
