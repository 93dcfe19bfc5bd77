"""Bars of the venue as the analyst keeps them: asked for when that changes, the ones used last kept within bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analyst.pasts import Pasts
from core.analyst.words import Past, Reach
from core.types import BAR, MINUTE


def reach(symbol: str, start: int = 0, until: int = 10) -> Reach:
    return Reach(symbol, MINUTE, start * MINUTE, until * MINUTE)


def past(one: Reach) -> Past:
    """A bar a minute."""
    bars = np.zeros((one.until_ns - one.start_ns) // MINUTE, BAR)
    bars["start"] = one.start_ns + np.arange(len(bars)) * MINUTE
    return Past(one, bars.tobytes())


@pytest.fixture
def sent() -> list[list[Reach]]:
    return []


def test_it_is_asked_when_what_is_wanted_is_something_else(sent: list[list[Reach]]) -> None:
    pasts = Pasts(sent.append)
    pasts.want([reach("a"), reach("b")])
    pasts.want([reach("b"), reach("a")])
    pasts.want([reach("a", 5), reach("a", 3), reach("a", 7)])
    pasts.want([])
    assert sent == [[reach("a"), reach("b")], [reach("a", 3)], []]


def test_what_came_is_had_back_to_where_it_begins_and_only_up_to_the_same_end(sent: list[list[Reach]]) -> None:
    pasts = Pasts(sent.append)
    pasts.want([reach("a", 2)])
    assert pasts.bars(reach("a", 2)) is None
    pasts.take(past(reach("a", 2)))
    found = pasts.bars(reach("a", 6))
    assert found is not None
    assert (found["start"] // MINUTE).tolist() == [6, 7, 8, 9]
    assert not pasts.has(reach("a", 1))
    assert not pasts.has(reach("a", 2, 11))
    pasts.want([reach("a", 4)])
    assert sent == [[reach("a", 2)]]


def test_what_nobody_wants_any_more_is_left_aside(sent: list[list[Reach]]) -> None:
    pasts = Pasts(sent.append)
    pasts.want([reach("a", 2)])
    pasts.want([reach("a", 1)])
    pasts.take(past(reach("a", 2)))
    assert not pasts.has(reach("a", 2))


def test_why_it_did_not_come_is_known_until_it_comes_or_another_is_wanted(sent: list[list[Reach]]) -> None:
    pasts = Pasts(sent.append)
    pasts.want([reach("a"), reach("b")])
    for one in ("a", "b"):
        pasts.take(Past(reach(one), problem="it is away"))
    assert pasts.problem(reach("a")) == pasts.problem(reach("b")) == "it is away"
    pasts.want([reach("a"), reach("b", 5)])
    assert pasts.problem(reach("b", 5)) == ""
    pasts.take(past(reach("a")))
    assert pasts.problem(reach("a")) == ""


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 9)), max_size=30), st.integers(1, 20))
def test_no_more_is_kept_than_it_may_but_for_the_newest(came: list[tuple[str, int]], most: int) -> None:
    pasts = Pasts(lambda reaches: None, most * BAR.itemsize)
    for symbol, count in came:
        wanted = reach(symbol, 10 - count)
        pasts.want([wanted])
        pasts.take(past(wanted))
        kept = [one.bars for one in pasts._came.values()]
        assert pasts.has(wanted)
        assert sum(map(len, kept)) <= most * BAR.itemsize or len(kept) == 1
        assert pasts._bytes == sum(map(len, kept))
