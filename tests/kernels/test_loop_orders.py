"""From target to order to fill: which tick an order fills on, what replaces, cancels and leaves it. Every number by hand."""

from __future__ import annotations

import math

import pytest
from loop_rig import FULL, LEAN, NO, Run, definition, made, play, prints, scripted, terms

from core.compile.blueprint import blueprint
from core.compile.module import Variant
from core.kernels.records import CANCELLED, FILL, PLACED, SIGNAL


def test_an_order_decided_on_a_tick_fills_on_the_next_one_at_its_price() -> None:
    run = play(prints([100, 101, 102]), 1, terms())
    assert run.placed == [(0, 1.0)]
    assert run.fills == [(1, 1.0, 101.0)]
    assert run.book.position == 1.0


def test_an_order_never_fills_on_the_tick_it_was_decided_on() -> None:
    run = play(prints([100]), 1, terms())
    assert run.fills == []
    assert run.book.position == 0.0


def test_without_latency_a_later_tick_of_the_same_time_fills() -> None:
    run = play(prints([100, 101, 102], at=[0, 0, 0]), 1, terms())
    assert run.fills == [(1, 1.0, 101.0)]


def test_an_order_fills_on_the_first_tick_at_or_after_its_latency() -> None:
    run = play(prints([100, 101, 102, 103, 104], at=[0, 100, 199.999999, 200, 300]), 1, terms(latency_ms=200))
    assert run.fills == [(3, 1.0, 103.0)]


def test_ticks_within_the_latency_do_not_fill_however_many() -> None:
    run = play(prints([100, 101, 102, 103], at=[0, 1, 2, 3]), 1, terms(latency_ms=200))
    assert run.fills == []
    assert run.placed == [(0, 1.0)]


def test_a_tick_that_jumps_far_past_the_latency_fills() -> None:
    run = play(prints([100, 150], at=[0, 3_600_000]), 1, terms(latency_ms=200))
    assert run.fills == [(1, 1.0, 150.0)]


def test_after_a_step_back_in_time_an_order_waits_for_the_clock_to_pass_it_again() -> None:
    run = play(prints([100, 101, 102], at=[1000, 500, 1000]), 1, terms())
    assert run.fills == [(2, 1.0, 102.0)]


def test_a_different_target_replaces_the_order_and_its_latency_starts_over() -> None:
    ticks = prints([100, 101, 102, 103, 104], at=[0, 100, 200, 300, 400])
    run = play(ticks, [1, 2, 2, 2, 2], terms(latency_ms=200))
    assert run.placed == [(0, 1.0), (1, 2.0)]
    assert run.fills == [(3, 2.0, 103.0)]


def test_the_same_target_leaves_the_order_working_with_its_latency_running() -> None:
    ticks = prints([100, 101, 102, 103], at=[0, 100, 200, 300])
    run = play(ticks, [1, 1, 1, 1], terms(latency_ms=200))
    assert run.placed == [(0, 1.0)]
    assert run.fills == [(2, 1.0, 102.0)]
    assert run.account.orders == 1


def test_a_target_equal_to_the_position_cancels_the_order() -> None:
    ticks = prints([100, 101, 102, 103], at=[0, 100, 200, 300])
    run = play(ticks, [1, 0, 0, 0], terms(latency_ms=200))
    assert run.cancelled == [(1, 1.0)]
    assert run.fills == []
    assert run.account.orders == 1


def test_a_target_equal_to_an_open_position_cancels_the_order_to_grow_it() -> None:
    ticks = prints([100, 101, 102, 103, 104, 105], at=[0, 200, 300, 400, 500, 600])
    run = play(ticks, [1, 1, 3, 1, 1, 1], terms(latency_ms=200))
    assert run.placed == [(0, 1.0), (2, 2.0)]
    assert run.cancelled == [(3, 2.0)]
    assert run.fills == [(1, 1.0, 101.0)]
    assert run.book.position == 1.0


def test_a_cancelled_order_and_the_same_target_again_is_a_new_order_with_its_own_latency() -> None:
    ticks = prints([100, 101, 102, 103, 104], at=[0, 100, 150, 300, 350])
    run = play(ticks, [1, 0, 1, 1, 1], terms(latency_ms=200))
    assert run.placed == [(0, 1.0), (2, 1.0)]
    assert run.fills == [(4, 1.0, 104.0)]


def test_no_opinion_leaves_the_order_working() -> None:
    ticks = prints([100, 101, 102], at=[0, 100, 200])
    run = play(ticks, [1, NO, NO], terms(latency_ms=200))
    assert run.fills == [(2, 1.0, 102.0)]


