"""What the venue allows, measured at the venue: silence when it asks for it, connects and messages within its limits, breakers."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from aiohttp import ClientSession
from feed_rig import CALM, Rig, recording, running, until

from core.clock import SystemClock
from core.exchange.limits import Policy
from core.exchange.sessions import Session
from core.venues import binance

Inbound: TypeAlias = dict[Session, list[float]]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("market"), prints=4000)


@pytest.fixture
def inbound(monkeypatch: pytest.MonkeyPatch) -> Inbound:
    """The moments at which the server got a message, by connection; pongs are messages."""
    times: Inbound = defaultdict(list)
    counted = Session.exceeds

    def count(session: Session, messages_per_s: float, now: float) -> bool:
        times[session].append(now)
        return counted(session, messages_per_s, now)

    monkeypatch.setattr(Session, "exceeds", count)
    return times


def most_in(times: Sequence[float], window_s: float) -> int:
    """The most moments that any window of this length holds."""
    return max((sum(start <= at < start + window_s for at in times) for start in times), default=0)


async def rejected(rig: Rig, since: float) -> float:
    """The moment REST was asked and refused."""
    await until(lambda: rig.feed.health()["held_s"] > 0)
    return min(at for at in rig.asked() if at >= since)


async def test_after_429_and_after_418_no_call_and_no_connect_is_made_until_the_time_is_over(market: Path) -> None:
    """Though ids are missing and all lines are cut."""
    async with running(market, timing=CALM, gap_deadline_s=30.0, tickers_every_s=0.2) as rig:
        await until(lambda: rig.asked("24hr"))
        for status, seconds in ((429, 1), (418, 2)):
            since = SystemClock().monotonic()
            rig.exchange.reject_rest(status, retry_after=seconds, count=1)
            rig.exchange.skip("BTCUSDT", 5)
            at = await rejected(rig, since)
            connects = len(rig.exchange.connects)
            await rig.exchange.drop_connections()
            await until(lambda: rig.feed.state().state == "backoff")
            held = rig.feed.health()
            assert 0 < held["held_s"] <= seconds
            assert rig.feed.state().retry_in_s is not None
            assert held["breaker"] == {"rest": "closed", "connect": "closed"}
            await rig.live()
            await rig.goes_on()
            # Calls that were on their way when it refused one were sent before.
            quiet_from, quiet_until = at + 0.1, at + seconds
            assert not [moment for moment in rig.asked() if quiet_from < moment < quiet_until]
            assert not [moment for moment in list(rig.exchange.connects)[connects:] if moment < quiet_until]
        rig.assert_complete()


async def test_nothing_is_sent_on_the_streams_either_and_nobody_waits_for_it(market: Path, inbound: Inbound) -> None:
    """A person changes the symbols meanwhile, and is answered at once; the streams that are open go on."""
    async with running(market, timing=CALM, gap_deadline_s=30.0) as rig:
        since = SystemClock().monotonic()
        rig.exchange.reject_rest(418, retry_after=4, count=1)
        rig.exchange.skip("BTCUSDT", 5)
        at = await rejected(rig, since)
        ((_, times),) = inbound.items()
        sent = len(times)
        await rig.feed.unwatch(["ETHUSDT"])
        assert rig.feed.health()["held_s"] > 0, "it waited"
        seen = len(rig.tape.ids("ETHUSDT"))
        unwatched = rig.feed.counters.unwatched
        await until(lambda: rig.feed.counters.unwatched > unwatched + 20)
        assert len(rig.tape.ids("ETHUSDT")) == seen
        assert len(times) == sent
        await until(lambda: len(times) == sent + 1)
        assert times[-1] >= at + 4
        assert rig.tape.words() == ["connecting", "live"]


async def test_a_symbol_that_is_added_during_a_silence_streams_when_it_is_over(market: Path, inbound: Inbound) -> None:
    async with running(market, timing=CALM, gap_deadline_s=30.0) as rig:
        await rig.feed.unwatch(["ETHUSDT"])
        last = rig.tape.ids("ETHUSDT")[-1]
        since = SystemClock().monotonic()
        rig.exchange.reject_rest(418, retry_after=4, count=1)
        rig.exchange.skip("BTCUSDT", 5)
        at = await rejected(rig, since)
        ((_, times),) = inbound.items()
        sent = len(times)
        assert await rig.feed.watch(["ETHUSDT"]) == ["ETHUSDT"]
        assert rig.feed.health()["held_s"] > 0, "it waited"
        assert rig.feed.names == {"BTCUSDT", "ETHUSDT"}
        await until(lambda: len(rig.tape.ids("ETHUSDT")) > 0 and rig.tape.ids("ETHUSDT")[-1] > last + 20)
        assert len(times) == sent + 1
        assert times[-1] >= at + 4
        rig.assert_complete()


async def test_one_who_is_told_to_wait_is_never_banned(market: Path) -> None:
    """The exchange bans whoever calls again too early, as Binance does."""
    async with running(market, timing=CALM, gap_deadline_s=30.0, tickers_every_s=0.1) as rig:
        rig.exchange.reject_rest(429, for_s=2.0, count=None, ban_after=3, ban_s=60.0)
        rig.exchange.skip("BTCUSDT", 5)
        await until(lambda: rig.feed.counters.backfilled >= 5)
        assert rig.feed.health()["held_s"] == 0
        assert "418" not in rig.feed.trouble
        rig.assert_complete()


@pytest.mark.slow
async def test_300_symbols_that_reconnect_at_once_keep_the_limits_of_connects_and_messages(
    tmp_path: Path, inbound: Inbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten sockets, cut again and again; the server counts what comes in, pongs included, and punishes the first excess."""
    names = [f"S{n:03}USDT" for n in range(300)]
    monkeypatch.setattr(binance, "SYMBOLS_PER_MESSAGE", 6)  # five messages a socket: more than go at once
    policy = Policy(connects_per_5min=50, messages_per_s=5.0, ping_interval_s=0.9)
    limits = {"streams_per_connection": 60, "connects_per_5min": 50}
    file = recording(tmp_path, names, prints=40, every_ms=1000)
    async with running(file, timing=CALM, policy=policy, limits=limits, wait=False) as rig:
        await rig.live()
        assert len(rig.feed.health()["connections"]) == 10
        await rig.exchange.drop_connections()
        await until(lambda: rig.feed.counters.reconnects >= 10)
        await rig.live()
        assert len(rig.exchange.connects) == 20
        # 25 of 50 go at once, and then one in 12 s: the third round has to wait for its turn.
        await rig.exchange.drop_connections()
        await until(lambda: len(rig.exchange.connects) >= 25)
        await until(lambda: sum(link["state"] == "live" for link in rig.feed.health()["connections"]) >= 5)
        health = rig.feed.health()
        assert len(rig.exchange.connects) <= 26
        assert health["connects_used"] == len(rig.exchange.connects)
        assert health["connects_limit"] == 50
        assert {link["state"] for link in health["connections"]} == {"live", "connecting"}
        assert health["breaker"]["connect"] == "closed"
        # Every socket lived until it was cut: none was closed for sending too much.
        assert rig.feed.counters.reconnects == 20
        assert max(len(times) for times in inbound.values()) >= 5
        assert max(most_in(times, 1.0) for times in inbound.values()) <= 5


