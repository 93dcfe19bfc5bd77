"""A client id is the same for the same order of the same home, and another for every other one; every venue takes it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.trading.client_id import MOST, client_id, is_of, parse, tag


@given(home=st.text(), strategy=st.text(), number=st.integers(1, MOST))
def test_every_venue_takes_it_and_it_says_what_it_is_made_of(home: str, strategy: str, number: int) -> None:
    found = client_id(home, strategy, number)
    assert re.fullmatch(r"[\.A-Z\:/a-z0-9_-]{1,36}", found)
    assert re.fullmatch(r"[a-z0-9]{1,32}", found)
    assert found == client_id(home, strategy, number)
    parts = parse(found)
    assert parts is not None
    assert (parts.strategy, parts.number) == (tag("strategy", strategy), number)
    assert is_of(found, home)


@given(st.sets(st.tuples(st.sampled_from("ab"), st.sampled_from(("sma", "rsi", "sma:2")), st.integers(1, 10**6)), max_size=200))
def test_two_orders_never_share_one(orders: set[tuple[str, str, int]]) -> None:
    assert len({client_id(*order) for order in orders}) == len(orders)


@pytest.mark.parametrize("text", ["", "x-HNA2TXFJ", "ck", "web_4f2a", "ck" + "1" * 23, client_id("a", "b", 1) + "0"])
def test_what_others_made_is_none_of_ours(text: str) -> None:
    assert parse(text) is None
    assert not is_of(text, "a")


def test_another_homes_is_not_ours() -> None:
    assert not is_of(client_id("there", "sma", 1), "here")


@pytest.mark.parametrize("number", [0, -1, MOST + 1])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(UsageError, match="order number"):
        client_id("here", "sma", number)
