"""A breaker opens after failures in a row, tries carefully after a while, and closes after successes in a row."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.feed.breaker import Breaker


def tripped(now: float = 0.0) -> Breaker:
    """One that has just opened."""
    breaker = Breaker()
    for _ in range(5):
        attempt(breaker, now, False)
    assert breaker.state(now) == "open"
    return breaker


def attempt(breaker: Breaker, now: float, ok: bool | None) -> bool:
    """One try that ends at once; whether it was allowed."""
    ticket = breaker.admit(now)
    if ticket is not None:
        breaker.end(ticket, now, ok)
    return ticket is not None


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    breaker = Breaker()
    for ok in (False, False, False, False, True, False, False, False, False):
        assert attempt(breaker, 0.0, ok)
    assert breaker.state(0.0) == "closed"
    attempt(breaker, 0.0, False)
    assert breaker.state(0.0) == "open"


def test_an_open_one_lets_nothing_through_for_thirty_seconds() -> None:
    breaker = tripped()
    assert breaker.admit(29.9) is None
    assert round(breaker.wait(10.0), 6) == 20.0
    assert breaker.state(30.0) == "half_open"
    assert breaker.wait(30.0) == 0.0


def test_half_open_it_allows_one_try_at_a_time() -> None:
    breaker = tripped()
    ticket = breaker.admit(30.0)
    assert ticket is not None
    assert breaker.admit(30.0) is None
    assert breaker.wait(30.0) > 0
    breaker.end(ticket, 31.0, True)
    assert breaker.admit(31.0) is not None


def test_three_successes_in_a_row_close_it() -> None:
    breaker = tripped()
    for now in (30.0, 31.0):
        attempt(breaker, now, True)
        assert breaker.state(now) == "half_open"
    attempt(breaker, 32.0, True)
    assert breaker.state(32.0) == "closed"


def test_a_failure_while_half_open_opens_it_for_another_thirty_seconds() -> None:
    breaker = tripped()
    attempt(breaker, 30.0, True)
    attempt(breaker, 35.0, False)
    assert breaker.state(64.9) == "open"
    assert breaker.state(65.0) == "half_open"


def test_a_cancelled_try_counts_for_nothing_and_leaves_its_place() -> None:
    breaker = tripped()
    attempt(breaker, 30.0, None)
    assert breaker.state(30.0) == "half_open"
    assert breaker.wait(30.0) == 0.0


def test_news_of_a_try_from_before_it_opened_is_ignored() -> None:
    breaker = Breaker()
    old = breaker.admit(0.0)
    assert old is not None
    for _ in range(5):
        attempt(breaker, 0.0, False)
    running = breaker.admit(30.0)
    breaker.end(old, 30.0, False)
    assert breaker.state(30.0) == "half_open"
    assert breaker.admit(30.0) is None
    assert running is not None


def test_what_has_worked_for_long_is_trusted() -> None:
    breaker = tripped()
    attempt(breaker, 30.0, True)
    breaker.trust()
    assert breaker.state(30.0) == "closed"
    assert breaker.wait(30.0) == 0.0


steps = st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["try", "good", "bad", "cancelled"]), st.integers(0, 9)), max_size=120)


@settings(max_examples=400)
@given(steps)
def test_whatever_happens_it_keeps_its_word(plan: list[tuple[float, str, int]]) -> None:
    """Open: nothing for 30 s. Half open: one at a time. It opens only after five failures in a row, or one while half open."""
    breaker, now = Breaker(), 0.0
    running: list[tuple[int, str]] = []
    opened_at = float("-inf")
    bad_in_a_row = good_in_a_row = 0
    for pause, what, which in plan:
        now += pause
        before = breaker.state(now)
        assert (before == "open") == (now < opened_at + 30.0)
        if what == "try":
            ticket = breaker.admit(now)
            if before == "open":
                assert ticket is None
            if before == "half_open" and ticket is not None:
                assert not [one for one in running if one == (ticket, "half_open")]
            if ticket is not None:
                running.append((ticket, before))
        elif running:
            ticket, began = running.pop(which % len(running))
            breaker.end(ticket, now, {"good": True, "bad": False, "cancelled": None}[what])
            if what == "bad" and began == before:
                bad_in_a_row, good_in_a_row = bad_in_a_row + 1, 0
            if what == "good" and began == before:
                bad_in_a_row, good_in_a_row = 0, good_in_a_row + 1
        after = breaker.state(now)
        if after != before:
            assert (before, after) in {("closed", "open"), ("half_open", "open"), ("half_open", "closed")}
            assert before == "half_open" or bad_in_a_row >= 5
            assert after == "open" or good_in_a_row >= 3
            opened_at = now if after == "open" else float("-inf")
            bad_in_a_row = good_in_a_row = 0
