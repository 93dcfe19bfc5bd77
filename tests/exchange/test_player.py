"""When the exchange releases what, on a clock the test holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from exchange_support import recorded, until

from core.exchange.generated import GeneratedMarket
from core.exchange.hub import Hub
from core.exchange.market import Market
from core.exchange.player import Player
from core.exchange.rows import Kind, Segment
from core.exchange.scenario import Instrument, Scenario
from core.types import MINUTE, SECOND

NOON = 1_795_262_400_000_000_000

Sent = list[tuple[Kind, int, int]]


class Listener(Hub):
    """A hub that only notes what it was to send; `full` when told."""

    def __init__(self, market: Market) -> None:
        super().__init__(market.listings)
        self.sent: Sent = []
        self.busy = False

    @property
    def full(self) -> bool:
        return self.busy

    @property
    def listening(self) -> bool:
        return True

    def publish(self, segment: Segment, start: int, end: int) -> None:
        for kind, symbol, row in zip(segment.kind[start:end], segment.symbol[start:end], segment.row[start:end], strict=True):
            self.sent.append((Kind(kind), int(symbol), int(segment.rows[Kind(kind), int(symbol)][row]["when"])))


class Held:
    """A clock that moves when told to."""

    def __init__(self, ns: int = 0) -> None:
        self.ns = ns

    def seconds(self) -> float:
        return self.ns / 1e9


@asynccontextmanager
async def playing(player: Player) -> AsyncIterator[None]:
    task = asyncio.create_task(player.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def sends_no_more_than(count: int, hub: Listener) -> bool:
    """It comes to that many events, and on a clock that stands still to no more."""
    await until(lambda: len(hub.sent) >= count)
    # Three of the player's longest naps: on one event loop none of them can end after this one.
    await asyncio.sleep(0.15)
    return len(hub.sent) == count


@pytest.mark.parametrize("speed", [1.0, 10.0])
async def test_a_recording_is_released_at_its_own_pace_times_the_speed(tmp_path: Path, speed: float) -> None:
    market, clock = recorded(tmp_path), Held()
    hub = Listener(market)
    player = Player(market, hub, speed=speed, monotonic=clock.seconds)
    async with playing(player):
        player.start()
        assert await sends_no_more_than(1, hub)
        clock.ns = int(0.101 * SECOND / speed)
        # Two trades, their aggregate and a quote of the other symbol came in the first 0.1 s.
        assert await sends_no_more_than(5, hub)
        clock.ns = int(0.141 * SECOND / speed)
        assert await sends_no_more_than(13, hub)
        clock.ns = int(9 * SECOND / speed)
        await until(player.finished.is_set)
    assert len(hub.sent) == 18


async def test_a_pause_does_not_count_as_playing_time(tmp_path: Path) -> None:
    market, clock = recorded(tmp_path), Held()
    hub = Listener(market)
    player = Player(market, hub, monotonic=clock.seconds)
    async with playing(player):
        player.start()
        assert await sends_no_more_than(1, hub)
        player.pause()
        clock.ns += 100 * SECOND
        player.resume()
        assert await sends_no_more_than(1, hub)
        clock.ns += 101_000_000
        assert await sends_no_more_than(5, hub)


async def test_a_recording_held_from_the_first_begins_when_it_is_let_go(tmp_path: Path) -> None:
    market, clock = recorded(tmp_path), Held()
    hub = Listener(market)
    player = Player(market, hub, monotonic=clock.seconds)
    player.pause()
    async with playing(player):
        clock.ns += 5 * SECOND
        player.start()
        await asyncio.sleep(0)
        clock.ns += 5 * SECOND
        player.resume()
        assert await sends_no_more_than(1, hub)
        clock.ns += 101_000_000
        assert await sends_no_more_than(5, hub)


async def test_a_recording_waits_for_the_slowest_reader(tmp_path: Path) -> None:
    market = recorded(tmp_path)
    hub = Listener(market)
    hub.busy = True
    player = Player(market, hub, speed=0)
    async with playing(player):
        player.start()
        assert await sends_no_more_than(18, hub)
        assert not player.finished.is_set()
        hub.busy = False
        await until(player.finished.is_set)


async def test_a_live_market_is_released_by_the_wall_clock_across_minutes() -> None:
    clock = Held(NOON + 59 * SECOND)
    scenario = Scenario(instruments=[Instrument(base="BTC", price=100.0, trades_per_s=20.0), Instrument(base="ETH", price=10.0)])
    market = GeneratedMarket(scenario, lambda: clock.ns)
    hub = Listener(market)
    player = Player(market, hub)
    async with playing(player):
        for step in range(1, 5):
            clock.ns = NOON + 59 * SECOND + step * SECOND // 2
            await until(lambda: market.visible >= clock.ns - 1)
            assert all(when <= clock.ns for _, _, when in hub.sent)
    due: Sent = []
    for number in (NOON // MINUTE, NOON // MINUTE + 1):
        for kind in Kind:
            for symbol in (0, 1):
                whens = market.rows(kind, symbol, number)["when"].tolist()
                due += [(kind, symbol, when) for when in whens if NOON + 59 * SECOND < when <= clock.ns]
    assert sorted(hub.sent) == sorted(due)
    assert [when for _, _, when in hub.sent] == sorted(when for _, _, when in due)
    assert len(due) > 30


async def test_a_paused_live_market_catches_up_when_resumed() -> None:
    clock = Held(NOON)
    market = GeneratedMarket(Scenario(instruments=[Instrument(base="BTC", price=100.0, trades_per_s=20.0)]), lambda: clock.ns)
    hub = Listener(market)
    player = Player(market, hub)
    async with playing(player):
        await until(lambda: market.visible >= NOON)
        player.pause()
        clock.ns += 5 * SECOND
        assert await sends_no_more_than(0, hub)
        player.resume()
        await until(lambda: market.visible >= clock.ns - 1)
    assert len(hub.sent) > 60
