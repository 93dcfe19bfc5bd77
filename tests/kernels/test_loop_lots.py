"""Lots, ticks of the price and the least order. Every number by hand."""

from __future__ import annotations

import pytest
from loop_rig import BARS, EXTERNAL, NO, Run, bars, play, prints, scripted, terms

from core.commands import SetLimits
from core.kernels.records import BLOCKED, MAX_POSITION, MINIMUM, STOP_LOSS


def test_an_order_is_cut_to_whole_lots_towards_zero() -> None:
    run = play(prints([100, 100, 100, 100]), [1, 1, -1, -1], terms(qty=0.37, lot=0.1))
    assert run.placed == [(0, 0.3), (2, -0.6)]
    assert run.fills == [(1, 0.3, 100.0), (3, -0.6, 100.0)]
    assert run.book.position == -0.3
    assert run.blocked == []


def test_what_is_cut_is_the_order_and_not_the_position() -> None:
    run = play(prints([100] * 4), [3, 3, 1.5, 1.5], terms(lot=1))
    assert run.fills == [(1, 3.0, 100.0), (3, -1.0, 100.0)]
    assert run.book.position == 2.0


def test_a_quantity_that_is_whole_but_for_rounding_is_whole() -> None:
    assert 0.3 / 0.1 < 3
    assert play(prints([100, 100]), 1, terms(qty=0.3, lot=0.1)).fills == [(1, 0.3, 100.0)]


def test_a_target_that_asks_for_the_same_lots_again_orders_nothing() -> None:
    run = play(prints([100] * 5), [1, 1.02, NO, 0.95, 1], terms(qty=0.37, lot=0.1))
    assert run.placed == [(0, 0.3)]
    assert run.account.orders == 1


def test_many_small_fills_stay_on_the_grid_and_do_not_drift() -> None:
    run = play(prints([100.0] * 60, qty=0.7), [1] * 30 + [0] * 30, terms(qty=2, lot=0.1, participation=0.2))
    assert {fill[1] for fill in run.fills} == {0.1, -0.1}
    positions = [float(row["position"]) for row in run.of(1)]
    assert positions[:20] == [k / 10 for k in range(1, 21)]
    assert positions[20:] == [k / 10 for k in range(19, -1, -1)]
    assert run.account.trades == 1


def test_a_share_of_a_print_below_a_lot_fills_nothing_and_the_order_works_on() -> None:
    run = play(prints([100, 101, 102], qty=[1, 0.9, 2.5]), 1, terms(lot=1, participation=0.5))
    assert run.fills == [(2, 1.0, 102.0)]
    assert run.account.orders == 1


def test_less_than_a_lot_is_not_ordered_and_said_once() -> None:
    run = play(prints([100] * 6), [0.5, 0.5, 0.4, 1, 0.5, 0], terms(lot=1))
    assert run.blocked == [(0, MINIMUM)]
    assert float(run.of(BLOCKED)["qty"][0]) == 0.5
    assert run.fills == [(4, 1.0, 100.0)]
    assert run.book.aim == 0.0


def test_an_order_worth_less_than_the_minimum_is_blocked_until_it_is_worth_enough() -> None:
    run = play(prints([100, 90, 100, 120, 121]), 0.1, terms(min_notional=12))
    assert run.blocked == [(0, MINIMUM)]
    assert run.placed == [(3, 0.1)]
    assert run.fills == [(4, 0.1, 121.0)]


def test_the_minimum_holds_for_what_is_added_or_taken_off_too() -> None:
    run = play(prints([100] * 6), [1, 1.05, 0.95, 1.2, 1.2, 0.1], terms(min_notional=10))
    assert run.placed == [(0, 1.0), (3, pytest.approx(0.2)), (5, pytest.approx(-1.1))]
    assert run.blocked == [(1, MINIMUM)]


