"""Bars that go on batch by batch are the bars of all ticks at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.bar_series import BarSeries, longer
from core.analytics.bars import OHLCV, aggregate
from core.types import BAR, MINUTE, SECOND, TICK, Records

NAMES = list(OHLCV.names or ())
START = 1_700_000_000 * SECOND


def ticks_of(steps: list[tuple[int, int, int, int]]) -> Records:
    """TICK records of (milliseconds since the one before, price in hundredths, quantity in 1e-8, side)."""
    ticks = np.zeros(len(steps), TICK)
    if steps:
        gaps, prices, sizes, sides = (np.array(column) for column in zip(*steps, strict=True))
        ticks["ts"] = START + np.cumsum(gaps) * 1_000_000
        ticks["price"], ticks["qty"], ticks["side"] = prices / 100, sizes / 1e8, sides
        ticks["id"] = np.arange(len(steps)) + 17
    return ticks


def assert_same(found: Records, wanted: Records) -> None:
    for name in NAMES:
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


STEPS = st.lists(
    st.tuples(st.integers(-1500, 4000), st.integers(1, 9_999_999), st.integers(1, 10**12), st.sampled_from([-1, 0, 1])), max_size=60
)


@given(STEPS, st.lists(st.integers(0, 60), max_size=8), st.sampled_from([1, 5, 60]))
def test_any_split_into_batches_gives_the_bars_of_all_ticks_at_once(steps: Any, cuts: list[int], seconds: int) -> None:
    ticks, series = ticks_of(steps), BarSeries(seconds * SECOND, 1000)
    for batch in np.split(ticks, sorted(cut for cut in cuts if cut <= len(ticks))):
        series.extend(batch)
    assert_same(series.bars, aggregate(ticks, seconds * SECOND))


@given(STEPS, st.lists(st.integers(0, 60), max_size=8), st.sampled_from([1, 5, 60]))
def test_a_past_read_backwards_a_piece_at_a_time_gives_the_same_bars(steps: Any, cuts: list[int], seconds: int) -> None:
    ticks, series = ticks_of([(abs(gap), *more) for gap, *more in steps]), BarSeries(seconds * SECOND, 1000)
    half = len(ticks) // 2
    for piece in reversed(np.split(ticks[:half], sorted(cut for cut in cuts if cut <= half))):
        series.precede(piece)
    series.extend(ticks[half:])
    assert_same(series.bars, aggregate(ticks, seconds * SECOND))


def test_no_more_bars_are_kept_than_asked_for() -> None:
    series = BarSeries(SECOND, 3)
    series.extend(ticks_of([(1000, 100 + n, 1, 1) for n in range(9)]))
    assert series.bars["open"].tolist() == [1.06, 1.07, 1.08]
    assert series.whole_from == series.bars["start"][0]


def test_the_newest_bars_are_given_from_a_start_on() -> None:
    series = BarSeries(SECOND, 100)
    series.extend(ticks_of([(1000, 100 + n, 1, 1) for n in range(9)]))
    starts = series.bars["start"].tolist()
    assert series.since(0, 4)["start"].tolist() == starts[-4:]
    assert series.since(starts[7], 100)["start"].tolist() == starts[7:]
    assert len(series.since(starts[-1] + SECOND, 100)) == 0


def bars_of(*rows: tuple[int, float, float, float, float, float]) -> Records:
    """BAR records of (minute, open, high, low, close, volume)."""
    bars = np.zeros(len(rows), BAR)
    for at, (minute, *prices, volume) in enumerate(rows):
        bars[at]["start"], bars[at]["qty"] = minute * MINUTE, volume
        for name, price in zip(("open", "high", "low", "price"), prices, strict=True):
            bars[at][name] = price
    return bars


def test_the_venues_bars_make_longer_ones_and_those_without_trades_make_none() -> None:
    made = longer(bars_of((0, 10, 12, 9, 11, 1.1), (4, 11, 15, 11, 14, 2.2), (5, 14, 14, 14, 14, 0), (11, 14, 16, 13, 13, 3)), 5 * MINUTE)
    rows = [(bar["start"] // MINUTE, bar["open"], bar["high"], bar["low"], bar["close"], bar["volume"]) for bar in made]
    assert rows == [(0, 10, 15, 9, 14, 3.3), (10, 14, 16, 13, 13, 3)]
    assert len(longer(bars_of(), MINUTE)) == len(longer(bars_of((1, 1, 1, 1, 1, 0)), MINUTE)) == 0


def test_what_the_venue_knows_of_our_first_bar_completes_it() -> None:
    series = BarSeries(MINUTE, 100)
    ticks = ticks_of([(0, 1000, 10**8, 1), (1000, 1100, 10**8, 1), (120_000, 1200, 10**8, 1)])
    series.extend(ticks)
    first = int(series.bars["start"][0])
    series.cut()
    assert series.whole_from == first + MINUTE
    at = first // MINUTE
    series.complete(longer(bars_of((at - 1, 5, 6, 4, 5, 7), (at, 8, 30, 7, 11, 9), (at + 2, 1, 1, 1, 1, 1)), MINUTE))
    rows = [(bar["open"], bar["high"], bar["low"], bar["close"], bar["volume"]) for bar in series.bars]
    assert rows == [(5, 6, 4, 5, 7), (8, 30, 7, 11, 9), (12, 12, 12, 12, 1)]
    assert series.whole_from == first - MINUTE


def test_a_venue_that_knows_nothing_leaves_the_first_bar_cut() -> None:
    series = BarSeries(MINUTE, 100)
    series.extend(ticks_of([(0, 1000, 10**8, 1)]))
    series.cut()
    before = series.whole_from
    series.complete(np.empty(0, OHLCV))
    assert series.whole_from == before == series.bars["start"][0] + MINUTE


def test_nothing_joined_with_nothing_is_nothing() -> None:
    series = BarSeries(MINUTE, 100)
    series.extend(np.empty(0, TICK))
    series.complete(np.empty(0, OHLCV))
    series.cut()
    assert len(series) == series.whole_from == 0
