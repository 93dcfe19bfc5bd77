"""Of the weight a venue allows, calls nobody waits for use most, and leave some to those somebody does wait for."""

from __future__ import annotations

import asyncio

import pytest

from core.feed.quota import BACKGROUND_SHARE, SPARE_SHARE, Quota
from core.venues.venue import Limits

LIMIT = 6000
PAGE = 4


class HandClock:
    """Stands still until a sleeper moves it on."""

    def __init__(self) -> None:
        self.time = 0.0

    def now_ns(self) -> int:
        return round(self.time * 1e9)

    def monotonic(self) -> float:
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    hand = HandClock()

    async def sleep(seconds: float) -> None:
        hand.time += seconds

    monkeypatch.setattr("core.feed.quota.asyncio.sleep", sleep)
    return hand


@pytest.fixture
def quota(clock: HandClock) -> Quota:
    return Quota(Limits(1024, 5.0, 300, LIMIT, 86_400.0), clock)


async def test_a_long_back_fill_uses_nine_tenths_of_the_weight_in_every_minute(quota: Quota, clock: HandClock) -> None:
    sent = []
    while clock.time < 600:
        await quota.weight(PAGE, background=True)
        sent.append(clock.time)
    for minute in range(0, 540, 60):
        used = PAGE * sum(minute <= at < minute + 60 for at in sent)
        assert 0.9 * LIMIT < used <= BACKGROUND_SHARE * LIMIT


async def test_what_is_to_hold_up_nobody_goes_while_most_of_the_weight_is_free_and_calls_are_answered(
    quota: Quota, clock: HandClock
) -> None:
    while not quota.spare_wait(PAGE):
        await quota.weight(PAGE, background=True)
    assert quota.weight_used.used(clock.time) == SPARE_SHARE * LIMIT
    before = clock.time
    await quota.weight(LIMIT * (1 - SPARE_SHARE))
    assert clock.time == before, "all others have the rest of it at once"
    clock.time += 61.0 + quota.spare_wait(PAGE)
    assert quota.spare_wait(PAGE) == 0.0
    quota.hold(7.0)
    assert quota.spare_wait(PAGE) == 7.0
    clock.time += 7.0
    for _ in range(5):
        ticket = quota.calls.admit(clock.time)
        assert ticket is not None
        quota.calls.end(ticket, clock.time, False)
    assert quota.spare_wait(PAGE) > 1.0
    clock.time += quota.calls.open_s
    assert quota.calls.state(clock.time) == "half_open"
    assert quota.spare_wait(PAGE) == 1.0, "the one try is for others"


async def test_a_thousand_pages_go_in_a_fraction_of_a_minute(quota: Quota, clock: HandClock) -> None:
    for _ in range(1000):
        await quota.weight(PAGE, background=True)
    assert clock.time < 15


async def test_in_the_midst_of_a_back_fill_there_is_weight_left(quota: Quota, clock: HandClock) -> None:
    while quota.weight_used.used(clock.time) + PAGE <= BACKGROUND_SHARE * LIMIT:
        await quota.weight(PAGE, background=True)
    now = clock.time
    for _ in range(round((1 - BACKGROUND_SHARE) * LIMIT / PAGE)):
        await quota.weight(PAGE)
    assert clock.time == now


async def test_a_call_that_is_waited_for_goes_before_those_in_the_background(
    quota: Quota, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    while quota.weight_used.used(clock.time) + PAGE <= BACKGROUND_SHARE * LIMIT:
        await quota.weight(PAGE, background=True)
    sleeps = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        sleeps.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("core.feed.quota.asyncio.sleep", sleep)
    waiting = asyncio.create_task(quota.weight(PAGE, background=True))
    await sleeps.wait()
    await quota.weight(PAGE)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_silence_holds_both(quota: Quota, clock: HandClock) -> None:
    quota.hold(30.0)
    await quota.weight(PAGE, background=True)
    assert clock.time == 30.0
    quota.hold(30.0)
    await quota.weight(PAGE)
    assert clock.time == 60.0