async def test_rest_weight_is_kept_within_the_limit_as_the_server_counts_it(market: Path) -> None:
    """A hundred pages of 4 against a limit of 200 a minute: the server would answer 429 at the first excess."""
    async with running(market, timing=CALM, policy=Policy(weight_per_min=200), limits={"rest_weight_per_min": 200}) as rig:
        calls = [asyncio.create_task(rig.feed.rest.call(rig.venue.trades_from("BTCUSDT", 500, 10))) for _ in range(100)]
        await until(lambda: rig.feed.health()["rest_weight_used"] >= 90)
        done, running_ = await asyncio.wait(calls, timeout=1.0)
        assert running_
        assert not [call for call in done if call.exception()]
        assert rig.feed.health()["rest_weight_used"] <= 200
        assert rig.feed.health()["rest_weight_limit"] == 200
        assert rig.feed.health()["held_s"] == 0
        for call in running_:
            call.cancel()
        await asyncio.gather(*running_, return_exceptions=True)


async def test_weight_that_another_program_uses_from_the_same_address_counts(market: Path) -> None:
    """And so does what this one used before it was killed: the venue says what is left in every answer."""
    limit = {"rest_weight_per_min": 400}
    async with running(market, timing=CALM, policy=Policy(weight_per_min=400), limits=limit) as rig, ClientSession() as other:
        for _ in range(30):
            async with other.get(f"{rig.exchange.rest_url}/api/v3/aggTrades", params={"symbol": "BTCUSDT", "limit": "1"}) as answer:
                assert answer.status == 200
        await rig.feed.rest.call(rig.venue.server_time())
        assert rig.feed.health()["rest_weight_used"] >= 120
        calls = [asyncio.create_task(rig.feed.rest.call(rig.venue.trades_from("BTCUSDT", 500, 10))) for _ in range(100)]
        done, waiting = await asyncio.wait(calls, timeout=1.0)
        assert waiting
        assert not [call for call in done if call.exception()]
        assert rig.feed.health()["held_s"] == 0
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_rest_that_fails_five_times_is_left_alone_then_tried_one_at_a_time(market: Path) -> None:
    timing = replace(CALM, breaker_open_s=1.5)
    async with running(market, timing=timing, gap_deadline_s=0.2, tickers_every_s=0.1) as rig:
        await until(lambda: rig.asked("24hr"))
        since = SystemClock().monotonic()
        rig.exchange.reject_rest(503, count=None)
        rig.exchange.skip("BTCUSDT", 5)
        await until(lambda: rig.feed.health()["breaker"]["rest"] == "open")
        opened = SystemClock().monotonic()
        assert len([at for at in rig.asked() if at >= since]) <= 6  # five, and one that was on its way
        assert "not asked for another" in rig.feed.trouble or "503" in rig.feed.trouble or "not available" in rig.feed.trouble
        await until(lambda: rig.feed.health()["breaker"]["rest"] == "half_open")
        assert not [at for at in rig.asked() if opened < at < opened + timing.breaker_open_s - 0.3]
        rig.exchange.reject_rest(503, count=0)
        await until(lambda: rig.feed.health()["breaker"]["rest"] == "closed")
        await until(lambda: rig.feed.counters.gaps_open == 0)
        await until(lambda: not rig.feed.trouble)
        assert rig.tape.words() == ["connecting", "live"]
        rig.assert_complete()


