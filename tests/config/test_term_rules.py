"""A term that says something of a rule is let through where that rule is on, or where it says nothing new."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.term_rules import DEPENDING, refuse_idle, without_idle
from core.terms import Terms

ON: dict[str, dict[str, Any]] = {"entry": {"entry": "limit"}, "impact_bps": {"impact_bps": 5.0}, "funding_bps": {"funding_bps": -1.0}}

SET: dict[str, Any] = {
    "limit_offset_bps": 2.5, "limit_fill": "touch", "limit_ttl_ms": 0.5, "limit_then": "market", "maker_fee_bps": -1.5,
    "impact_volume": 7.5, "funding_hours": 4,
}  # fmt: skip


def test_every_term_that_depends_on_a_rule_is_tried_here() -> None:
    assert SET.keys() == DEPENDING.keys()


@pytest.mark.parametrize("name", DEPENDING)
def test_a_term_is_refused_by_name_and_value_with_what_it_needs(name: str) -> None:
    rule, words = DEPENDING[name]
    value = SET[name]
    with pytest.raises(UsageError) as refused:
        refuse_idle(Terms(**{name: value}))
    assert str(refused.value) == f"{name}={value} does nothing without {rule}={words}"
    refuse_idle(Terms(**{name: value}, **ON[rule]))


@given(st.sets(st.sampled_from(sorted(SET))), st.sets(st.sampled_from(sorted(ON))))
def test_what_does_nothing_is_as_if_never_said_and_the_rest_stays(names: set[str], rules: set[str]) -> None:
    on = {key: value for rule in rules for key, value in ON[rule].items()}
    terms = Terms(qty=3.0, **{name: SET[name] for name in names}, **on)
    kept = without_idle(terms)
    refuse_idle(kept)
    assert kept == Terms(qty=3.0, **{name: SET[name] for name in names if DEPENDING[name][0] in rules}, **on)


def test_a_form_that_sends_every_default_is_let_through() -> None:
    refuse_idle(msgspec.convert(msgspec.to_builtins(Terms()), Terms))
