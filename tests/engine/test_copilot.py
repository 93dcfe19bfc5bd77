"""The copilot of a real engine: it sees what strategies do, keeps its advice on the ledger, and notes what was done about it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from engine_rig import Rig, exchange_of, running, until, write_recording

from core.advice_orders import DismissAdvice, MuteAdvice
from core.commands import Flatten, Pause
from core.copilot.entry import Entry
from core.copilot.facts import TrendFact
from core.engine.copilot import Copilot
from core.engine.copilot_asked import NOT_RUNNING, Asked
from core.engine.copilot_machine import Points, Rises, Since
from core.engine.requests import Requests
from core.errors import UsageError
from core.store.ledger_reader import read_commands
from core.types import SECOND


async def losing(rig: Rig) -> str:
    """A strategy that trades often, loses, and holds a position."""
    id_ = await rig.register("sma_crossover", params={"fast": 2, "slow": 5})
    await rig.play()
    return id_


def look(rig: Rig, times: int = 2) -> dict[str, Any]:
    """Look so often; what is told then."""
    for _ in range(times):
        rig.engine.copilot.look()
    return rig.engine.copilot.answer()


def about(answer: dict[str, Any], rule: str) -> dict[str, Any]:
    (row,) = [row for row in answer["rows"] if row["rule"] == rule]
    return row


async def stored(rig: Rig) -> dict[str, Entry]:
    return {row["advice_id"]: Entry.of(row) for row in await rig.engine.ledger.advice.newest(100)}


async def test_it_sees_what_a_strategy_did_and_says_so_with_its_numbers(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await losing(rig)
        answer = look(rig)
        facts = rig.engine.copilot.facts
        assert facts is not None
        seen, figures = facts.strategies[id_], rig.engine.roster[id_].figures
        assert figures is not None
        fills = await rig.fills(id_)
        assert (seen.fills, len(seen.trips), seen.position) == (len(fills), figures.trades, figures.position)
        assert sum(trip > 0 for trip in seen.trips) == figures.wins
        assert seen.paid_bps == pytest.approx(4.0)
        assert facts.exposure == pytest.approx(abs(figures.position) * fills[-1]["price"], rel=0.01)
        row = about(answer, "drawdown")
        assert row["subject"] == id_
        assert dict((label, value) for label, value, _ in row["evidence"])["drawdown"] == pytest.approx(seen.fall_pct)
        assert answer["state"] == "ready"
        assert answer["note"] == NOT_RUNNING
        assert (await Requests(rig.engine).ask("advice", {}))["rows"] == rig.engine.copilot.answer()["rows"]


async def test_what_was_done_about_it_is_noted_whoever_did_it(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await losing(rig)
        first = about(look(rig), "drawdown")
        await rig.engine.commands.submit(Pause(id=id_), "cli")
        row = about(rig.engine.copilot.answer(), "drawdown")
        assert (row["id"], row["acted"]) == (first["id"], "pause")
        await rig.engine.ledger.wait_committed()
        entry = (await stored(rig))[row["id"]]
        assert (entry.acted, entry.before["position"]) == ("pause", rig.engine.copilot.facts.strategies[id_].position)  # type: ignore[union-attr]


@pytest.mark.slow
async def test_something_done_to_another_strategy_is_nothing_done_about_it(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        other = await rig.register("momentum", "ETHUSDT")
        await losing(rig)
        look(rig)
        await rig.engine.commands.submit(Pause(id=other), "cli")
        assert about(rig.engine.copilot.answer(), "drawdown")["acted"] == ""
        await rig.engine.commands.submit(Flatten(id=None), "cli")
        assert about(rig.engine.copilot.answer(), "drawdown")["acted"] == "flatten"


async def test_advice_dismissals_mutes_and_scores_survive_a_restart(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a")
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        await losing(rig)
        rows = look(rig)["rows"]
        dismissed = about({"rows": rows}, "drawdown")
        await rig.engine.commands.submit(DismissAdvice(id=dismissed["id"]), "cli")
        await rig.engine.commands.submit(MuteAdvice(rule="exposure", until_ns=rig.engine.clock.now_ns() + 3_600 * SECOND), "cli")
        rig.engine.ledger.advice.put([Entry("advice-99", "disk", "disk", "note", "…", 1, 1, ended_ns=2, outcome="hit").columns()])
    kinds = [row["kind"] for row in read_commands(tmp_path / "home" / "ledger.db")]
    assert kinds[-2:] == ["dismiss_advice", "mute_advice"]
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        await until(lambda: rig.engine.copilot.board.number >= 99, "the copilot took up what was")
        assert {entry.id for entry in rig.engine.copilot.board.lines.values()} >= {row["id"] for row in rows}
        answer = rig.engine.copilot.answer()
        assert not [row for row in answer["rows"] if row["rule"] in ("drawdown", "exposure")]
        assert answer["dismissed"] == 1
        assert [(mute["rule"], mute["subject"]) for mute in answer["mutes"]] == [("exposure", None)]
        (score,) = [rule for rule in answer["rules"] if rule["rule"] == "disk"]
        assert (score["hit_rate"], score["judged"]) == (1.0, 1)


async def test_what_cannot_be_dismissed_or_muted_is_refused_in_words(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        for command, words in (
            (DismissAdvice(id="advice-7"), "no advice 'advice-7' lasts"),
            (MuteAdvice(until_ns=1), "say what to hear nothing of"),
            (MuteAdvice(rule="weather", until_ns=1), "no rule 'weather': regime against, "),
        ):
            with pytest.raises(UsageError, match=words):
                await rig.engine.commands.submit(command, "cli")


async def test_a_copilot_that_fails_is_an_alarm_and_no_end_of_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.copilot.LOOK_S", 0.01)
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        seen = rig.engine.copilot.gathering.look
        monkeypatch.setattr(rig.engine.copilot.gathering, "look", lambda: json.loads("{"))
        await until(lambda: any("the copilot failed" in row.text and row.open for row in rig.engine.alarms.rows()), "an alarm")
        monkeypatch.setattr(rig.engine.copilot.gathering, "look", seen)
        await until(lambda: not any("the copilot failed" in row.text and row.open for row in rig.engine.alarms.rows()), "its end")
        assert rig.engine.failure is None


async def test_a_market_that_turned_against_a_strategy_is_told_where_the_analyst_runs(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await losing(rig)
        told = {"trend": "uptrend"}

        async def ask(what: str, args: dict[str, Any]) -> dict[str, Any]:
            cells = {interval: {"trend": told["trend"], "confidence": 0.8} for interval in args["intervals"]}
            return {"rows": [{"symbol": "binance:BTCUSDT", "cells": cells}], "state": "ready", "note": ""}

        copilot = rig.engine.copilot = Copilot(rig.engine, lambda: ask)
        await copilot.asked.round()
        assert not [row for row in look(rig)["rows"] if row["rule"] == "regime against"]
        told["trend"] = "sideways"
        await copilot.asked.round()
        row = about(look(rig), "regime against")
        assert row["subject"] == id_
        assert row["text"].startswith("BTCUSDT turned sideways (5m): sma_crossover-1 lost ")
        assert copilot.answer()["note"] == ""


class Book:
    """Alert rules that watch pairs."""

    def series(self, kind: str) -> list[str]:
        return ["binance:A binance:B 5m 60 ols"] if kind == "pair" else []


class Home:
    """As much of an engine as is asked about."""

    def __init__(self) -> None:
        self.sentinel = type("Sentinel", (), {"book": Book()})()
        self.market = type("Market", (), {"watched": ["binance:A", "binance:B"]})()


async def test_a_pair_remembers_the_last_p_under_its_line() -> None:
    p = [0.01, 0.31, 0.5]

    async def ask(what: str, args: dict[str, Any]) -> dict[str, Any]:
        if what == "trends":
            return {"rows": [], "state": "ready", "note": ""}
        assert args == {"a": "binance:A", "b": "binance:B", "interval": "5m", "window": 60, "method": "ols"}
        return {"coint": {"pvalue": p.pop(0)}, "zscore": 2.5, "half_life": None}

    asked = Asked(Home(), lambda: ask)  # type: ignore[arg-type]
    for now, before in ((0.01, 0.01), (0.31, 0.01), (0.5, 0.01)):
        await asked.round()
        (pair,) = asked.pairs
        assert (pair.name, pair.pvalue, pair.p_before, pair.zscore) == ("A/B 5m", now, before, 2.5)


async def test_what_a_trend_was_before_is_kept_until_it_turns_again() -> None:
    trends = ["uptrend", "sideways", "sideways", "volatile"]

    async def ask(what: str, args: dict[str, Any]) -> dict[str, Any]:
        cell = {"trend": trends.pop(0), "confidence": 0.7}
        return {
            "rows": [{"symbol": "A", "cells": {"5m": cell, "15m": {"trend": None, "confidence": None}}}],
            "state": "starting",
            "note": "",
        }

    home = Home()
    home.sentinel.book.series = lambda kind: []
    asked = Asked(home, lambda: ask)  # type: ignore[arg-type]
    found = []
    for _ in range(4):
        await asked.round()
        found.append(asked.trends["binance:A"])
    assert [(one["5m"].trend, one["5m"].was) for one in found] == [
        ("uptrend", ""), ("sideways", "uptrend"), ("sideways", "uptrend"), ("volatile", "sideways"),
    ]  # fmt: skip
    assert found[0] == {"5m": TrendFact("uptrend", 0.7)}
    assert asked.note == "the analyst is starting"
    asked = Asked(home, lambda: None)  # type: ignore[arg-type]
    await asked.round()
    assert asked.note == NOT_RUNNING


def test_rises_of_counters_count_for_an_hour() -> None:
    rises = Rises()
    assert rises.look(0.0, {"a": 5}) == {}
    assert rises.look(10.0, {"a": 8}) == {"a": 3}
    assert rises.look(3_610.0, {"a": 9}) == {"a": 4}
    assert rises.look(3_611.0, {"a": 9}) == {"a": 1}
    assert rises.look(3_612.0, {}) == {}


def test_how_long_something_is_as_it_is_begins_anew_where_it_changes() -> None:
    since = Since()
    assert since.look(5.0, {"a": "warming"}) == {"a": 0.0}
    assert since.look(9.0, {"a": "warming"}) == {"a": 4.0}
    assert since.look(11.0, {"a": "running"}) == {"a": 0.0}


def test_a_disk_that_loses_a_gigabyte_an_hour_loses_24_a_day() -> None:
    points = Points()
    for minute in range(121):
        points.put(60.0 * minute, 100e9 - 1e9 * minute / 60)
    fall, hours = points.fall_a_day(7_200.0)
    assert (fall, hours) == (pytest.approx(24e9), 2.0)
    assert points.ago(7_200.0, 1_800.0) == pytest.approx(98.5e9)
    assert points.ago(7_200.0, 7_201.0) is None


async def test_a_working_order_is_known_until_it_is_filled(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "a")) as exchange, running(tmp_path / "home", exchange) as rig:
        await losing(rig)
        await asyncio.sleep(0)
        orders = await rig.engine.ledger._ask("SELECT strategy_id, symbol FROM orders WHERE state IN ('working', 'partly filled')")
        assert set(rig.engine.blotter.working) == {(row["strategy_id"], row["symbol"]) for row in orders}
