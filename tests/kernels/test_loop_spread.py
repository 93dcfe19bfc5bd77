"""The spread and what an order itself moves. Every number by hand."""

from __future__ import annotations

import pytest
from loop_rig import BARS, bars, play, prints, terms

QUOTE = terms(spread="quote")


def test_a_market_order_buys_at_the_ask_and_sells_at_the_bid() -> None:
    run = play(prints([100, 100, 100], bid=99.5, ask=100.5), [1, 0, 0], QUOTE)
    assert run.fills == [(1, 1.0, 100.5), (2, -1.0, 99.5)]
    assert run.account.realised == -1.0


def test_the_quote_is_that_of_the_print_it_fills_on() -> None:
    run = play(prints([100, 100], bid=[99, 95], ask=[101, 105]), 1, QUOTE)
    assert run.fills == [(1, 1.0, 105.0)]


@pytest.mark.parametrize(("target", "paid"), [(1, 101.0), (-1, 99.0)], ids=["buy", "sell"])
def test_it_is_never_better_than_the_print(target: int, paid: float) -> None:
    run = play(prints([100, paid], bid=99.5, ask=100.5), target, QUOTE)
    assert run.fills == [(1, target, paid)]


def test_without_being_asked_for_quotes_are_not_paid() -> None:
    assert play(prints([100, 100], bid=99, ask=101), 1, terms()).fills == [(1, 1.0, 100.0)]


@pytest.mark.parametrize(
    ("bid", "ask"), [(float("nan"), 101), (99, float("nan")), (102, 101), (0, 101)], ids=["no bid", "no ask", "crossed", "zero"]
)
def test_half_the_spread_is_paid_where_the_quotes_are_not_known(bid: float, ask: float) -> None:
    how = terms(spread="quote", spread_bps=1250)
    assert play(prints([100, 100], bid=bid, ask=ask), 1, how).fills == [(1, 1.0, 106.25)]
    assert play(prints([100, 100], bid=bid, ask=ask), -1, how).fills == [(1, -1.0, 93.75)]


def test_half_the_spread_is_not_paid_on_top_of_a_quote() -> None:
    assert play(prints([100, 100], bid=99, ask=101), 1, terms(spread="quote", spread_bps=1250)).fills == [(1, 1.0, 101.0)]


def test_slippage_comes_on_top_of_the_quote() -> None:
    assert play(prints([100, 100], bid=192, ask=200), 1, terms(spread="quote", slippage_bps=625)).fills == [(1, 1.0, 212.5)]


def test_impact_grows_with_the_root_of_the_share_of_the_print() -> None:
    for qty, paid in ((4.0, 102.0), (1.0, 101.0), (0.25, pytest.approx(100.5))):
        assert play(prints([100, 100], qty=1), qty, terms(impact_bps=100)).fills == [(1, qty, paid)]


def test_a_sale_gets_less_by_its_impact() -> None:
    assert play(prints([100, 100], qty=1), -4, terms(impact_bps=100)).fills == [(1, -4.0, 98.0)]


def test_impact_is_measured_against_what_is_given() -> None:
    assert play(prints([100, 100], qty=1), 4, terms(impact_bps=100, impact_volume=400)).fills == [(1, 4.0, pytest.approx(100.1))]


def test_a_print_of_unknown_quantity_counts_as_one_of_the_orders_size() -> None:
    assert play(prints([100, 100], qty=0), 1000, terms(impact_bps=100)).fills == [(1, 1000.0, 101.0)]


def test_each_part_of_an_order_has_its_own_impact() -> None:
    run = play(prints([100, 100, 100], qty=[9, 8, 1]), 3, terms(impact_bps=1000, participation=0.25))
    assert run.fills == [(1, 2.0, 105.0), (2, 0.25, 105.0)]


def test_an_order_moves_the_price_by_half_at_most() -> None:
    run = play(prints([100, 100, 100], qty=1e-9), [1, 0, 0], terms(impact_bps=5000))
    assert run.fills == [(1, 1.0, 150.0), (2, -1.0, 50.0)]


def test_spread_impact_slippage_and_tick_come_one_after_the_other() -> None:
    how = terms(spread_bps=5000, impact_bps=2500, slippage_bps=1000, tick_size=0.5)
    run = play(prints([100, 100], qty=1), 1, how)
    assert 100 * 1.25 * 1.25 * 1.1 == 171.875
    assert run.fills == [(1, 1.0, 172.0)]


def test_bars_pay_half_the_spread_and_impact_of_their_volume() -> None:
    calm = (100.0, 100.0, 100.0, 100.0)
    run = play(bars([calm, calm, (100, 100, 70, 90)], volume=4), 1, terms(spread_bps=1250, impact_bps=2000, stop_loss_pct=20), variant=BARS)
    entry = 106.25 * 1.1
    assert run.fills == [(1, 1.0, pytest.approx(entry)), (2, -1.0, pytest.approx(entry * 0.8 * 0.9375 * 0.9))]


def test_extremes_of_a_trailing_stop_count_from_the_print() -> None:
    run = play(prints([100, 100, 91, 90], bid=60, ask=140), 1, terms(spread="quote", trailing_pct=10))
    assert run.placed == [(0, 1.0), (3, -1.0)]
