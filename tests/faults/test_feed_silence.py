"""A line that is silent, in every way a line can be: it is called stale in time, replaced in time, and nothing is lost by it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from feed_rig import CALM, QUICK, Rig, Tape, recording, running, until

from core.clock import SystemClock
from core.feed.feed import Feed
from core.feed.timing import Timing
from core.venues.binance import Binance

#: What a busy machine may add to a time.
GRACE_S = 5.0


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("market"), prints=4000)


def assert_in_time(rig: Rig, silent_from: float, timing: Timing) -> None:
    """Stale, and replaced, when promised; not much before either."""
    stale, replaced = rig.tape.when("stale", silent_from), rig.exchange.connects[-1]
    assert timing.stale_after_s - 0.1 <= stale - silent_from <= timing.stale_after_s + GRACE_S
    assert timing.reconnect_after_s - 0.1 <= replaced - silent_from <= timing.reconnect_after_s + GRACE_S


async def test_a_half_open_line_is_stale_then_replaced_and_what_was_missed_is_fetched(market: Path) -> None:
    """The socket stays open, and nothing comes or goes on it any more."""
    async with running(market, timing=QUICK) as rig:
        silent_from = SystemClock().monotonic()
        rig.exchange.half_open()
        await until(lambda: len(rig.exchange.connects) == 2)
        await rig.live()
        await rig.goes_on()
        assert rig.tape.words()[:5] in (
            ["connecting", "live", "stale", "backoff", "connecting"],
            ["connecting", "live", "stale", "backoff", "live"],
        )
        assert_in_time(rig, silent_from, QUICK)
        assert rig.feed.counters.reconnects == 1
        assert not rig.tape.gaps
        rig.assert_complete()


async def test_a_line_on_which_not_even_the_handshake_is_answered_is_tried_until_it_is(market: Path) -> None:
    """For new connections too: each try ends in time, and the state never claims to be live."""
    async with running(market, timing=replace(QUICK, open_timeout_s=0.3)) as rig:
        silent_from = SystemClock().monotonic()
        rig.exchange.half_open(math.inf, new_too=True)
        await until(lambda: len(rig.exchange.connects) >= 3)
        assert "live" not in [state.state for at, state in rig.tape.states if at > rig.tape.when("stale", silent_from)]
        rig.exchange.refuse(0.0)
        await rig.live()
        await rig.goes_on()
        rig.assert_complete()


@pytest.mark.parametrize("acknowledge", [True, False])
async def test_a_socket_that_opens_and_never_sends_is_stale_then_replaced(market: Path, acknowledge: bool) -> None:
    """The watch counts from the connecting, whether the venue acknowledges the subscription or not."""
    async with running(market, timing=QUICK) as rig:
        rig.exchange.mute(math.inf, acknowledge=acknowledge)
        await rig.exchange.drop_connections()
        await until(lambda: len(rig.exchange.connects) == 2)
        silent_from = rig.exchange.connects[1]
        await until(lambda: len(rig.exchange.connects) == 3)
        said = [state.state for at, state in rig.tape.states if at >= silent_from and state.state != "connecting"]
        said = [word for n, word in enumerate(said) if n == 0 or word != said[n - 1]]
        assert said[:3] == ["live", "stale", "backoff"] if acknowledge else said[:2] == ["stale", "backoff"]
        assert_in_time(rig, silent_from, QUICK)
        rig.exchange.mute(0.0)
        await rig.live()
        await rig.goes_on()
        rig.assert_complete()


@asynccontextmanager
async def hole() -> AsyncIterator[tuple[int, list[asyncio.StreamWriter]]]:
    """A port that takes connections and says nothing at all."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: taken.append(writer), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], taken
    for writer in taken:
        writer.close()
    server.close()


async def test_a_port_that_takes_connections_and_says_nothing_is_stale_while_it_is_still_being_opened() -> None:
    """At its worst: not even a handshake."""
    async with hole() as (port, taken):
        tape = Tape()
        venue = Binance(tape.symbols, ws_url=f"ws://127.0.0.1:{port}", rest_url="http://127.0.0.1:1")
        timing = replace(QUICK, open_timeout_s=1.0)
        feed = Feed(venue, SystemClock(), tape.symbols, on_batch=tape.take, on_state=tape.said, timing=timing)
        await feed.watch(["BTCUSDT"])
        feed.start()
        await until(lambda: len(taken) >= 3 and tape.words().count("backoff") >= 2)
        words = tape.words()
        await feed.aclose()
    assert words[:3] == ["connecting", "stale", "backoff"]
    assert "live" not in words


async def test_a_quiet_market_is_called_stale_and_its_sockets_are_given_longer(market: Path) -> None:
    """Silence with pings going on may be nothing but a quiet market: it is shown, and not hammered."""
    async with running(market, timing=replace(QUICK, stale_after_s=0.2, reconnect_after_s=0.4)) as rig:
        rig.exchange.silence(4.0)
        await until(lambda: len(rig.exchange.connects) >= 4)
        _, second, third, fourth = list(rig.exchange.connects)[:4]
        assert third - second > 0.4
        assert fourth - third > 0.8
        await rig.live()
        await rig.goes_on()
        rig.assert_complete()


async def test_the_old_socket_is_watched_while_its_replacement_does_not_come(market: Path) -> None:
    """The venue announces its end, takes no new connection, and the old line dies unnoticed: live would be a lie."""
    async with running(market, timing=QUICK) as rig:
        rig.exchange.refuse(math.inf, "503")
        rig.exchange.announce_shutdown()
        await until(lambda: len(rig.exchange.connects) >= 2)
        rig.exchange.half_open()
        await until(lambda: rig.feed.state().state == "stale")
        rig.exchange.refuse(0.0)
        await rig.live()
        await rig.goes_on()
        rig.assert_complete()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["half open", "mute"])
async def test_with_the_times_a_user_has_it_is_stale_within_10_s_and_replaced_within_30(tmp_path: Path, fault: str) -> None:
    timing = replace(Timing(), check_after_s=CALM.check_after_s)
    async with running(recording(tmp_path, every_ms=50), timing=timing) as rig:
        if fault == "mute":
            rig.exchange.mute(5.0)
            await rig.exchange.drop_connections()
            await until(lambda: len(rig.exchange.connects) == 2)
            silent_from = rig.exchange.connects[1]
        else:
            silent_from = SystemClock().monotonic()
            rig.exchange.half_open()
        before = len(rig.exchange.connects)
        await until(lambda: len(rig.exchange.connects) > before)
        assert rig.tape.when("stale", silent_from) - silent_from < 11.0
        assert rig.exchange.connects[-1] - silent_from < 32.0
        await rig.live()
        await rig.goes_on()
        rig.assert_complete()
