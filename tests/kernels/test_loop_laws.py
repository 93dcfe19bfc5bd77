"""The laws of the loop, on random markets: any batching, compiled or plain, lean or full, restored or not gives the same bits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_cases import any_terms, cases, cuts, markets
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
from loop_rig import FULL, LEAN, Run, definition, feed_in_parts, made, play, prints, report_room, scripted, terms

from core.commands import SetLimits
from core.compile.blueprint import Blueprint, blueprint
from core.compile.module import Variant
from core.errors import StoreError
from core.kernels.records import BLOCKED, FILL, PLACED


@lru_cache
def turns(interval: str) -> Blueprint:
    """The strategy on bars, at an interval."""
    return blueprint(definition("turns"), {"interval": interval}, FULL)


pytestmark = no_warning

BOTH = pytest.mark.parametrize("jit", [True, False], ids=["compiled", "plain"])


@BOTH
@law(60)
@given(data=st.data())
def test_any_split_into_batches_gives_the_same_bits(jit: bool, data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(cases())
    whole, parts = scripted(wanted, how, jit=jit), scripted(wanted, how, jit=jit)
    together = whole.feed(ticks.copy())
    apart = feed_in_parts(parts, ticks, data.draw(cuts(len(ticks))))
    assert together.tobytes() == apart.tobytes()
    assert whole.snapshot() == parts.snapshot()


@law(20)
@given(data=st.data())
def test_any_split_of_bars_gives_the_same_bits(data: st.DataObject) -> None:
    any_split_of_bars_gives_the_same_bits(data, any_terms())


@law(100)
@given(case=cases())
def test_compiled_and_plain_give_the_same_bits(case: Case) -> None:
    ticks, wanted, how = case
    fast, plain = (play(ticks.copy(), wanted, how, jit=jit) for jit in (True, False))
    assert fast.reports.tobytes() == plain.reports.tobytes()
    assert fast.instance.snapshot() == plain.instance.snapshot()


@law(60)
@given(data=st.data())
def test_compiled_and_plain_give_the_same_bits_under_limits_and_levers(data: st.DataObject) -> None:
    case = data.draw(cases())
    limits = SetLimits(
        mode=data.draw(st.sampled_from(["normal", "stop_new", "reduce_only", "halt"])),
        max_position=data.draw(st.sampled_from([None, 0.4, 1.0])),
        max_spread_pct=data.draw(st.sampled_from([None, 1.0])),
        price_low=data.draw(st.sampled_from([None, 95.0])),
        price_high=data.draw(st.sampled_from([None, 110.0])),
    )
    compiled_and_plain_are_the_same_under_levers(case, limits, data.draw(deeds(len(case[0]))))


@pytest.mark.parametrize(
    "variant",
    [Variant(stops=False), Variant(limited=False), Variant(mapped=False), LEAN],
    ids=["no stops", "no limits", "one symbol", "lean"],
)
@law(40)
@given(case=cases(stops=False))
def test_what_is_compiled_out_and_not_used_changes_nothing(variant: Variant, case: Case) -> None:
    ticks, wanted, how = case
    full = play(ticks.copy(), wanted, how, variant=FULL)
    less = play(ticks.copy(), wanted, how, variant=variant)
    assert full.reports.tobytes() == less.reports.tobytes()
    assert full.account.tobytes() == less.account.tobytes()


@law(60)
@given(case=cases())
def test_the_variant_of_a_backtest_gives_the_fills_of_the_full_one(case: Case) -> None:
    the_variant_of_a_backtest_gives_the_fills_of_the_full_one(case)


@BOTH
@law(40)
@given(data=st.data())
def test_a_snapshot_restored_elsewhere_goes_on_as_if_uninterrupted(jit: bool, data: st.DataObject) -> None:
    restored_elsewhere_it_goes_on_as_if_uninterrupted(data, data.draw(cases()), jit=jit)


def test_a_snapshot_keeps_the_limits_and_the_pause() -> None:
    first, second = scripted([1] * 4, terms()), scripted([1] * 4, terms())
    first.limit(SetLimits(mode="halt"))
    first.pause()
    second.restore(first.snapshot(), first.layout)
    second.resume()
    assert Run(second, second.feed(prints([100, 101]))).blocked == [(0, 1)]


def test_a_snapshot_of_another_layout_is_refused() -> None:
    told = scripted([1], terms())
    with pytest.raises(StoreError, match="another memory layout"):
        told.restore(told.snapshot(), "0" * 32)
    with pytest.raises(StoreError, match="another memory layout"):
        told.restore(told.snapshot()[:-1], told.layout)


@law(100)
@given(case=cases())
def test_the_account_adds_up(case: Case) -> None:
    ticks, wanted, how = case
    run = play(ticks, wanted, how, jit=True)
    the_account_adds_up(run)
    account, book, fills = run.account, run.book, run.of(FILL)
    assert float(fills["qty"].sum()) == pytest.approx(book.position, abs=1e-9)
    assert float(fills["fee"].sum()) == pytest.approx(account.fees)
    assert float(fills["realised"].sum()) == pytest.approx(account.realised, abs=1e-9)
    assert [int(n) for n in fills["n"]] == list(range(1, len(fills) + 1))
    assert account.fills == len(fills)
    assert account.orders == len(run.of(PLACED))
    assert account.wins <= account.trades
    assert account.peak >= account.equity
    assert account.max_drawdown >= account.peak - account.equity
    assert len(run.of(BLOCKED)) == 0


@law(100)
@given(case=cases())
def test_cash_flow_says_the_same_as_the_book(case: Case) -> None:
    ticks, wanted, how = case
    cash_says_the_same_as_the_book(play(ticks, wanted, how, jit=True), ticks["price"][-1])


@law(60)
@given(case=cases())
def test_no_fill_is_early_beyond_its_share_or_at_another_price(case: Case) -> None:
    ticks, wanted, how = case
    run = play(ticks, wanted, how, jit=True)
    decided = {int(r["order"]): int(r["tick_id"]) for r in run.of(PLACED)}
    for fill in run.of(FILL):
        i, j = decided[int(fill["order"])], int(fill["tick_id"])
        assert j > i
        assert ticks["ts"][j] >= ticks["ts"][i] + round(how.latency_ms * 1e6)
        side = 1 if fill["qty"] > 0 else -1
        assert fill["price"] == pytest.approx(ticks["price"][j] * (1 + side * how.slippage_bps / 1e4))
        assert fill["fee"] == pytest.approx(abs(fill["qty"]) * fill["price"] * how.fee_bps / 1e4)
        if how.participation is not None and ticks["qty"][j] > 0:
            assert abs(fill["qty"]) <= how.participation * ticks["qty"][j]


@BOTH
def test_a_full_report_buffer_stops_the_loop_and_it_resumes_with_the_same_bits(jit: bool) -> None:
    ticks = prints([100.0 + k % 3 for k in range(300)])
    wanted = [1.0, -1.0] * 150
    with report_room(6):
        small = scripted(wanted, terms(fee_bps=4), jit=jit)
    roomy = scripted(wanted, terms(fee_bps=4), jit=jit)
    first, second = small.feed(ticks.copy()), roomy.feed(ticks.copy())
    assert len(first) == 300 + 299
    assert first.tobytes() == second.tobytes()
    assert small.snapshot() == roomy.snapshot()


def test_a_tick_with_the_most_reports_fits_the_smallest_buffer() -> None:
    ticks = prints([100.0, 101.0], at=[0, 86_400_000])
    with report_room(6):
        told = scripted([1.0, 5.0], terms())
    told.feed(ticks[:1])
    told.limit(SetLimits(max_position=2))
    reports = told.feed(ticks[1:])
    assert [int(kind) for kind in reports["kind"]] == [5, 1, 4, 2]


@pytest.mark.slow
@law(15)
@given(data=st.data())
def test_a_strategy_on_bars_is_the_same_in_any_batches_compiled_or_plain(data: st.DataObject) -> None:
    ticks = data.draw(markets(least=5))
    plan = turns(data.draw(st.sampled_from(["tick", "50ms", "1s", "1d"])))
    how = data.draw(any_terms())
    whole, parts, plain = (made(plan, how, jit=jit) for jit in (True, True, False))
    together = whole.feed(ticks.copy())
    assert together.tobytes() == feed_in_parts(parts, ticks, data.draw(cuts(len(ticks)))).tobytes() == plain.feed(ticks.copy()).tobytes()
    assert whole.snapshot() == parts.snapshot() == plain.snapshot()


def test_a_long_stream_in_large_and_small_batches_is_the_same() -> None:
    rng = np.random.default_rng(11)
    n = 20_000
    ticks = prints((100 + np.cumsum(rng.integers(-3, 4, n)) / 8).clip(10).tolist(), at=np.cumsum(rng.integers(0, 2000, n)).tolist())
    how = terms(fee_bps=4, latency_ms=700, stop_loss_pct=2, take_profit_pct=3, trailing_pct=2.5)
    whole, parts = (made(turns("1s"), how, jit=True) for _ in range(2))
    together = whole.feed(ticks.copy())
    assert len(together) > 4096
    assert together.tobytes() == feed_in_parts(parts, ticks, rng.integers(0, n, 400).tolist()).tobytes()
    assert whole.snapshot() == parts.snapshot()