@pytest.mark.slow
async def test_a_venue_that_refuses_five_connects_is_left_alone_then_found_again(market: Path) -> None:
    timing = replace(CALM, breaker_open_s=2.0)
    async with running(market, timing=timing) as rig:
        rig.exchange.refuse(120.0, "503")
        await rig.exchange.drop_connections()
        await until(lambda: rig.feed.health()["breaker"]["connect"] == "open")
        opened, connects = SystemClock().monotonic(), len(rig.exchange.connects)
        assert connects == 6
        (link,) = rig.feed.health()["connections"]
        assert link["state"] == "backoff"
        assert link["retry_in_s"] > 0
        await until(lambda: len(rig.exchange.connects) > connects)
        assert rig.exchange.connects[-1] - opened > timing.breaker_open_s - 0.3
        rig.exchange.refuse(0.0)
        await rig.live()
        await rig.goes_on()
        rig.assert_complete()


async def test_the_health_of_a_feed_is_plain_json(market: Path) -> None:
    async with running(market, timing=CALM) as rig:
        await until(lambda: rig.feed.skew_ms is not None)
        health = json.loads(json.dumps(rig.feed.health(), allow_nan=False))
        assert health["state"] == "live"
        (link,) = health["connections"]
        assert (link["state"], link["symbols"], link["sockets"], link["retry_in_s"]) == ("live", 2, 1, None)
        assert link["age_s"] >= link["silent_s"] >= 0
        assert health["breaker"] == {"rest": "closed", "connect": "closed"}
        assert health["connects_used"] == 1
        assert 0 < health["rest_weight_used"] <= health["rest_weight_limit"] == 6000
        assert (health["held_s"], health["gaps_open"], health["waiting"], health["degraded"], health["unlisted"]) == (0, 0, [], {}, [])
        assert health["counters"]["ticks"] > 0
        assert (health["clock_steps"], health["last_step_s"], health["paused"], health["trouble"]) == (0, None, False, "")
