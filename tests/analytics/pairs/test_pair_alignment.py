"""Two legs on one grid: spans that differ, bars that are missing, a leg that stops; closes out of prints and of shorter bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.pairs.align import align
from core.analytics.pairs.closes import Closes, closes_of
from core.types import BAR, MINUTE, SECOND, TICK


def leg(slots: list[int], prices: list[float] | None = None, name: str = "x:A") -> Closes:
    values = [100.0 + slot for slot in slots] if prices is None else prices
    return Closes(name, MINUTE, np.array(slots, np.int64) * MINUTE, np.array(values, np.float64))


def test_the_later_begin_and_the_earlier_end_bound_the_grid() -> None:
    found = align(leg([1, 2, 3, 4, 5]), leg([3, 4, 5, 6, 7]))
    assert (found.times // MINUTE).tolist() == [3, 4, 5]
    assert found.a.tolist() == found.b.tolist() == [103, 104, 105]
    assert (found.span, found.left_out, found.carried) == (3, 0, 0)


def test_a_bar_that_one_leg_lacks_is_left_out_unless_carried() -> None:
    whole, holed = leg([0, 1, 2, 3, 4]), leg([0, 1, 4])
    plain = align(whole, holed)
    assert ((plain.times // MINUTE).tolist(), plain.left_out) == ([0, 1, 4], 2)
    carried = align(whole, holed, carry=1)
    assert ((carried.times // MINUTE).tolist(), carried.left_out, carried.carried) == ([0, 1, 2, 4], 1, 1)
    assert carried.b.tolist() == [100, 101, 101, 104]
    assert align(whole, holed, carry=2).carried == 2


def test_a_leg_that_stops_trading_is_carried_for_so_many_bars_and_no_more() -> None:
    stopped = leg([*range(10), 90])
    found = align(leg(list(range(100))), stopped, carry=5)
    assert (found.times // MINUTE).tolist() == [*range(15), 90]
    assert found.left_out == 75
    ended = align(leg(list(range(100))), leg(list(range(10))), carry=5)
    assert (len(ended.times), ended.span) == (10, 10), "beyond its last bar there is nothing to carry to"


def test_prices_that_are_none_count_as_missing() -> None:
    found = align(leg([0, 1, 2, 3, 4], [1.0, np.nan, np.inf, 0.0, 2.0]), leg([0, 1, 2, 3, 4]))
    assert (found.times // MINUTE).tolist() == [0, 4]
    assert align(leg([0, 1], [np.nan, -1.0]), leg([0, 1])).span == 0


@pytest.mark.parametrize(("one", "other"), [([0, 1], [5, 6]), ([], [1, 2]), ([], [])])
def test_legs_that_never_meet_have_no_bar(one: list[int], other: list[int]) -> None:
    found = align(leg(one), leg(other), carry=10)
    assert (len(found.times), found.span, found.left_out, found.carried) == (0, 0, 0, 0)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(0, 7))
def test_every_bar_that_counts_has_a_close_at_most_so_old(one: set[int], other: set[int], carry: int) -> None:
    found = align(leg(sorted(one)), leg(sorted(other)), carry)
    slots = (found.times // MINUTE).tolist()
    assert slots == sorted(set(slots))
    for slots_of, prices in ((one, found.a), (other, found.b)):
        for slot, price in zip(slots, prices.tolist(), strict=True):
            last = max(known for known in slots_of if known <= slot)
            assert (price, slot - last <= carry) == (100.0 + last, True)
    if one and other:
        low, high = max(min(one), min(other)), min(max(one), max(other))
        assert {slot for slot in one & other if low <= slot <= high} <= set(slots)
        assert found.span == max(0, high - low + 1)
        assert len(slots) + found.left_out == found.span


def test_two_intervals_do_not_go_together() -> None:
    hours = Closes("x:B", 60 * MINUTE, np.array([0]), np.array([1.0]))
    with pytest.raises(ValueError, match="one interval"):
        align(leg([0]), hours)


def test_a_close_is_the_last_print_of_its_interval() -> None:
    ticks = np.zeros(5, TICK)
    ticks["ts"] = np.array([3, 59, 60, 121, 179]) * SECOND
    ticks["price"] = [1, 2, 3, 4, 5]
    times, prices = closes_of(ticks, is_bars=False, interval_ns=MINUTE)
    assert ((times // MINUTE).tolist(), prices.tolist()) == ([0, 1, 2], [2, 3, 5])


def test_a_close_of_longer_bars_is_that_of_the_last_shorter_one() -> None:
    bars = np.zeros(7, BAR)
    bars["start"] = np.arange(3, 10) * MINUTE
    bars["ts"] = bars["start"] + MINUTE
    bars["price"] = np.arange(3.0, 10.0)
    times, prices = closes_of(bars, is_bars=True, interval_ns=5 * MINUTE)
    assert ((times // MINUTE).tolist(), prices.tolist()) == ([0, 5], [4, 9])
