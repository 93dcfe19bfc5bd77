"""The feed against the local exchange: every id of a market is stored once, whatever the exchange does on the way."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from feed_doubles import CALM
from feed_recorder import Recorder
from feed_toy_exchange import until

from core.clock import SystemClock
from core.exchange.recording import RecordedMarket
from core.exchange.rows import Kind
from core.exchange.server import LocalExchange
from core.feed.feed import Feed
from core.types import Symbols
from core.venues.binance import Binance

NAMES = ("BTCUSDT", "ETHUSDT")
START = 1_723_161_254_000_000_000

Fault = Callable[[LocalExchange, Feed], Awaitable[None]]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two symbols, 3,000 trades and as many quotes each, 1 ms apart: 6 s at its own pace."""
    lines = []
    for n in range(3000):
        for k, name in enumerate(NAMES):
            at, price = START + n * 2_000_000 + k * 1_000_000, f"{60_000 + n % 7 + k}.00000000"
            trade = {
                "e": "trade",
                "E": at // 1_000_000,
                "s": name,
                "t": 500 + n,
                "p": price,
                "q": "0.5",
                "T": at // 1_000_000,
                "m": n % 2 == 0,
                "M": True,
            }
            quote = {"u": n, "s": name, "b": price, "B": "1.0", "a": price, "A": "2.0"}
            lines.append(f"{at} " + json.dumps({"stream": f"{name.lower()}@trade", "data": trade}))
            lines.append(f"{at} " + json.dumps({"stream": f"{name.lower()}@bookTicker", "data": quote}))
    path = tmp_path / "recording.txt"
    path.write_text("\n".join(lines))
    return path


def expected(market: RecordedMarket, name: str) -> list[int]:
    """The ids of every aggregate in a recording."""
    number = next(n for n, listing in enumerate(market.listings) if listing.symbol == name)
    ids: list[int] = market.rows(Kind.AGG, number, 0)["id"].tolist()
    return ids


async def recorded(files: list[Path], fault: Fault, *, speed: float, **more: Any) -> tuple[Recorder, Feed, RecordedMarket]:
    """Play a recording to its end through a feed, with a fault on the way, until the feed has every id."""
    market = RecordedMarket(files)
    names = [listing.symbol for listing in market.listings]
    recorder, symbols = Recorder(), Symbols()
    recorder.symbols = symbols
    timing = replace(CALM, check_after_s=0.05, check_quiet_s=0.5)
    async with LocalExchange(market, speed=speed) as exchange:
        venue = Binance(symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url)
        start = dict.fromkeys(names, 0)
        feed = Feed(
            venue, SystemClock(), symbols, on_batch=recorder.take, on_state=recorder.states.append, last_ids=start, timing=timing, **more
        )
        await feed.watch(names)
        feed.start()
        await until(lambda: feed.counters.ticks > 50)
        await fault(exchange, feed)
        await until(exchange.finished.is_set, 60.0)
        total = sum(len(expected(market, name)) for name in names)
        await until(lambda: feed.counters.ticks + feed.counters.late >= total, 60.0)
        await feed.aclose()
    return recorder, feed, market


def assert_complete(recorder: Recorder, market: RecordedMarket) -> None:
    """Each id once, released in order or late; numbers without a hole."""
    for listing in market.listings:
        released, late = recorder.ids(listing.symbol), recorder.late_ids(listing.symbol)
        assert released == sorted(released)
        assert sorted(released + late) == expected(market, listing.symbol)
    assert recorder.ticks()["seq"].tolist() == list(range(1, len(recorder.ticks()) + 1))


async def nothing(_exchange: LocalExchange, _feed: Feed) -> None:
    """No fault at all."""


async def drops(exchange: LocalExchange, feed: Feed) -> None:
    for times in range(1, 4):
        await exchange.drop_connections()
        await until(lambda times=times: feed.counters.reconnects >= times and feed.state().state == "live")


async def skips(exchange: LocalExchange, _feed: Feed) -> None:
    exchange.skip("BTCUSDT", 40)
    exchange.skip("ETHUSDT", 1)


async def duplicates(exchange: LocalExchange, _feed: Feed) -> None:
    exchange.duplicate("BTCUSDT", 100)


async def refusals(exchange: LocalExchange, _feed: Feed) -> None:
    exchange.reject_rest(429, retry_after=1.0, count=2)
    exchange.skip("BTCUSDT", 40)


async def an_announced_end(exchange: LocalExchange, _feed: Feed) -> None:
    exchange.announce_shutdown()
    await until(lambda: len(exchange.connects) == 2)


async def nonsense(exchange: LocalExchange, _feed: Feed) -> None:
    for text in ("{", "[" * 10_000, '{"stream":"btcusdt@aggTrade","data":{}}', "\x1b]52;c;AAAA\x07"):
        exchange.inject(text)


async def all_at_once(exchange: LocalExchange, feed: Feed) -> None:
    exchange.reject_rest(503, count=3)
    exchange.skip("BTCUSDT", 25)
    exchange.duplicate("ETHUSDT", 25)
    await drops(exchange, feed)
    exchange.skip("ETHUSDT", 25)


@pytest.mark.parametrize("fault", [nothing, drops, skips, duplicates, refusals, an_announced_end, nonsense, all_at_once])
async def test_every_id_is_stored_once(recording: Path, fault: Fault) -> None:
    recorder, feed, market = await recorded([recording], fault, speed=4.0)
    assert_complete(recorder, market)
    assert feed.counters.gaps_open == 0
    if fault is duplicates:
        assert feed.counters.duplicates == 100
    if fault in (nothing, an_announced_end):
        assert feed.counters.reconnects == 0
        assert feed.counters.backfilled == 0
        assert recorder.states_said() == ["connecting", "live", "stopped"]


async def test_every_id_is_stored_once_where_nothing_waits_for_what_is_missing(recording: Path) -> None:
    recorder, feed, market = await recorded([recording], all_at_once, speed=4.0, gap_deadline_s=0.0)
    assert_complete(recorder, market)
    assert feed.counters.late > 0
    assert {state for state, _ in recorder.gaps.values()} == {"filled"}


@pytest.mark.slow
async def test_every_id_of_real_recordings_is_stored_once(shared_data: Path) -> None:
    files = sorted((shared_data / "raw_ws" / "binance_spot").glob("*.gz"))
    recorder, feed, market = await recorded(files, all_at_once, speed=200.0)
    assert_complete(recorder, market)
    assert feed.counters.reconnects == 3


@pytest.mark.slow
async def test_silence_is_shown_within_10_seconds_and_the_socket_replaced_within_30(recording: Path) -> None:
    """With the times a user has. A venue that is connected and sends nothing looks like a dead line from here."""
    symbols, states = Symbols(), list[tuple[float, str]]()
    clock = SystemClock()
    async with LocalExchange(RecordedMarket([recording]), speed=1.0) as exchange:
        venue = Binance(symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url)
        feed = Feed(
            venue, clock, symbols, on_batch=lambda _batch: None, on_state=lambda state: states.append((clock.monotonic(), state.state))
        )
        await feed.watch(NAMES)
        feed.start()
        await until(lambda: feed.counters.ticks > 50)
        exchange.pause()
        silent_from = clock.monotonic()
        await until(lambda: len(exchange.connects) == 2, 60.0)
        replaced = clock.monotonic()
        await feed.aclose()
    stale = next(at for at, state in states if state == "stale")
    assert stale - silent_from < 11.0
    assert replaced - silent_from < 32.0
