"""A drawdown rule tells of each fall once: it can fire again when the fall was half made good, and not before its cooldown is over."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alert_rules import DrawdownRule
from core.alerts.book import Book

SECOND = 1_000_000_000
START = 1_000 * SECOND


def book_of(*rules: DrawdownRule) -> Book:
    book = Book()
    for rule in rules:
        book.put(rule, times=1)
    return book


def fired(book: Book, falls: Iterable[float], every_s: float = 100.0) -> list[int]:
    """Which of these figures of `drawdown a`, one after the other, made a rule fire."""
    found = []
    for index, fall in enumerate(falls):
        if book.value("drawdown a", fall, START + int(index * every_s * SECOND)):
            found.append(index)
    return found


@pytest.mark.parametrize(
    ("falls", "expected"),
    [
        pytest.param([0, 6, 7, 5.5, 8], [1], id="it goes on falling"),
        pytest.param([0, 6, 4.9, 6, 3, 6], [1], id="it trembles about the limit"),
        pytest.param([0, 6, 2.5, 6], [1, 3], id="half of it was made good"),
        pytest.param([0, 6, 0, 1, 6, 0, 6], [1, 4, 6], id="new highs between"),
        pytest.param([6, 7, 1, 6], [0, 3], id="it is so when it is first known"),
    ],
)
def test_it_fires_again_only_after_the_drawdown_recovered(falls: list[float], expected: list[int]) -> None:
    assert fired(book_of(DrawdownRule(id="d", strategy="a", percent=5)), falls) == expected


def test_a_recovery_within_the_cooldown_tells_nothing_before_it_is_over() -> None:
    rule = DrawdownRule(id="d", strategy="a", percent=5, cooldown_s=60)
    assert fired(book_of(rule), [0, 6, 1, 6, 1, 6], every_s=10) == [1]
    assert fired(book_of(rule), [0, 6, 1, 6, 1, 6], every_s=20) == [1, 5]


def test_once_is_once_whatever_recovers() -> None:
    assert fired(book_of(DrawdownRule(id="d", strategy="a", percent=5, once=True)), [0, 6, 0, 6]) == [1]


def test_what_a_rule_waits_for_is_part_of_what_it_has_done_and_ends_when_it_is_set_anew() -> None:
    rule = DrawdownRule(id="d", strategy="a", percent=5, cooldown_s=0)
    before = book_of(rule)
    assert fired(before, [0, 6]) == [1]
    assert not before.done["d"].armed
    after = Book()
    after.done["d"] = before.done["d"]
    after.put(rule, times=1)
    after.resume(before.state(["drawdown a"]))
    assert fired(after, [4, 6]) == []
    after.put(DrawdownRule(id="d", strategy="a", percent=7, cooldown_s=0), times=2)
    assert after.done["d"].armed


def test_a_rule_can_be_removed_and_leaves_those_of_its_series() -> None:
    book = book_of(DrawdownRule(id="d", strategy="a", percent=5), DrawdownRule(id="e", strategy="a", percent=8))
    book.remove("d")
    assert fired(book, [0, 6, 9]) == [2]
    book.remove("e")
    assert book.series("drawdown") == []


@given(st.lists(st.floats(0, 20, allow_nan=False), max_size=60))
def test_between_two_firings_it_was_above_the_limit_and_at_most_half_of_it(falls: list[float]) -> None:
    found = fired(book_of(DrawdownRule(id="d", strategy="a", percent=5, cooldown_s=0)), falls)
    assert all(falls[index] >= 5 for index in found)
    for one, two in pairwise(found):
        assert min(falls[one:two]) <= 2.5


def test_the_rule_says_when_it_can_fire_again() -> None:
    assert DrawdownRule(percent=5).sentence == "drawdown of the account goes above 5 %; at most once in 60 s; again once it was below 2.5 %"
    assert DrawdownRule(percent=5, once=True).sentence == "drawdown of the account goes above 5 %; once only"
