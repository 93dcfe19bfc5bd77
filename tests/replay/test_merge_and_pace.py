"""Several series become one by time, whatever their batches; and a replay's clock keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from math import inf

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.bar_cuts import Cuts
from core.clock import ManualClock, SystemClock
from core.feed.batch import Counters
from core.feed.feed import Feed
from core.replay.batches import health_of
from core.replay.clock import ReplayClock
from core.replay.goals import BarClose, BarEnd, Moment, NextPrint
from core.research.source_merge import merged
from core.types import SECOND, TICK, Records, Symbols, bar_kind, join
from core.venues.binance import Binance

SERIES = st.lists(st.lists(st.lists(st.integers(0, 12), max_size=6), max_size=5), min_size=1, max_size=4)


def ticks_of(times: list[int], symbol: int = 0, first_id: int = 0) -> Records:
    ticks = np.zeros(len(times), TICK)
    ticks["ts"], ticks["symbol"], ticks["id"] = times, symbol, first_id + np.arange(len(times))
    return ticks


def batches_of(symbol: int, parts: list[list[int]]) -> list[Records]:
    """One series: its times in order, cut where the parts were; no part is empty."""
    times = sorted(ts for part in parts for ts in part)
    made, at = [], 0
    for part in parts:
        if part:
            made.append(ticks_of(times[at : at + len(part)], symbol, at))
            at += len(part)
    return made


@given(SERIES)
def test_any_batches_of_any_series_come_out_by_time_symbol_and_id(parts: list[list[list[int]]]) -> None:
    series = [batches_of(symbol, batches) for symbol, batches in enumerate(parts)]

    def read(batches: list[Records]) -> Iterator[Records]:
        yield from batches

    found = join(list(merged([read(batches) for batches in series])))
    every = join([batch for batches in series for batch in batches])
    wanted = every[np.lexsort((every["id"], every["symbol"], every["ts"]))]
    assert found.tobytes() == wanted.tobytes()


def test_it_reads_no_further_ahead_than_it_must() -> None:
    read = [0, 0]

    def series(number: int) -> Iterator[Records]:
        for at in range(100):
            read[number] += 1
            yield ticks_of([at * 10, at * 10 + 5], number)

    both = merged([series(0), series(1)])
    for _ in range(5):
        next(both)
    assert max(read) <= 10


def test_time_runs_as_many_times_faster_and_stands_still_in_a_pause() -> None:
    machine = ManualClock()
    clock = ReplayClock(1000 * SECOND, machine)
    clock.hold_at(10_000 * SECOND)
    machine.advance(5)
    assert clock.now_ns() == 1000 * SECOND
    clock.run(10.0, True)
    machine.advance(3)
    assert clock.now_ns() == 1030 * SECOND
    clock.run(10.0, False)
    machine.advance(100)
    assert clock.now_ns() == 1030 * SECOND
    clock.run(0.5, True)
    machine.advance(2)
    assert clock.now_ns() == 1031 * SECOND
    assert clock.monotonic() == 110.0


def test_time_never_passes_a_print_that_is_not_out() -> None:
    machine = ManualClock()
    clock = ReplayClock(0, machine)
    clock.run(100.0, True)
    clock.hold_at(5 * SECOND)
    machine.advance(60)
    assert clock.now_ns() == 5 * SECOND
    assert clock.until(5 * SECOND) == 0.0
    clock.reach(5 * SECOND)
    clock.hold_at(50 * SECOND)
    assert clock.until(50 * SECOND) == 0.45
    machine.advance(0.1)
    assert clock.now_ns() == 15 * SECOND


@given(st.lists(st.tuples(st.sampled_from(["run", "reach", "hold", "wait"]), st.integers(0, 100)), max_size=30))
def test_time_never_goes_back(steps: list[tuple[str, int]]) -> None:
    machine = ManualClock()
    clock = ReplayClock(0, machine)
    last = 0
    for what, number in steps:
        if what == "run":
            clock.run(inf if number > 90 else number + 1.0, number % 3 > 0)
        elif what == "reach":
            clock.reach(number * SECOND)
        elif what == "hold":
            clock.hold_at(number * SECOND)
        else:
            machine.advance(number / 10)
        assert clock.now_ns() >= last
        last = clock.now_ns()


def test_goals_stop_where_they_say() -> None:
    ticks = ticks_of([1, 3, 3, 7, 9])
    assert NextPrint().take(ticks) == (1, True)
    assert NextPrint().take(ticks[:0]) == (0, False)
    assert Moment(3).take(ticks) == (1, True)
    assert Moment(4).take(ticks) == (3, True)
    assert Moment(100).take(ticks) == (5, False)
    assert BarClose(3, None).take(ticks) == (2, True)
    assert BarClose(4, None).take(ticks) == (4, True)
    assert BarClose(10, None).take(ticks) == (5, False)
    other = ticks_of([1, 3, 3, 7, 9])
    other["symbol"][1:4] = 1
    assert BarClose(2, 0).take(other) == (5, True)


async def test_the_figures_of_a_replay_are_those_of_any_feed() -> None:
    symbols = Symbols()
    feed = Feed(Binance(symbols), SystemClock(), symbols, on_batch=lambda _batch: None, on_state=lambda _state: None)
    said = feed.health()
    await feed.aclose()
    assert health_of("binance", asdict(Counters()), paused=False).keys() == said.keys()


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=60),
    st.integers(1, 9),
    st.sampled_from(["tick:3", "volume:7", "dollar:9"]),
)
def test_bars_end_at_the_same_prints_however_many_are_looked_at_or_let_out_at_once(
    said: list[tuple[int, int, int]], most: int, text: str
) -> None:
    kind = bar_kind(text)
    ticks = ticks_of(np.cumsum([wait for _, _, wait in said]).tolist())
    ticks["symbol"], ticks["qty"], ticks["price"] = [symbol for symbol, _, _ in said], [qty for _, qty, _ in said], 1.5
    ticks["ts"] += 1
    mine = np.flatnonzero(ticks["symbol"] == 1)
    begins = mine[Cuts(kind).take(ticks.take(mine))[1]] if len(mine) else mine
    cuts, at, ends = Cuts(kind), 0, []
    while at < len(ticks):
        until = BarEnd(cuts, 1)
        reached = False
        while not reached and at < len(ticks):
            count, _ = until.take(ticks[at : at + most])
            assert until.take(ticks[at : at + most])[0] == count, "looking changes nothing"
            out = ticks[at : at + count]
            reached = until.take(out)[1]
            until.seen(out)
            at += count
        ends += [at - 1] if reached else []
    assert ends == begins[1:].tolist()
