"""A term that says something of a rule is let through where that rule is on, or where it says nothing new."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.term_rules import DEPENDING, is_idle, refuse_idle, without_idle
from core.terms import Terms

ON: dict[tuple[str, str], dict[str, Any]] = {
    ("entry", "limit"): {"entry": "limit"},
    ("limit_ttl_ms", "MS"): {"entry": "limit", "limit_ttl_ms": 1.5},
    ("trigger_ttl_ms", "MS"): {"entry": "stop", "trigger_ttl_ms": 1.5},
    ("entry", "stop"): {"entry": "stop"},
    ("exits", "resting"): {"exits": "resting", "take_profit_pct": 2.0},
    ("stop_loss_pct", "P"): {"stop_loss_pct": 1.0},
    ("take_profit_pct", "P"): {"take_profit_pct": 2.0},
    ("trailing_pct", "P"): {"trailing_pct": 3.0},
    ("size", "vol_pct"): {"size": "vol_pct"},
    ("impact_bps", "B"): {"impact_bps": 5.0},
    ("funding_bps", "B"): {"funding_bps": -1.0},
    ("limit_fill", "queue"): {"entry": "limit", "limit_fill": "queue"},
    ("leverage", "L"): {"leverage": 5.0},
    ("break_even_pct", "P"): {"break_even_pct": 1.5},
    ("max_drawdown_pct", "P"): {"max_drawdown_pct": 10.0},
    ("daily_loss_pct", "P"): {"daily_loss_pct": 2.0},
    ("loss_streak", "N"): {"loss_streak": 3},
    ("low_profit_pct", "P"): {"low_profit_pct": 0.0},
}

SET: dict[str, Any] = {
    "limit_offset_bps": 2.5, "limit_fill": "touch", "limit_ttl_ms": 0.5, "limit_then": "market", "maker_fee_bps": -1.5,
    "trigger_offset_bps": 2.5, "trigger_ttl_ms": 0.5, "trigger_then": "market", "exits": "resting", "vol_half_life_hours": 3.0,
    "max_leverage": 3.5, "impact_volume": 7.5, "funding_hours": 4,
    "queue_ahead": 2.5, "queue_model": "quotes", "maintenance_pct": 2.5, "liquidation_fee_bps": 7.5,
    "on_guard": "flatten", "low_profit_trades": 5, "lock_hours": 1.5,
}  # fmt: skip


def test_every_term_that_depends_on_a_rule_is_tried_here() -> None:
    assert SET.keys() == DEPENDING.keys()


@pytest.mark.parametrize("name", DEPENDING)
def test_a_term_is_refused_by_name_and_value_with_what_it_needs(name: str) -> None:
    value, rules = SET[name], DEPENDING[name]
    with pytest.raises(UsageError) as refused:
        refuse_idle(Terms(**{name: value}))
    rests = "(entry=limit or exits=resting) and "
    first = {"limit_then": "entry=limit and ", "trigger_then": "entry=stop and ", "queue_ahead": rests, "queue_model": rests}.get(name, "")
    ways = first + " or ".join(f"{rule}={word}" for rule, word in rules)
    text = f"{value:g}" if isinstance(value, float) else value
    assert str(refused.value) == f"{name}={text} does nothing without {ways}"
    for rule in rules:
        refuse_idle(Terms(**{name: value} | ON[rule]))


@pytest.mark.parametrize(("entry", "then", "ttl"), [("limit", "limit_then", "limit_ttl_ms"), ("stop", "trigger_then", "trigger_ttl_ms")])
def test_what_becomes_of_an_order_after_its_time_is_refused_where_it_has_none(entry: Any, then: str, ttl: str) -> None:
    with pytest.raises(UsageError, match=f"^{then}=market does nothing without entry={entry} and {ttl}=MS$"):
        refuse_idle(Terms(entry=entry, **{then: "market"}))
    refuse_idle(Terms(entry=entry, **{then: "market", ttl: 500.0}))
    assert without_idle(Terms(entry=entry, **{then: "market"})) == Terms(entry=entry)


def test_of_two_idle_terms_the_one_that_the_other_needs_is_named() -> None:
    for terms, name in (
        (Terms(limit_ttl_ms=5.0, limit_then="market"), "limit_ttl_ms"),
        (Terms(exits="resting", limit_fill="touch"), "exits"),
        (Terms(trigger_ttl_ms=5.0, trigger_then="market"), "trigger_ttl_ms"),
    ):
        with pytest.raises(UsageError, match=f"^{name}="):
            refuse_idle(terms)


@given(st.sets(st.sampled_from(sorted(SET))), st.sets(st.sampled_from(sorted(ON))))
def test_what_does_nothing_is_as_if_never_said_and_the_rest_stays(names: set[str], rules: set[tuple[str, str]]) -> None:
    terms = msgspec.structs.replace(
        Terms(qty=3.0, **{name: SET[name] for name in names}), **{k: v for rule in rules for k, v in ON[rule].items()}
    )
    kept = without_idle(terms)
    refuse_idle(kept)
    changed = {name for name in SET if getattr(kept, name) != getattr(terms, name)}
    assert changed <= {name for name in SET if is_idle(kept, name)}
    assert msgspec.structs.replace(kept, **{name: getattr(terms, name) for name in changed}) == terms


def test_a_form_that_sends_every_default_is_let_through() -> None:
    refuse_idle(msgspec.convert(msgspec.to_builtins(Terms()), Terms))
