"""Waits between tries grow, stay random, and never undercut what the venue asked for."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from core.feed.backoff import Backoff


def test_the_first_retry_comes_within_half_a_second() -> None:
    assert all(Backoff(rng=random.Random(seed)).next() <= 0.5 for seed in range(100))


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_no_wait_exceeds_the_doubled_ceiling_or_the_cap(seed: int, tries: int) -> None:
    backoff = Backoff(base=0.5, cap=30.0, rng=random.Random(seed))
    for n in range(tries):
        assert 0.0 <= backoff.next() <= min(30.0, 0.5 * 2.0**n)


def test_the_jitter_is_full() -> None:
    waits = []
    for seed in range(400):
        backoff = Backoff(rng=random.Random(seed))
        backoff.attempts = 10
        waits.append(backoff.next())
    assert min(waits) < 3.0
    assert max(waits) > 27.0


def test_retry_after_is_a_lower_bound() -> None:
    assert Backoff(rng=random.Random(1)).next(retry_after=77.0) == 77.0


def test_after_a_success_the_next_failure_is_the_first_again() -> None:
    backoff = Backoff(rng=random.Random(1))
    for _ in range(12):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 0.5


def test_the_same_seed_gives_the_same_waits() -> None:
    first, second = (Backoff(rng=random.Random(9)) for _ in range(2))
    assert [first.next() for _ in range(5)] == [second.next() for _ in range(5)]
