"""A venue's bars up to a moment are those of its prints, whatever the interval and wherever in a bar the moment lies."""

from __future__ import annotations

import asyncio
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from venue_rig import VenueOf

from core.analytics.bar_prints import prints_of_bars
from core.analytics.bars import aggregate
from core.engine.venue_bars import PAGE, bars_before, lengths
from core.types import DAY, MINUTE, SECOND, TICK, Records, interval_ns
from core.venues.binance import Binance

START = 1_700_006_400 * SECOND
HOUR = 60 * MINUTE


def prints(count: int, every_s: float, seed: int = 1) -> Records:
    """TICK records with silences between them."""
    rng = np.random.default_rng(seed)
    ticks = np.zeros(count, TICK)
    ticks["ts"] = START + np.cumsum(rng.exponential(every_s, count) * 1e9).astype(np.int64)
    ticks["price"] = np.round(100 + np.cumsum(rng.normal(0, 0.1, count)), 2)
    ticks["qty"] = np.round(rng.exponential(1.0, count) + 1e-3, 3)
    ticks["id"] = np.arange(1, count + 1)
    return ticks


SOME = prints(3000, 7.0)


@given(st.sampled_from(["1s", "7s", "1m", "90s", "3m", "1h"]), st.integers(0, 5 * 3600 * 10**9), st.integers(0, 60))
def test_they_are_those_of_the_prints_up_to_the_last_whole_second(text: str, after: int, back: int) -> None:
    interval, until = interval_ns(text), START + after
    start = max(until // interval - back, 0) * interval
    venue = VenueOf(SOME)
    found = asyncio.run(bars_before(venue, venue.ask, "BTCUSDT", interval, start, until))  # type: ignore[arg-type]
    assert (found["ts"] < until).all()
    assert (np.diff(found["start"]) > 0).all()
    ours = SOME.compress((SOME["ts"] >= start) & (SOME["ts"] < until // SECOND * SECOND))
    theirs = aggregate(prints_of_bars(found), interval)
    wanted = aggregate(ours, interval)
    for name in ("start", "open", "high", "low", "close"):
        np.testing.assert_array_equal(theirs[name], wanted[name])
    np.testing.assert_allclose(theirs["volume"], wanted["volume"], rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1s", ["1s"]), ("1m", ["1m", "1s"]), ("1h", ["1h", "1m", "1s"]), ("1d", ["1d", "3m", "1s"]), ("3d", ["1d", "3m", "1s"]),
     ("1w", ["1d", "3m", "1s"]), ("45m", ["15m", "1s"]), ("90s", ["1s"]), ("250ms", [])],
)  # fmt: skip
def test_the_lengths_that_are_asked_for_divide_each_other_and_none_is_longer_than_a_day(text: str, wanted: list[str]) -> None:
    found = lengths(Binance.kline_intervals, interval_ns(text))
    assert found == [interval_ns(length) for length in wanted]
    assert all(longer % shorter == 0 and longer // shorter <= PAGE for longer, shorter in itertools.pairwise(found))
    assert max(found, default=0) <= DAY


def test_what_is_more_than_one_answer_is_asked_page_by_page() -> None:
    venue = VenueOf(prints(5000, 30.0))
    until = int(venue.ticks["ts"][-1])
    found = asyncio.run(bars_before(venue, venue.ask, "BTCUSDT", MINUTE, START, until))  # type: ignore[arg-type]
    limits = [limit for text, _, limit in venue.asked if text == "1m"]
    assert limits[:2] == [PAGE, PAGE]
    assert limits[2] < PAGE
    whole = found.compress(found["ts"] - found["start"] > SECOND)
    wanted = aggregate(venue.ticks.compress(venue.ticks["ts"] < until // MINUTE * MINUTE), MINUTE)
    assert whole["start"].tolist() == wanted["start"].tolist()
    assert len(whole) > 2 * PAGE


def test_a_venue_that_has_none_is_asked_once_a_length() -> None:
    venue = VenueOf(SOME[:0])
    found = asyncio.run(bars_before(venue, venue.ask, "BTCUSDT", HOUR, START, START + 10 * HOUR + 90 * SECOND))  # type: ignore[arg-type]
    assert len(found) == 0
    assert [text for text, _, _ in venue.asked] == ["1h", "1m", "1s"]
