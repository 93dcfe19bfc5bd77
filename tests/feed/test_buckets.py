"""A venue's "at most N in a window" holds for every window, whatever the demand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feed.buckets import TokenBucket, Usage


@given(
    st.sampled_from([(5.0, 1.0), (300.0, 300.0), (6000.0, 60.0), (1.0, 1.0)]),
    st.lists(st.tuples(st.floats(0, 20), st.floats(0.1, 1.0)), min_size=1, max_size=300),
)
def test_no_window_lets_more_through_than_the_limit(limit: tuple[float, float], wishes: list[tuple[float, float]]) -> None:
    count, window = limit
    bucket = TokenBucket(count, window)
    now, spent = 0.0, []
    for pause, amount in wishes:
        now += pause * window / 20
        while wait := bucket.take(now, amount):
            now += wait
        spent.append((now, amount))
    for start, _ in spent:
        assert sum(amount for at, amount in spent if start <= at < start + window) <= count + 1.0


def test_a_burst_passes_at_once_and_the_rest_is_spread() -> None:
    bucket = TokenBucket(300, 300.0)
    assert [bucket.take(0.0) for _ in range(150)] == [0.0] * 150
    assert bucket.take(0.0) == pytest.approx(2.0)


def test_the_wait_that_is_named_is_enough() -> None:
    bucket = TokenBucket(6000, 60.0)
    bucket.take(0.0, 3000)
    wait = bucket.take(0.0, 40)
    assert wait > 0
    assert bucket.take(wait, 40) == 0.0


def test_an_amount_above_the_capacity_passes_when_full_and_leaves_a_debt() -> None:
    bucket = TokenBucket(100, 10.0)
    assert bucket.take(0.0, 80) == 0.0
    assert bucket.take(0.0, 1) == pytest.approx(31 / 5)


def test_a_clock_that_stands_still_gives_nothing_away() -> None:
    bucket = TokenBucket(2, 1.0)
    assert bucket.take(5.0) == 0.0
    assert bucket.take(5.0) > 0
    assert bucket.take(5.0) > 0


@given(
    st.sampled_from([(6000.0, 61.0), (20.0, 1.0)]),
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from([1, 4, 20])), min_size=1, max_size=300),
)
def test_what_waits_as_told_spends_no_more_than_the_limit_in_any_window(
    limit: tuple[float, float], wishes: list[tuple[float, int]]
) -> None:
    count, window = limit
    usage = Usage(count, window)
    now, spent = 0.0, []
    for pause, amount in wishes:
        now += pause * window / 100
        while wait := usage.wait(now, amount):
            now += wait
        usage.note(now, amount)
        spent.append((now, amount))
    for start, _ in spent:
        assert sum(amount for at, amount in spent if start <= at < start + window * (1 - 1e-9)) <= count


def test_all_of_a_limit_may_be_spent_at_once_and_again_a_window_later() -> None:
    usage = Usage(100, 10.0)
    for _ in range(25):
        assert usage.wait(0.0, 4) == 0.0
        usage.note(0.0, 4)
    assert usage.wait(3.0, 4) == 7.0
    assert usage.wait(10.0, 4) == 0.0


def test_a_share_of_a_limit_ends_earlier() -> None:
    usage = Usage(100, 10.0)
    usage.note(0.0, 60)
    usage.note(1.0, 32)
    assert usage.wait(2.0, 4) == 0.0
    assert usage.wait(2.0, 4, share=0.95) == 8.0


def test_more_than_the_limit_passes_when_nothing_is_used() -> None:
    usage = Usage(10, 10.0)
    assert usage.wait(0.0, 40) == 0.0
    usage.note(0.0, 3)
    assert usage.wait(4.0, 40) == 6.0
