"""The memory budget: what is given up at which stage, what comes back, what is never given up; and the ring of recent ticks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine import footprint
from core.engine.alarms import Alarms
from core.engine.blotter import Blotter
from core.engine.gate import Gate
from core.engine.market import Market
from core.engine.memory import MB, SLACK, STAGES, Ladder, Memory
from core.engine.recent import Recent
from core.errors import CockpitError
from core.types import QUOTE, TICK, Records, Symbols

BUDGET = 500
ENGINE = os.getpid()


class Room:
    """An engine as far as memory knows it, whose processes hold what the test says."""

    def __init__(self, *workers: int) -> None:
        self.held = {ENGINE: 100, **dict.fromkeys(workers, 80)}
        self.recycled: list[tuple[int, str]] = []
        self.reading = True
        self.now = 0.0
        ready = SimpleNamespace(is_set=lambda: True)
        self.engine: Any = SimpleNamespace(  # what memory knows of an engine
            pool=SimpleNamespace(workers=[SimpleNamespace(pid=pid, ready=ready) for pid in workers]),
            alarms=Alarms(lambda: int(self.now * 1e9), lambda: None),
            recent=Recent(),
            blotter=Blotter("paper"),
            market=Market(Symbols(), 10.0),
            roster=[],
            analyst=SimpleNamespace(pid=0),
            rescue=SimpleNamespace(recycle=self.recycle),
            pauses=SimpleNamespace(collect=lambda thorough: 0, collect_young=lambda: 0),
            gate=Gate(lambda: self.read(False), lambda: self.read(True)),
        )
        self.memory = Memory(cast(Any, self.engine), BUDGET, weigh=self.weigh, glance=self.weigh)

    def weigh(self, pids: Iterable[int]) -> dict[int, int]:
        return {pid: self.held[pid] * MB for pid in pids}

    def read(self, on: bool) -> None:
        self.reading = on

    async def recycle(self, worker: Any, reason: str) -> None:
        self.recycled.append((worker.pid, reason))
        self.held[worker.pid] = 80

    async def look(self, seconds: float = 10.0, **held: int) -> int:
        """Let time pass, see what memory does; `engine` and `w1`, `w2`, … hold so many MB from now on. Returns the stage."""
        self.now += seconds
        self.held |= {ENGINE if name == "engine" else int(name[1:]): mb for name, mb in held.items()}
        await self.memory.look(self.now)
        return self.memory.stage

    def open_alerts(self) -> list[str]:
        return [row.text for row in self.engine.alarms.rows() if row.open]


async def test_within_the_budget_nothing_is_given_up() -> None:
    room = Room(1, 2)
    assert await room.look() == 0
    figures = room.memory.figures()
    assert (figures["budget_mb"], figures["used_mb"], figures["engine_mb"], figures["workers_mb"]) == (500, 260, 100, 160)
    assert figures["shed"] == {"quotes": 0}
    room.memory.admit("a strategy")
    assert not room.open_alerts()


async def test_caches_shrink_at_four_fifths_and_grow_again_once_there_is_room() -> None:
    room = Room(1)
    await room.look()
    assert await room.look(engine=330) == 1
    assert (room.engine.recent.most, room.engine.blotter.lines.maxlen) == (20_000, 100)
    assert any("caches shrink" in text for text in room.open_alerts())
    assert await room.look(engine=310) == 1, "just below is not enough"
    assert await room.look(engine=200) == 0
    assert (room.engine.recent.most, room.engine.blotter.lines.maxlen) == (200_000, 500)
    assert not room.open_alerts()


async def test_a_full_budget_takes_nothing_new_on_and_says_why() -> None:
    room = Room(1)
    await room.look()
    assert await room.look(engine=430) == 2
    with pytest.raises(CockpitError, match=r"no room for a strategy: memory 510 of 500 MB; .*engine\.memory_mb"):
        room.memory.admit("a strategy")
    assert room.engine.market.conflated
    assert await room.look(engine=380) == 2
    assert await room.look(engine=360) == 1
    room.memory.admit("a strategy")
    assert not room.engine.market.conflated


async def test_the_biggest_worker_that_outgrew_itself_is_replaced_and_no_other() -> None:
    room = Room(1, 2, 3)
    room.held[3] = 200  # it was that big from the start
    await room.look()
    assert await room.look(w1=150, w2=200) == 3
    assert [pid for pid, _ in room.recycled] == [2]
    assert "it held 200 MB, 80 MB when it was new" in room.recycled[0][1]
    assert room.reading
    assert await room.look() == 2, "that was enough"
    assert [pid for pid, _ in room.recycled] == [2]


async def test_after_a_replacement_it_waits_to_see_what_came_of_it() -> None:
    room = Room(1, 2)
    await room.look()
    await room.look(w1=400, w2=390)
    assert len(room.recycled) == 1
    await room.look(seconds=1.0, w1=400)
    assert len(room.recycled) == 1
    await room.look(seconds=6.0)
    assert [pid for pid, _ in room.recycled] == [1, 1], "the biggest first"


async def test_reading_stands_still_only_when_nothing_else_helps() -> None:
    room = Room(1)
    await room.look()
    assert await room.look(engine=600, w1=200) == 4
    assert room.reading, "a worker outgrew itself: that comes first"
    assert await room.look() == 3
    assert room.reading
    assert await room.look(engine=700) == 4
    assert not room.reading
    assert any("reading stands still" in text for text in room.open_alerts())
    assert await room.look(engine=600) == 3
    assert room.reading


async def test_reading_goes_on_where_the_processes_need_more_than_the_budget_from_the_start() -> None:
    room = Room(*range(1, 12))  # 11 workers of 80 MB
    assert await room.look() == 4
    await room.look()
    assert room.reading
    assert not room.recycled
    assert any("need 980 MB by themselves: raise engine.memory_mb" in text for text in room.open_alerts())


async def test_reading_that_someone_else_holds_is_not_resumed() -> None:
    room = Room()
    await room.look()
    await room.look(engine=900)
    room.engine.gate.hold("tape")
    await room.look(engine=100)
    assert not room.reading
    room.engine.gate.release("tape")
    assert room.reading


async def test_a_sudden_growth_is_weighed_at_once() -> None:
    room = Room()
    await room.look()
    assert await room.look(seconds=1.0, engine=140) == 0
    assert await room.look(seconds=1.0, engine=800) == 4


@given(st.lists(st.floats(0, 3), max_size=50))
def test_a_stage_begins_at_its_share_and_ends_with_room_below(loads: list[float]) -> None:
    ladder = Ladder()
    for load in loads:
        before = ladder.stage
        stage = ladder.step(load)
        assert stage >= sum(load >= begin for begin in STAGES)
        if stage > before:
            assert load >= STAGES[stage - 1]
        assert stage == 0 or load >= STAGES[stage - 1] - SLACK


def test_a_process_is_weighed_and_one_that_is_gone_is_not() -> None:
    held = footprint.proportional([ENGINE, 2**22 + 1])
    assert set(held) == {ENGINE}
    assert 10 * MB < held[ENGINE] <= 1.1 * footprint.resident([ENGINE])[ENGINE]


def quotes(*recv_ms: int) -> Records:
    made = np.zeros(len(recv_ms), QUOTE)
    made["recv"] = np.array(recv_ms) * 1_000_000
    made["bid"], made["ask"] = recv_ms, recv_ms
    return made


def test_while_memory_is_short_quotes_alone_are_taken_now_and_then_and_counted() -> None:
    market = Market(Symbols(), 10.0)
    market.watch(["binance:BTCUSDT"])
    market.conflated = True
    no_ticks = np.empty(0, TICK)
    for at in (1000, 1100, 1200):
        market.take(no_ticks, quotes(at))
    assert (market.of(0).bid, market.quotes_shed) == (1000, 2)
    market.take(no_ticks, quotes(1300))
    assert market.of(0).bid == 1300
    market.take(np.zeros(1, TICK), quotes(1310))
    assert market.of(0).bid == 1310, "with a print they are always taken"
    market.conflated = False
    market.take(no_ticks, quotes(1311))
    assert (market.of(0).bid, market.quotes_shed) == (1311, 2)


def test_a_spark_line_that_shrinks_keeps_its_newest_points() -> None:
    market = Market(Symbols(), 10.0)
    market.of(0).spark.extend(range(60))
    market.keep(20)
    assert list(market.of(0).spark) == list(range(40, 60))
    assert market.of(1).spark.maxlen == 20


def batch(first: int, count: int) -> Records:
    made = np.zeros(count, TICK)
    made["seq"] = np.arange(first, first + count)
    return made


@given(
    most=st.integers(1, 40),
    steps=st.lists(st.one_of(st.tuples(st.just("add"), st.integers(0, 60)), st.tuples(st.just("keep"), st.integers(1, 60))), max_size=30),
)
def test_recent_ticks_are_the_newest_ones_whole_or_known_to_be_gone(most: int, steps: list[tuple[str, int]]) -> None:
    recent, told = Recent(most), 100  # numbers begin somewhere
    for step, number in steps:
        if step == "add":
            recent.add(batch(told + 1, number))
            told += number
        else:
            recent.keep(number)
            most = number
    assert recent.count <= most
    for seq in range(100, told + 1):
        since = recent.since(seq)
        if since is None:
            assert seq < recent.floor
        else:
            assert since["seq"].tolist() == list(range(seq + 1, told + 1))
    assert told - recent.floor <= most or told == 100


def test_recent_ticks_do_not_keep_the_batches_they_came_in() -> None:
    recent = Recent(100)
    big = batch(1, 50)
    recent.add(big[:1])
    big["seq"][0] = 7
    since = recent.since(0)
    assert since is not None
    assert since["seq"].tolist() == [1]
