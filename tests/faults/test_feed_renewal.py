"""A socket that will be closed, for its age or by the venue's announcement, is replaced by one that overlaps it."""

from __future__ import annotations

from pathlib import Path

import pytest
from feed_rig import CALM, Rig, recording, running, until

from core.exchange.limits import Policy


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("market"), prints=4000)


def assert_nothing_happened(rig: Rig) -> None:
    """No other state was said, nothing was fetched, no gap opened, each id came out once."""
    assert rig.tape.words() == ["connecting", "live"]
    assert rig.feed.counters.reconnects == 0
    assert rig.feed.counters.backfilled == 0
    assert rig.tape.gaps == {}
    rig.assert_complete()


@pytest.mark.slow
async def test_sockets_are_replaced_before_the_venue_cuts_them_for_their_age(market: Path) -> None:
    """The exchange really cuts, at 4 s; the feed takes it for 2, so that a busy machine has as much time as 97 % of 24 h leaves."""
    async with running(market, timing=CALM, policy=Policy(max_age_s=4.0), limits={"connection_max_age_s": 2.0}) as rig:
        await until(lambda: len(rig.exchange.connects) >= 4)
        await rig.goes_on()
        assert_nothing_happened(rig)
        assert rig.feed.counters.duplicates > 0  # both sockets streamed: what came twice went on once


async def test_an_announced_end_is_bridged(market: Path) -> None:
    async with running(market, timing=CALM) as rig:
        for times in range(2, 5):
            rig.exchange.announce_shutdown(grace_s=2.0)
            await until(lambda times=times: len(rig.exchange.connects) == times)
            await rig.goes_on(40)
        assert_nothing_happened(rig)


async def test_an_announced_end_that_comes_before_a_new_socket_can_is_a_reconnect_and_nothing_is_lost(market: Path) -> None:
    async with running(market, timing=CALM) as rig:
        rig.exchange.refuse(1.0, "503")
        rig.exchange.announce_shutdown(grace_s=0.1)
        await until(lambda: "backoff" in rig.tape.words())
        await rig.live()
        await rig.goes_on()
        assert rig.feed.counters.reconnects == 1
        assert rig.tape.gaps == {}
        rig.assert_complete()
