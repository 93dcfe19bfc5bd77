"""The wall clock is set by an hour while everything runs; timers are monotonic and notice nothing, and the step is reported."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from feed_rig import QUICK, recording, running, until

from core.clock import ManualClock, StepWatch, SystemClock

HOUR = 3600.0


class SetClock(SystemClock):
    """The machine's clock, whose wall time a person sets."""

    def __init__(self) -> None:
        self.set_by_ns = 0

    def now_ns(self) -> int:
        return time.time_ns() + self.set_by_ns


class TwoHands:
    """Wall and monotonic time, each moved by hand; as a process that is stopped between reading them sees them."""

    def __init__(self) -> None:
        self.wall_s = 1_000_000.0
        self.mono_s = 0.0
        self.stops = 0

    def now_ns(self) -> int:
        return int(self.wall_s * 1e9)

    def monotonic(self) -> float:
        if self.stops:
            self.stops -= 1
            self.wall_s, self.mono_s = self.wall_s + 5, self.mono_s + 5
        return self.mono_s


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("market"), prints=4000)


@pytest.mark.parametrize("by_s", [HOUR, -HOUR])
async def test_a_step_of_an_hour_is_reported_and_disturbs_nothing(market: Path, by_s: float) -> None:
    clock = SetClock()
    async with running(market, timing=replace(QUICK, stale_after_s=2.0, reconnect_after_s=4.0), clock=clock) as rig:
        await until(lambda: rig.feed.skew_ms is not None)
        before, asked = rig.feed.skew_ms, len(rig.asked("time"))
        assert before is not None
        rig.exchange.skip("BTCUSDT", 5)
        clock.set_by_ns = int(by_s * 1e9)
        await until(lambda: rig.feed.health()["clock_steps"] == 1)
        assert rig.feed.health()["last_step_s"] == pytest.approx(by_s, abs=0.5)
        await until(lambda: len(rig.asked("time")) > asked)  # not in ten minutes: now
        await until(lambda: rig.feed.skew_ms is not None and abs(before - rig.feed.skew_ms - by_s * 1000) < 500)
        await rig.goes_on(300)
        health = rig.feed.health()
        assert health["clock_steps"] == 1
        assert health["counters"]["reconnects"] == 0
        assert len(rig.exchange.connects) == 1
        assert rig.tape.words() == ["connecting", "live"]
        assert rig.tape.gaps == {}
        assert health["held_s"] == 0
        rig.assert_complete()


async def test_a_venue_whose_clock_is_off_is_seen_at_the_next_connect(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.feed.venue_clock.SOON_S", 0.1)
    async with running(market, timing=QUICK) as rig:
        await until(lambda: rig.feed.skew_ms is not None)
        before = rig.feed.skew_ms
        assert before is not None
        rig.exchange.clock_skew_ms = 90_000.0
        await rig.exchange.drop_connections()
        await until(lambda: rig.feed.skew_ms is not None and abs(rig.feed.skew_ms - before - 90_000) < 1000)
        assert rig.feed.health()["skew_error_ms"] < 1000


async def test_an_answer_that_took_long_tells_no_time(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the round trip is how wrong it may be: a slow venue must not look like a wrong clock."""
    monkeypatch.setattr("core.feed.venue_clock.RETRY_S", 0.1)
    monkeypatch.setattr("core.feed.venue_clock.SOON_S", 0.1)
    monkeypatch.setattr("core.feed.venue_clock.LONGEST_TRIP_S", 0.4)
    async with running(market, timing=QUICK) as rig:
        await until(lambda: rig.feed.skew_ms is not None)
        before = rig.feed.skew_ms
        assert before is not None
        rig.exchange.slow_rest(0.8, for_s=3.0)
        await rig.exchange.drop_connections()
        await until(lambda: "to tell its time" in rig.feed.trouble)
        assert rig.feed.skew_ms == before
        await until(lambda: not rig.feed.trouble)


def test_only_a_step_of_more_than_a_second_is_one() -> None:
    clock = TwoHands()
    watch = StepWatch(clock)
    for wall, mono, step in ((10.0, 10.0, 0.0), (10.9, 10.0, 0.0), (11.5, 10.0, 1.5), (8.0, 10.0, -2.0), (1.0, 1.0, 0.0)):
        clock.wall_s, clock.mono_s = clock.wall_s + wall, clock.mono_s + mono
        assert watch.look() == pytest.approx(step)
    assert watch.steps == 2
    assert watch.last_s == pytest.approx(-2.0)


def test_many_small_differences_are_no_step() -> None:
    clock = TwoHands()
    watch = StepWatch(clock)
    for _ in range(1000):
        clock.wall_s, clock.mono_s = clock.wall_s + 1.0005, clock.mono_s + 1.0
        assert watch.look() == 0.0


def test_a_process_that_is_stopped_while_it_looks_sees_no_step() -> None:
    clock = TwoHands()
    watch = StepWatch(clock)
    clock.stops = 2
    assert watch.look() == 0.0


def test_a_clock_that_moves_only_when_told_to_never_steps() -> None:
    clock = ManualClock()
    watch = StepWatch(clock)
    clock.advance(3600)
    assert watch.look() == 0.0
