"""A venue's "at most N in a window" holds for every window, whatever the demand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feed.buckets import TokenBucket


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
