"""Missing prints are fetched in pages, in order, within the limits, and what the venue does not have is said so."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from feed_doubles import CALM, ids_of, ticks_of
from feed_toy_exchange import ToyExchange, until

from core.clock import SystemClock
from core.feed.backfill import MOST_ASKED, Backfill
from core.feed.batch import GapEvent
from core.feed.intake import Intake
from core.feed.quality import Quality
from core.feed.quota import Quota
from core.feed.rest import Rest
from core.feed.sequencer import Sequencer
from core.types import Symbols
from core.venues.venue import Parsed


class Bench:
    """A back-fill on a toy venue, with the intake it feeds, and what came out of that."""

    def __init__(self, toy: ToyExchange) -> None:
        symbols = Symbols(["binance:BTCUSDT", "binance:ETHUSDT"])
        venue, clock = toy.venue(symbols), SystemClock()
        self.clock = clock
        self.released: list[int] = []
        self.late: list[int] = []
        self.gaps: list[GapEvent] = []
        self.intake = Intake(venue, Sequencer(), deadline_s=30.0)
        self.rest = Rest(venue, Quota(venue.limits, clock), clock)
        self.backfill = Backfill(
            venue,
            self.rest,
            clock,
            self.intake,
            Quality(),
            ready := asyncio.Event(),
            CALM,
            random.Random(1),
            name_of=lambda index: symbols.names[index].partition(":")[2],
            on_news=self.take,
            unknown_after_s=0.2,
        )
        ready.set()
        self.task = asyncio.create_task(self.backfill.run())

    def live(self, ids: list[int], symbol: int = 0) -> None:
        self.intake.receive(Parsed(ticks=ticks_of(ids, symbol=symbol)), self.clock.monotonic())
        self.take()
        self.backfill.wake()

    def take(self) -> None:
        batch = self.intake.take()
        if batch is not None:
            self.released += ids_of(batch.ticks)
            self.late += ids_of(batch.late)
            self.gaps += batch.gaps


@pytest.fixture
async def bench(toy: ToyExchange) -> AsyncIterator[Bench]:
    made = Bench(toy)
    yield made
    made.task.cancel()
    await asyncio.wait([made.task])
    await made.rest.aclose()


async def test_a_long_range_is_fetched_page_by_page(bench: Bench, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", range(10, 3500))
    bench.intake.follow(0, last=9)
    bench.live([3499])
    await until(lambda: len(bench.released) == 3490)
    assert bench.released == list(range(10, 3500))
    assert toy.requests["aggTrades"] == 4


async def test_many_small_holes_are_fetched_with_one_page(bench: Bench, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", range(10, 101))
    bench.intake.follow(0, last=9)
    bench.live(list(range(10, 101, 3)))
    await until(lambda: len(bench.released) == 91)
    assert bench.released == list(range(10, 101))
    assert toy.requests["aggTrades"] == 1
    assert bench.intake.counters.duplicates == 0


async def test_ids_the_answer_passes_over_are_unknown_to_the_venue(bench: Bench, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", [10, 11, 14, 20])
    bench.intake.follow(0, last=9)
    bench.live([15])
    await until(lambda: 15 in bench.released)
    assert bench.released == [10, 11, 14, 15]
    assert [(gap.from_id, gap.to_id, gap.state) for gap in bench.gaps] == [(12, 13, "lost")]


async def test_ids_the_venue_does_not_show_yet_are_asked_for_again(bench: Bench, toy: ToyExchange) -> None:
    bench.intake.follow(0, last=9)
    bench.live([12])
    await until(lambda: toy.requests["aggTrades"] >= 1)
    assert not bench.gaps
    toy.hush("BTCUSDT", [10, 11])
    await until(lambda: bench.released == [10, 11, 12])
    assert not bench.gaps


async def test_ids_the_venue_never_shows_are_lost_in_the_end(bench: Bench, toy: ToyExchange) -> None:
    bench.intake.follow(0, last=9)
    bench.live([12])
    await until(lambda: bench.released == [12])
    assert [(gap.from_id, gap.to_id, gap.state, gap.cause) for gap in bench.gaps] == [(10, 11, "lost", "unknown to the venue")]


async def test_what_holds_others_up_is_fetched_before_what_is_late(bench: Bench, toy: ToyExchange) -> None:
    toy.rest_status = 503
    toy.hush("BTCUSDT", range(1, 20_000))
    toy.hush("ETHUSDT", range(1, 100))
    bench.intake.follow(0, last=19_999, open_rows=[GapEvent(0, "aggTrade", 1, 19_000, 0, 0, "open", "disconnected")])
    bench.intake.follow(1, last=9)
    bench.backfill.wake()
    await until(lambda: toy.requests["aggTrades"] >= 1)
    toy.rest_status = 0
    await until(lambda: len(bench.late) >= 1000)
    bench.live([20], symbol=1)
    await until(lambda: 20 in bench.released)
    assert bench.released == list(range(10, 21))
    assert len(bench.late) < 19_000
    await until(lambda: len(bench.late) == 19_000)
    assert bench.gaps[-1].state == "filled"


async def test_a_refusal_is_named_and_retried(bench: Bench, toy: ToyExchange) -> None:
    toy.rest_status = 503
    toy.hush("BTCUSDT", [10])
    bench.intake.follow(0, last=9)
    bench.live([11])
    await until(lambda: "binance refused /api/v3/aggTrades" in bench.backfill.trouble)
    toy.rest_status = 0
    await until(lambda: bench.released == [10, 11])
    assert bench.backfill.trouble == ""


async def test_a_rate_limit_stops_every_request_for_as_long_as_asked(bench: Bench, toy: ToyExchange) -> None:
    toy.rest_status, toy.retry_after = 429, "1"
    toy.hush("BTCUSDT", [10])
    toy.hush("ETHUSDT", [70])
    bench.intake.follow(0, last=9)
    bench.intake.follow(1, last=69)
    bench.live([11])
    await until(lambda: "asks to wait 1 s" in bench.backfill.trouble)
    toy.rest_status = 0
    bench.live([71], symbol=1)
    held_until = asyncio.get_running_loop().time() + 0.9
    await until(lambda: toy.requests["aggTrades"] > 1)
    assert asyncio.get_running_loop().time() >= held_until
    await until(lambda: sorted(bench.released) == [10, 11, 70, 71])


async def test_several_pages_are_on_their_way_at_once(bench: Bench, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", range(10, 20_010))
    asked: list[int] = []
    ask = bench.rest.ask

    async def count(*words: Any, **more: Any) -> Any:
        asked.append(1)
        most.append(sum(asked))
        try:
            return await ask(*words, **more)
        finally:
            asked.pop()

    most: list[int] = []
    bench.rest.ask = count  # type: ignore[method-assign]
    bench.intake.follow(0, last=9)
    bench.live([20_009])
    await until(lambda: len(bench.released) == 20_000)
    assert bench.released == list(range(10, 20_010))
    assert toy.requests["aggTrades"] == 20
    assert 1 < max(most) <= MOST_ASKED


async def test_a_venue_in_trouble_is_asked_by_one_at_a_time(bench: Bench, toy: ToyExchange) -> None:
    toy.rest_status = 503
    toy.hush("BTCUSDT", range(10, 20_010))
    bench.intake.follow(0, last=9)
    bench.live([20_009])
    await until(lambda: bench.backfill.trouble != "")
    assert toy.requests["aggTrades"] == 1
    toy.rest_status = 0
    await until(lambda: len(bench.released) == 20_000)
