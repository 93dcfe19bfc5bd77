"""What live indicators lack is asked of the venue one answer after the other, when it is free, and again where it did not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from engine_rig import until
from venue_rig import VenueOf

from core.analyst import words
from core.analyst.words import Past, Reach
from core.clock import SystemClock
from core.engine import analyst_past
from core.engine.analyst_past import AnalystPast
from core.errors import VenueError
from core.types import BAR, MINUTE, SECOND, TICK, Records
from core.venues.venue import RestCall
from core.workers import frames

START = 1_700_006_400 * SECOND


def reach(symbol: str = "BTCUSDT", bars: int = 10) -> Reach:
    return Reach(f"binance:{symbol}", MINUTE, START, START + bars * MINUTE)


def prints() -> Records:
    """One a second."""
    ticks = np.zeros(3600, TICK)
    ticks["ts"] = START + np.arange(3600) * SECOND
    ticks["price"], ticks["qty"] = 100.0 + np.arange(3600) % 7, 1.0
    return ticks


class Rest(VenueOf):
    """A venue that answers, or does not, and may be busy.

    Attributes:
        fails: bare symbols whose bars it does not give, and what it raises.
        busy_s: seconds until it has room.
    """

    def __init__(self) -> None:
        super().__init__(prints())
        self.fails: dict[str, Exception] = {}
        self.busy_s = 0.0
        self.names: list[str] = []

    def spare_s(self, call: RestCall) -> float:
        return self.busy_s

    async def ask(self, call: RestCall, parse: Callable[[bytes], Any], *, background: bool = False) -> Any:
        assert background
        name = str(call.query["symbol"])
        self.names.append(name)
        if name in self.fails:
            raise self.fails[name]
        return await super().ask(call, parse)


class Stage:
    """An engine with that venue, and what the analyst's process is told."""

    def __init__(self) -> None:
        self.rest = Rest()
        self.told: list[Past] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.engine: Any = SimpleNamespace(
            venue=self.rest, feed=SimpleNamespace(rest=self.rest), clock=SystemClock(), stopping=asyncio.Event(),
            no_history_until=float("-inf"), spawn=self._spawn, bare=lambda symbol: symbol.rpartition(":")[2],
        )  # fmt: skip
        self.past = AnalystPast(SimpleNamespace(engine=self.engine, send=self._send))  # type: ignore[arg-type]

    def _spawn(self, work: Any, name: str) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    def _send(self, data: bytes) -> bool:
        ((kind, _, payload),) = frames.Splitter().split(data)
        assert kind == words.PAST
        self.told.append(msgspec.msgpack.decode(payload, type=Past))
        return True

    @property
    def over(self) -> bool:
        return all(task.done() for task in self.tasks)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(analyst_past, "LEAST_S", 0.0)
    monkeypatch.setattr(analyst_past, "FIRST_S", 0.002)
    monkeypatch.setattr(analyst_past, "LOOK_S", 0.005)
    found = Stage()
    yield found
    for task in found.tasks:
        task.cancel()
    await asyncio.gather(*found.tasks, return_exceptions=True)


async def test_each_is_asked_once_and_its_bars_are_told(stage: Stage) -> None:
    wanted = [reach("BTCUSDT"), reach("ETHUSDT")]
    stage.past.want(wanted)
    stage.past.want(wanted)
    await until(lambda: stage.over, "all are asked")
    assert stage.rest.names == ["BTCUSDT", "ETHUSDT"]
    assert [past.reach for past in stage.told] == wanted
    for past in stage.told:
        bars = np.frombuffer(past.bars, BAR)
        assert bars["start"].tolist() == [START + place * MINUTE for place in range(10)]
        assert past.problem == ""


async def test_one_that_fails_is_told_and_asked_again_while_the_others_have_their_turn(stage: Stage) -> None:
    stage.rest.fails["BTCUSDT"] = VenueError("binance refused it")
    stage.past.want([reach("BTCUSDT"), reach("ETHUSDT")])
    await until(lambda: stage.rest.names.count("BTCUSDT") > 3, "it is tried again and again")
    assert stage.rest.names.count("ETHUSDT") == 1
    assert {past.problem for past in stage.told if past.reach == reach("BTCUSDT")} == {"no history from binance: binance refused it"}
    stage.rest.fails.clear()
    await until(lambda: stage.over, "it is answered")
    assert (stage.told[-1].reach, stage.told[-1].problem, len(stage.told[-1].bars)) == (reach("BTCUSDT"), "", 10 * BAR.itemsize)


async def test_the_waits_between_tries_grow(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ceilings: list[float] = []
    rng = SimpleNamespace(uniform=lambda low, high: ceilings.append(high) or 0.0)
    monkeypatch.setattr(stage.past._backoff, "_rng", rng)
    stage.rest.fails["BTCUSDT"] = VenueError("binance refused it")
    stage.past.want([reach("BTCUSDT")])
    await until(lambda: len(ceilings) >= 25, "it is tried often")
    assert ceilings[:4] == [0.002, 0.004, 0.008, 0.016]
    assert max(ceilings) == analyst_past.LONGEST_S


@pytest.mark.parametrize("why", ["budget", "slow"])
async def test_nothing_is_asked_while_others_need_the_venue(stage: Stage, why: str) -> None:
    if why == "budget":
        stage.rest.busy_s = 30.0
    else:
        stage.engine.no_history_until = stage.engine.clock.monotonic() + 30.0
    looks = 0

    def count(call: RestCall) -> float:
        nonlocal looks
        looks += 1
        return stage.rest.busy_s

    stage.rest.spare_s = count  # type: ignore[method-assign]
    stage.past.want([reach()])
    await until(lambda: looks > 5, "it looks whether the venue is free")
    assert stage.rest.names == []
    stage.rest.busy_s, stage.engine.no_history_until = 0.0, float("-inf")
    await until(lambda: stage.over, "it is asked")
    assert len(stage.told) == 1


async def test_what_is_not_wanted_any_more_is_neither_asked_for_again_nor_told(stage: Stage) -> None:
    stage.rest.fails["BTCUSDT"] = VenueError("binance refused it")
    stage.past.want([reach("BTCUSDT")])
    await until(lambda: bool(stage.told), "it failed once")
    stage.past.want([])
    await until(lambda: stage.over, "nothing is wanted")
    stage.past.want([reach("ETHUSDT")])
    await until(lambda: stage.over, "another one is asked for")
    assert stage.told[-1].reach == reach("ETHUSDT")
    assert not stage.past.wanted


async def test_a_deeper_one_of_the_same_interval_takes_the_place_of_the_one_before(stage: Stage) -> None:
    stage.rest.busy_s = 30.0
    stage.past.want([reach(bars=10)])
    stage.past.want([reach(bars=20)])
    assert list(stage.past.wanted.values()) == [reach(bars=20)]
    stage.rest.busy_s = 0.0
    await until(lambda: stage.over, "it is asked for")
    assert [past.reach for past in stage.told] == [reach(bars=20)]


async def test_an_error_of_ours_is_told_and_ends_no_more_than_the_round(stage: Stage) -> None:
    stage.rest.fails["BTCUSDT"] = ZeroDivisionError("ours")
    stage.past.want([reach("BTCUSDT")])
    await until(lambda: stage.over, "the round ended")
    assert all(task.exception() is None for task in stage.tasks)
    assert [past.problem for past in stage.told] == ["no history: see the log"]
    stage.past.want([reach("ETHUSDT")])
    await until(lambda: stage.over, "the next is asked for")
    assert stage.told[-1].reach == reach("ETHUSDT")
