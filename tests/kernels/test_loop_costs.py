"""What a fill costs: slippage, fee, and how much of a print it may take. Every number by hand."""

from __future__ import annotations

import pytest
from loop_rig import NO, play, prints, terms

from core.kernels.records import FILL


def test_a_buy_pays_the_slippage_and_a_sell_gets_it_less() -> None:
    run = play(prints([100, 200, 400]), [1, 0, 0], terms(slippage_bps=625))
    assert run.fills == [(1, 1.0, 212.5), (2, -1.0, 375.0)]
    assert run.account.realised == 162.5


def test_a_short_sells_lower_and_buys_back_higher_by_the_slippage() -> None:
    run = play(prints([100, 200, 400]), [-1, 0, 0], terms(slippage_bps=625))
    assert run.fills == [(1, -1.0, 187.5), (2, 1.0, 425.0)]
    assert run.account.realised == -237.5


def test_the_fee_is_quantity_times_price_times_basis_points() -> None:
    run = play(prints([100, 250, 400]), [2, 0, 0], terms(qty=1.5, fee_bps=8))
    fees = [float(fee) for fee in run.of(FILL)["fee"]]
    assert fees == [pytest.approx(3 * 250 * 8 / 1e4), pytest.approx(3 * 400 * 8 / 1e4)]
    assert fees == [pytest.approx(0.6), pytest.approx(0.96)]
    assert run.account.fees == pytest.approx(1.56)


def test_the_fee_is_taken_on_the_price_paid() -> None:
    run = play(prints([100, 200]), 1, terms(slippage_bps=625, fee_bps=100))
    assert float(run.of(FILL)["fee"][0]) == pytest.approx(2.125)


def test_a_sale_pays_its_fee_too_and_fees_are_never_negative() -> None:
    run = play(prints([100, 200]), -1, terms(fee_bps=100))
    assert float(run.of(FILL)["fee"][0]) == 2.0
    assert run.account.equity == 1000.0 - 2.0


def test_without_participation_a_fill_may_exceed_the_print() -> None:
    run = play(prints([100, 101], qty=0.001), 5, terms())
    assert run.fills == [(1, 5.0, 101.0)]


def test_participation_fills_a_share_of_each_print_until_the_target_is_reached_exactly() -> None:
    ticks = prints([100, 101, 102, 103, 104, 105], qty=[50, 8, 2, 100, 100, 100])
    run = play(ticks, 10, terms(participation=0.5))
    assert run.fills == [(1, 4.0, 101.0), (2, 1.0, 102.0), (3, 5.0, 103.0)]
    assert run.placed == [(0, 10.0)]
    assert run.book.position == 10.0
    assert run.book.entry == pytest.approx((4 * 101 + 1 * 102 + 5 * 103) / 10)


def test_partial_fills_of_uneven_size_end_exactly_on_the_target() -> None:
    ticks = prints([100.0] * 40, qty=0.3)
    run = play(ticks, 1, terms(qty=0.7, participation=0.1))
    assert len(run.fills) == 24
    assert run.book.position == 0.7
    assert [r[1] for r in run.fills[:3]] == [0.03, 0.03, 0.03]


def test_a_partial_fill_to_flat_ends_exactly_flat_and_counts_one_trip() -> None:
    ticks = prints([100.0] * 60, qty=0.3)
    run = play(ticks, [1] * 30 + [0] * 30, terms(qty=0.7, participation=0.1))
    assert run.book.position == 0.0
    assert run.book.entry == 0.0
    assert run.account.trades == 1


def test_participation_takes_a_sale_in_parts_too() -> None:
    run = play(prints([100, 101, 102, 103], qty=4), -3, terms(participation=0.5))
    assert run.fills == [(1, -2.0, 101.0), (2, -1.0, 102.0)]


def test_the_rest_of_a_partly_filled_order_is_replaced_by_a_new_target() -> None:
    run = play(prints([100, 101, 102, 103, 104], qty=4), [6, 3, 3, 3, 3], terms(participation=0.5))
    assert run.placed == [(0, 6.0), (1, 1.0)]
    assert run.fills == [(1, 2.0, 101.0), (2, 1.0, 102.0)]
    assert run.book.position == 3.0


def test_the_rest_of_a_partly_filled_order_is_cancelled_by_a_target_equal_to_the_position() -> None:
    run = play(prints([100, 101, 102, 103], qty=4), [6, 2, 2, 2], terms(participation=0.5))
    assert run.cancelled == [(1, 4.0)]
    assert run.fills == [(1, 2.0, 101.0)]


def test_the_rest_of_a_partly_filled_order_keeps_working_under_the_same_target_or_none() -> None:
    run = play(prints([100, 101, 102, 103], qty=4), [6, 6, NO, 6], terms(participation=0.5))
    assert run.fills == [(1, 2.0, 101.0), (2, 2.0, 102.0), (3, 2.0, 103.0)]
    assert run.account.orders == 1


def test_latency_counts_once_for_an_order_filled_in_parts() -> None:
    ticks = prints([100, 101, 102, 103], at=[0, 100, 150, 160], qty=4)
    run = play(ticks, 4, terms(participation=0.5, latency_ms=100))
    assert run.fills == [(1, 2.0, 101.0), (2, 2.0, 102.0)]


def test_each_partial_fill_pays_its_own_fee_and_slippage() -> None:
    run = play(prints([100, 200, 400], qty=4), 4, terms(participation=0.5, slippage_bps=625, fee_bps=100))
    assert run.fills == [(1, 2.0, 212.5), (2, 2.0, 425.0)]
    assert [float(fee) for fee in run.of(FILL)["fee"]] == [pytest.approx(4.25), pytest.approx(8.5)]


def test_a_flip_in_parts_closes_before_it_opens() -> None:
    ticks = prints([100, 101, 102, 103, 104, 105], qty=[9, 9, 2, 3, 4, 9])
    run = play(ticks, [2, -1, -1, -1, -1, -1], terms(participation=0.5))
    assert run.fills == [(1, 2.0, 101.0), (2, -1.0, 102.0), (3, -1.5, 103.0), (4, -0.5, 104.0)]
    assert [float(r) for r in run.of(FILL)["realised"]] == [0.0, 1.0, 2.0, 0.0]
    assert run.book.position == -1.0
    assert run.book.entry == pytest.approx((0.5 * 103 + 0.5 * 104) / 1.0)
    assert run.account.trades == 1
