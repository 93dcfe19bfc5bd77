"""The laws of the loop hold under any terms: batches, compiled or plain, lean or full, restored. What is not asked for is not there."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loop_cases import FEATURES, any_terms, cases, cuts, realistic_cases, targets
from loop_rig import BARS, FULL, NO, bars, definition, feed_in_parts, play, scripted, terms

from core.commands import SetLimits, Terms
from core.compile.blueprint import backtest_variant, blueprint
from core.compile.extras import features_of
from core.compile.layout import layout_of, records_in, same_books
from core.kernels.features import ADDED, BASE
from core.kernels.records import REPORT
from core.types import Records

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")

Case = tuple[Records, list[float], Terms]
ALL = msgspec.structs.replace(FULL, features=frozenset(ADDED))


def law(examples: int) -> settings:
    """So many examples; the first one compiles, so no deadline."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def test_every_feature_is_among_the_cases() -> None:
    assert set(FEATURES) == set(ADDED)


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


@law(60)
@given(case=cases())
def test_a_feature_that_is_in_and_says_nothing_changes_no_report(case: Case) -> None:
    ticks, wanted, how = case
    without, within = (play(ticks.copy(), wanted, how, variant=variant, jit=True) for variant in (FULL, ALL))
    assert without.reports.tobytes() == within.reports.tobytes()
    assert [without.account[name] for name in BASE["ACCOUNT"].names or ()] == [within.account[name] for name in BASE["ACCOUNT"].names or ()]


@law(80)
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
    ticks, wanted, how = case
    full, less = (play(ticks.copy(), wanted, how, variant=v, jit=True) for v in (FULL, backtest_variant(how, bars=False)))
    assert full.reports.tobytes() == less.reports.tobytes()
    assert full.account.tobytes() == less.account.tobytes()


@law(40)
@given(data=st.data())
def test_any_split_of_bars_gives_the_same_bits(data: st.DataObject) -> None:
    corners = data.draw(st.lists(st.tuples(*[st.integers(90, 110)] * 4), min_size=1, max_size=40))
    rows = bars([(a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in corners])
    _, _, how = data.draw(realistic_cases())
    wanted = data.draw(targets(len(rows)))
    whole, parts, plain = (scripted(wanted, how, variant=BARS, jit=jit) for jit in (True, True, False))
    together = whole.feed(rows.copy())
    assert together.tobytes() == feed_in_parts(parts, rows, data.draw(cuts(len(rows)))).tobytes() == plain.feed(rows.copy()).tobytes()
    assert whole.snapshot() == parts.snapshot() == plain.snapshot()


@law(40)
@given(data=st.data())
def test_a_snapshot_restored_elsewhere_goes_on_as_if_uninterrupted(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(realistic_cases())
    at = data.draw(st.integers(0, len(ticks)))
    whole, first = (scripted(wanted, how, jit=True) for _ in range(2))
    second = scripted([NO] * len(wanted), how, jit=data.draw(st.booleans()))
    together = whole.feed(ticks.copy())
    before = first.feed(ticks[:at].copy())
    second.restore(first.snapshot(), first.layout)
    assert np.concatenate([before, second.feed(ticks[at:].copy())]).tobytes() == together.tobytes()
    assert second.snapshot() == whole.snapshot()


@law(60)
@given(data=st.data())
def test_compiled_and_plain_give_the_same_bits_under_limits_and_levers(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(realistic_cases())
    limits = SetLimits(mode=data.draw(st.sampled_from(["normal", "reduce_only"])), max_position=data.draw(st.sampled_from([None, 0.4])))
    deeds = data.draw(st.lists(st.tuples(st.integers(0, len(ticks)), st.sampled_from(["pause", "resume", "flatten", "limit"])), max_size=5))
    outcomes = []
    for jit in (True, False):
        told = scripted(wanted, how, jit=jit)
        reports, at = [np.empty(0, REPORT)], 0
        for place, deed in sorted(deeds):
            reports.append(told.feed(ticks[at:place].copy()))
            at = place
            done = getattr(told, deed)(*([limits] if deed == "limit" else []))
            reports += [done] if isinstance(done, np.ndarray) else []
        reports.append(told.feed(ticks[at:].copy()))
        outcomes.append((np.concatenate(reports).tobytes(), told.snapshot()))
    assert outcomes[0] == outcomes[1]


@law(100)
@given(case=realistic_cases())
def test_the_account_adds_up(case: Case) -> None:
    ticks, wanted, how = case
    run = play(ticks, wanted, how, jit=True)
    account, book = run.account, run.book
    assert account.equity == account.capital + account.realised - account.fees + book.unrealised
    trips = account.gross_profit - account.gross_loss + book.trip_realised - book.trip_fees
    assert trips == pytest.approx(account.realised - account.fees, abs=1e-9)
    cash = how.capital - sum(float(f["qty"] * f["price"]) for f in run.of(1)) - account.fees
    assert cash + book.position * ticks["price"][-1] == pytest.approx(account.equity, abs=1e-6)


@pytest.mark.slow
@given(how=any_terms())
def test_plain_terms_keep_the_books_of_before(how: Terms) -> None:
    plans = [blueprint(definition("script"), {"n": 1}, msgspec.structs.replace(FULL, features=features_of(t))) for t in (terms(), how)]
    assert layout_of(plans[0]) == layout_of(plans[1])
    assert same_books(layout_of(plans[0]), layout_of(plans[1]))