def test_no_opinion_leaves_the_position() -> None:
    run = play(prints([100, 101, 102, 103]), [1, NO, NO, NO], terms())
    assert run.fills == [(1, 1.0, 101.0)]
    assert run.book.position == 1.0


def test_no_opinion_at_all_does_nothing() -> None:
    run = play(prints([100, 101, 102]), [NO, NO, NO], terms())
    assert len(run.reports) == 0
    assert run.account.equity == 1000.0


def test_a_target_left_alone_is_no_opinion() -> None:
    told = made(blueprint(definition("turns"), {}, FULL), terms(), jit=False)  # says nothing while the price stays
    run = Run(told, told.feed(prints([100, 101, 101, 101, 101])))
    assert run.fills == [(2, 1.0, 101.0)]
    assert run.book.position == 1.0


def test_a_target_is_in_units_of_the_size() -> None:
    run = play(prints([100, 101, 102, 103]), [2, 2, -0.5, -0.5], terms(qty=0.25))
    assert run.fills == [(1, 0.5, 101.0), (3, -0.625, 103.0)]
    assert run.book.position == -0.125


def test_long_flat_takes_a_short_target_for_flat() -> None:
    run = play(prints([100, 101, 102, 103]), [-1, 1, -1, -1], terms(side="long_flat"))
    assert run.fills == [(2, 1.0, 102.0), (3, -1.0, 103.0)]
    assert run.book.position == 0.0


def test_long_short_takes_a_short_target_as_it_is() -> None:
    run = play(prints([100, 101]), -1, terms())
    assert run.fills == [(1, -1.0, 101.0)]


def test_targets_that_change_on_every_tick_with_more_latency_than_a_tick_never_fill() -> None:
    run = play(prints([100.0] * 6, at=[0, 100, 200, 300, 400, 500]), [1, 2, 1, 2, 1, 2], terms(latency_ms=150))
    assert run.fills == []
    assert len(run.placed) == 6


def test_the_fill_of_a_tick_comes_before_its_decision() -> None:
    run = play(prints([100, 101, 102]), [1, -1, -1], terms())
    assert run.fills == [(1, 1.0, 101.0), (2, -2.0, 102.0)]
    assert [int(kind) for kind in run.reports["kind"]] == [PLACED, FILL, PLACED, FILL]


def test_a_report_carries_the_tick_the_order_and_the_position_after_it() -> None:
    ticks = prints([100, 101, 102])
    run = play(ticks, [1, -1, -1], terms(fee_bps=10))
    first, second = run.of(FILL)
    assert (first["ts"], first["seq"], first["tick_id"], first["n"], first["order"]) == (ticks["ts"][1], 2, 1, 1, 1)
    assert (second["n"], second["order"], second["position"], second["leg"]) == (2, 2, -1.0, 0)
    assert run.reasons() == [SIGNAL, SIGNAL]


def test_a_cancel_names_the_order_it_ends() -> None:
    run = play(prints([100, 101, 102], at=[0, 1, 2]), [1, 2, 0], terms(latency_ms=200))
    assert [int(o) for o in run.of(CANCELLED)["order"]] == [2]


def test_a_negative_zero_is_flat() -> None:
    run = play(prints([100, 101, 102, 103]), [-0.0, 1, -0.0, -0.0], terms())
    assert run.fills == [(2, 1.0, 102.0), (3, -1.0, 103.0)]
    assert math.copysign(1.0, run.book.position) == 1.0


@pytest.mark.parametrize("jit", [False, True])
def test_other_symbols_ticks_are_passed_over(jit: bool) -> None:
    ticks = prints([100, 7, 101, 7, 102], symbol=[0, 1, 0, 1, 0])
    told = scripted([1, 1, 1], terms(), jit=jit)
    assert Run(told, told.feed(ticks)).fills == [(2, 1.0, 101.0)]
    assert told.account[0].ticks == 3


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("symbol", [1, 5, 1_000_000])
def test_a_symbol_beyond_the_map_is_passed_over(symbol: int, jit: bool) -> None:
    ticks = prints([100, 7, 101], symbol=[0, symbol, 0])
    told = scripted([1, 1, 1], terms(), jit=jit)
    told.trade({0: 0})
    assert Run(told, told.feed(ticks)).fills == [(2, 1.0, 101.0)]


@pytest.mark.parametrize("variant", [FULL, LEAN])
def test_plain_python_runs_without_a_warning(variant: Variant) -> None:  # a leg without a quote: infinity times zero
    told = scripted([1, 2, NO, -1], terms(), variant=variant)
    assert Run(told, told.feed(prints([100, 101, 102, 103]))).fills == [(1, 1.0, 101.0), (2, 1.0, 102.0)]