def test_an_order_to_flat_passes_whatever_it_is_worth() -> None:
    run = play(prints([100, 100, 1, 1]), [0.2, 0.2, 0, 0], terms(min_notional=10))
    assert run.fills == [(1, 0.2, 100.0), (3, -0.2, 1.0)]
    assert run.blocked == []


def test_the_rest_of_a_partly_filled_order_is_no_order_of_its_own() -> None:
    run = play(prints([100, 100, 100], qty=0.9), 1, terms(min_notional=50, participation=1))
    assert run.fills == [(1, 0.9, 100.0), (2, pytest.approx(0.1), 100.0)]
    assert run.blocked == []


@pytest.mark.parametrize(("target", "paid"), [(1, 100.25), (-1, 99.75)], ids=["buy", "sell"])
def test_a_price_is_rounded_to_the_tick_against_who_takes(target: int, paid: float) -> None:
    run = play(prints([100, 100]), target, terms(slippage_bps=1, tick_size=0.25))
    assert run.fills == [(1, target, paid)]


def test_a_price_on_the_tick_stays_as_it_is() -> None:
    for price in (60000.27, 0.07, 1.15):
        assert play(prints([price, price]), 1, terms(tick_size=0.01)).fills == [(1, 1.0, price)]
        assert play(prints([price, price]), -1, terms(tick_size=0.01)).fills == [(1, -1.0, price)]


def test_slippage_that_leads_onto_a_tick_is_not_rounded_further() -> None:
    assert 100 * (1 + 1 / 1e4) == 100.01
    assert play(prints([100, 100]), 1, terms(slippage_bps=1, tick_size=0.01)).fills == [(1, 1.0, 100.01)]
    assert play(prints([300, 300]), 1, terms(slippage_bps=7, tick_size=0.01)).fills == [(1, 1.0, 300.21)]


def test_a_sale_gets_one_tick_at_least() -> None:
    assert play(prints([0.5, 0.5]), -1, terms(tick_size=1)).fills == [(1, -1.0, 1.0)]


def test_the_fee_is_of_the_rounded_price() -> None:
    run = play(prints([100, 100]), 1, terms(slippage_bps=1, tick_size=0.25, fee_bps=100))
    assert run.account.fees == 1.0025


def test_a_stop_inside_a_bar_fills_on_a_tick() -> None:
    calm = (100.0, 100.0, 100.0, 100.0)
    run = play(bars([calm, calm, (100, 100, 90, 95)]), 1, terms(stop_loss_pct=3.3, tick_size=0.5, lot=0.5), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 96.5)]
    assert run.reasons()[1] == STOP_LOSS


def test_a_position_limit_is_cut_to_lots_and_says_its_own_reason() -> None:
    told = scripted([1, 1], terms(qty=5, lot=1))
    told.limit(SetLimits(max_position=2.5))
    run = Run(told, told.feed(prints([100, 100])))
    assert run.blocked == [(0, MAX_POSITION)]
    assert run.fills == [(1, 2.0, 100.0)]


def test_new_limits_cut_a_working_order_to_lots() -> None:
    told = scripted([5, NO, NO], terms(lot=1))
    told.feed(prints([100]))
    reports = told.limit(SetLimits(max_position=2.5))
    assert [(int(r["kind"]), float(r["qty"])) for r in reports][-1] == (2, 2.0)
    assert Run(told, told.feed(prints([100, 100], at=[1, 2]))).fills == [(0, 2.0, 100.0)]


def test_flattening_by_hand_closes_all_of_it() -> None:
    told = scripted([0.3, NO, NO], terms(lot=0.1, min_notional=1))
    told.feed(prints([100, 100]))
    told.flatten()
    assert Run(told, told.feed(prints([0.5], at=[5000]))).fills == [(0, -0.3, 0.5)]
    assert told.flat


def test_orders_for_a_venue_are_in_lots_too() -> None:
    run = play(prints([100, 100]), 1, terms(qty=0.37, lot=0.1), variant=EXTERNAL)
    assert run.placed == [(0, 0.3)]
