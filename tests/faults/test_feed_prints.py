"""Prints that are missing, out of order, impossible or unreadable: what must go on goes on, and what is wrong is counted and shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from feed_rig import CALM, FIRST_ID, Rig, recording, running, until

from core.exchange.alterations import GARBAGE
from core.types import Origin


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("market"), prints=4000)


def quarantined(rig: Rig) -> list[int]:
    """Ids that have a row of their own for it."""
    rows = [gap for gap in rig.tape.gaps.values() if gap.cause == "quarantined"]
    assert {gap.state for gap in rows} <= {"lost"}
    return [id_ for gap in rows for id_ in range(gap.from_id, gap.to_id + 1)]


async def test_ids_the_stream_skips_are_fetched_before_what_follows_goes_on(market: Path) -> None:
    """Fetched, and released in order."""
    async with running(market) as rig:
        rig.exchange.skip("BTCUSDT", 25)
        await until(lambda: rig.feed.counters.backfilled >= 25)
        await rig.goes_on()
        ticks = rig.tape.ticks("BTCUSDT")
        assert int((ticks["origin"] == Origin.BACKFILL).sum()) == rig.feed.counters.backfilled
        assert (np.diff(ticks["id"]) == 1).all()
        assert rig.tape.gaps == {}
        rig.assert_complete()


async def test_ids_that_cannot_be_fetched_in_time_are_a_gap_with_its_cause_and_come_late(market: Path) -> None:
    """Past the deadline: REST is refused for longer than strategies wait."""
    async with running(market, gap_deadline_s=0.3) as rig:
        rig.exchange.reject_rest(503, count=None, for_s=1.5)
        rig.exchange.skip("BTCUSDT", 25)
        await until(lambda: rig.feed.counters.gaps_open == 1)
        (gap,) = rig.tape.gaps.values()
        assert (gap.state, gap.cause, gap.to_id - gap.from_id + 1) == ("open", "skipped by the stream", 25)
        await until(lambda: rig.feed.counters.gaps_open == 0)
        assert [gap.state for gap in rig.tape.gaps.values()] == ["filled"]
        late = rig.tape.late("BTCUSDT")
        assert late["id"].tolist() == list(range(gap.from_id, gap.to_id + 1))
        assert set(late["seq"].tolist()) == {0}
        rig.assert_complete()


async def test_duplicates_and_disorder_end_in_one_row_each_in_order_of_id(market: Path) -> None:
    """One row each, by id."""
    async with running(market) as rig:
        rig.exchange.duplicate("BTCUSDT", 30)
        rig.exchange.reorder("ETHUSDT", 30)
        await until(lambda: rig.feed.counters.duplicates >= 30)
        await rig.goes_on(60)
        assert rig.tape.gaps == {}
        rig.assert_complete()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("nan", "price is NaN"), ("infinity", "price is infinite"), ("zero", "price is 0"), ("negative", "price is negative")],
)
async def test_an_impossible_price_is_quarantined_counted_and_never_released(market: Path, kind: str, reason: str) -> None:
    """Counted by reason, never released."""
    async with running(market) as rig:
        rig.exchange.poison("BTCUSDT", kind, 5)
        await until(lambda: rig.feed.counters.quarantined >= 5)
        assert len(quarantined(rig)) == 5
        await rig.goes_on()
        prices = rig.tape.ticks("BTCUSDT")["price"]
        assert np.isfinite(prices).all()
        assert (prices > 0).all()
        assert rig.feed.health()["reasons"] == {reason: 5}
        assert rig.feed.health()["counters"]["quarantined"] == 5
        assert rig.feed.counters.gaps_open == 0
        rig.assert_complete(lost={"BTCUSDT": quarantined(rig)})


async def test_prints_that_are_all_impossible_degrade_their_symbol_until_a_good_one_comes(market: Path) -> None:
    """At length."""
    async with running(market) as rig:
        rig.exchange.poison("BTCUSDT", "nan", 60)
        await until(lambda: rig.feed.state().state == "degraded")
        assert rig.feed.degraded == {"BTCUSDT": "prints: price is NaN"}
        await rig.live()
        assert rig.feed.degraded == {}
        await rig.goes_on()
        rig.assert_complete(lost={"BTCUSDT": quarantined(rig)})


async def test_a_jump_of_half_the_price_is_released_and_flagged(market: Path) -> None:
    """A spike may be true."""
    async with running(market) as rig:
        rig.exchange.poison("BTCUSDT", "spike", 1)
        await until(lambda: rig.tape.spikes)
        spike = rig.tape.spikes[0]
        await until(lambda: spike.id in rig.tape.ticks("BTCUSDT")["id"])
        ticks = rig.tape.ticks("BTCUSDT")
        assert ticks["price"][ticks["id"] == spike.id].tolist() == [spike.price]
        assert spike.price > 1.49 * spike.before
        assert rig.feed.counters.quarantined == 0
        await rig.goes_on()
        rig.assert_complete()


@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_is_counted_and_the_line_lives(market: Path, kind: str) -> None:
    """Malformed, nested 100,000 deep, 5 MB, binary, of an unknown kind, not UTF-8."""
    async with running(market) as rig:
        for _ in range(3):
            rig.exchange.garbage(kind)
        await until(lambda: rig.feed.counters.malformed >= 3)
        await rig.goes_on()
        assert rig.feed.counters.malformed == 3
        assert sum(rig.feed.health()["reasons"].values()) == 3
        assert rig.feed.counters.reconnects == 0
        assert "backoff" not in rig.tape.words()
        rig.assert_complete()


async def test_a_frame_beyond_all_measure_costs_the_line_and_not_the_feed(market: Path) -> None:
    """9 MB are refused with close code 1009; the next socket streams, and what was missed is fetched."""
    async with running(market) as rig:
        rig.exchange.inject("x" * (9 << 20))
        await until(lambda: rig.feed.counters.reconnects == 1)
        await rig.live()
        await rig.goes_on()
        assert any("1009" in state.detail for _, state in rig.tape.states)
        rig.assert_complete()


@pytest.mark.parametrize(("field", "retype"), [("p", False), ("a", False), ("T", False), ("m", False), ("s", True)])
async def test_a_field_renamed_or_retyped_degrades_its_symbol_only_until_it_is_well_again(market: Path, field: str, retype: bool) -> None:
    """Visible, the others unaffected, no socket given up; the prints come by REST, and the tape has no hole."""
    async with running(market, timing=CALM) as rig:
        rig.exchange.rename("BTCUSDT", 1.5, field, retype=retype)
        await until(lambda: rig.feed.state().state == "degraded")
        assert list(rig.feed.degraded) == ["BTCUSDT"]
        assert rig.feed.degraded["BTCUSDT"].startswith("prints: ")
        assert rig.feed.state().names == ("BTCUSDT",)
        stuck = len(rig.tape.ids("ETHUSDT"))
        await until(lambda: len(rig.tape.ids("ETHUSDT")) > stuck + 50)
        health = rig.feed.health()
        assert (health["state"], list(health["degraded"])) == ("degraded", ["BTCUSDT"])
        assert health["reasons"]["prints not readable"] >= 3
        assert [link["state"] for link in health["connections"]] == ["live"]
        await rig.live()
        await rig.goes_on()
        assert rig.feed.counters.reconnects == 0
        assert "stale" not in rig.tape.words()
        rig.assert_complete()


async def test_a_field_of_another_type_that_leaves_the_value_plain_is_taken(market: Path) -> None:
    """A number where a quoted decimal was says the same."""
    async with running(market) as rig:
        rig.exchange.rename("BTCUSDT", 1.0, "p", retype=True)
        await rig.goes_on(60)
        assert rig.feed.counters.malformed == 0
        rig.assert_complete()


async def test_an_impossible_price_that_rest_tells_is_quarantined_too(market: Path) -> None:
    """By the other door: nothing a page of fetched prints holds is believed unseen."""
    async with running(market) as rig:
        page = json.dumps([{"a": FIRST_ID, "p": "NaN", "q": "1", "T": 1_723_161_254_000, "m": False}]).encode()
        parsed = rig.venue.parse_page("BTCUSDT", page, 1)
        assert [bad.reason for bad in parsed.quarantined] == ["price is NaN"]
        assert len(parsed.ticks) == 0
