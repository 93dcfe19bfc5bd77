"""The laws of the loop hold under any terms: batches, compiled or plain, lean or full, restored. What is not asked for is not there."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_cases import FEATURES, any_terms, cases, cuts, realistic_cases
from loop_laws_rig import (
    Case,
    any_split_of_bars_gives_the_same_bits,
    cash_says_the_same_as_the_book,
    compiled_and_plain_are_the_same_under_levers,
    deeds,
    law,
    no_warning,
    restored_elsewhere_it_goes_on_as_if_uninterrupted,
    the_account_adds_up,
    the_variant_of_a_backtest_gives_the_fills_of_the_full_one,
)
from loop_rig import FULL, definition, feed_in_parts, play, scripted, terms

from core.commands import SetLimits, Terms
from core.compile.blueprint import blueprint
from core.compile.extras import features_of
from core.compile.layout import layout_of, records_in, same_books
from core.kernels.features import ADDED, BASE

pytestmark = no_warning

#: What no terms ask for: it comes with a broker that fills the orders, and what is simulated knows nothing of it.
BROUGHT = {"venued"}

ALL = msgspec.structs.replace(FULL, features=frozenset(ADDED) - BROUGHT)


def test_every_feature_is_among_the_cases() -> None:
    assert set(FEATURES) | BROUGHT == set(ADDED)


def test_no_field_is_named_like_something_every_record_has() -> None:
    names = {field for records in ADDED.values() for fields in records.values() for field, _ in fields}
    assert names.isdisjoint(dir(np.record))


def test_terms_of_today_ask_for_nothing() -> None:
    assert features_of(Terms()) == frozenset()
    records = records_in(blueprint(definition("script"), {"n": 1}, FULL).text)
    assert {name: records[name] for name in BASE} == {name: dtype.descr for name, dtype in BASE.items()}


def test_what_is_not_asked_for_leaves_no_trace_in_the_text() -> None:
    text = blueprint(definition("script"), {"n": 1}, FULL).text
    added = {field for records in ADDED.values() for fields in records.values() for field, _ in fields}
    assert [name for name in added if f".{name}\n" in text or f".{name} " in text or f"'{name}'" in text] == []


@pytest.mark.slow
@law(20)
@given(case=cases())
def test_a_feature_that_is_in_and_says_nothing_changes_no_report(case: Case) -> None:
    ticks, wanted, how = case
    without, within = (play(ticks.copy(), wanted, how, variant=variant, jit=True) for variant in (FULL, ALL))
    assert without.reports.tobytes() == within.reports.tobytes()
    assert [without.account[name] for name in BASE["ACCOUNT"].names or ()] == [within.account[name] for name in BASE["ACCOUNT"].names or ()]


@pytest.mark.slow
@law(20)
@given(data=st.data())
def test_any_split_compiled_or_plain_gives_the_same_bits(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(realistic_cases())
    whole, parts, plain = (scripted(wanted, how, jit=jit) for jit in (True, True, False))
    together = whole.feed(ticks.copy())
    assert together.tobytes() == feed_in_parts(parts, ticks, data.draw(cuts(len(ticks)))).tobytes() == plain.feed(ticks.copy()).tobytes()
    assert whole.snapshot() == parts.snapshot() == plain.snapshot()


@pytest.mark.slow
@law(60)
@given(case=realistic_cases())
def test_the_variant_of_a_backtest_gives_the_fills_of_the_full_one(case: Case) -> None:
    the_variant_of_a_backtest_gives_the_fills_of_the_full_one(case)


@pytest.mark.slow
@law(12)
@given(data=st.data())
def test_any_split_of_bars_gives_the_same_bits(data: st.DataObject) -> None:
    any_split_of_bars_gives_the_same_bits(data, realistic_cases().map(lambda case: case[2]))


@pytest.mark.slow
@law(20)
@given(data=st.data())
def test_a_snapshot_restored_elsewhere_goes_on_as_if_uninterrupted(data: st.DataObject) -> None:
    restored_elsewhere_it_goes_on_as_if_uninterrupted(data, data.draw(realistic_cases()), jit=True)


@pytest.mark.slow
@law(30)
@given(data=st.data())
def test_compiled_and_plain_give_the_same_bits_under_limits_and_levers(data: st.DataObject) -> None:
    case = data.draw(realistic_cases())
    limits = SetLimits(mode=data.draw(st.sampled_from(["normal", "reduce_only"])), max_position=data.draw(st.sampled_from([None, 0.4])))
    compiled_and_plain_are_the_same_under_levers(case, limits, data.draw(deeds(len(case[0]))))


@pytest.mark.slow
@law(100)
@given(case=realistic_cases())
def test_the_account_adds_up(case: Case) -> None:
    ticks, wanted, how = case
    run = play(ticks, wanted, how, jit=True)
    the_account_adds_up(run)
    cash_says_the_same_as_the_book(run, ticks["price"][-1])


@pytest.mark.slow
@given(how=any_terms())
def test_plain_terms_keep_the_books_of_before(how: Terms) -> None:
    plans = [blueprint(definition("script"), {"n": 1}, msgspec.structs.replace(FULL, features=features_of(t))) for t in (terms(), how)]
    assert layout_of(plans[0]) == layout_of(plans[1])
    assert same_books(layout_of(plans[0]), layout_of(plans[1]))
