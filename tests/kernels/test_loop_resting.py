"""Entries that rest: limit orders, where they are placed, what fills them, what becomes of them. Every number by hand."""

from __future__ import annotations

from typing import Any

import pytest
from loop_rig import BARS, NO, T0, bars, play, prints, scripted, terms

from core.commands import Terms
from core.kernels.records import FILL, FLATTEN, PLACED, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING


def limits(**given: Any) -> Terms:
    return terms(entry="limit", **given)


def test_a_limit_order_fills_at_its_limit_once_a_print_trades_through_it() -> None:
    run = play(prints([100, 101, 100, 99.5, 98]), 1, limits())
    assert run.fills == [(3, 1.0, 100.0)]
    assert [float(row["price"]) for row in run.of(PLACED)] == [100.0]
    assert run.account.equity == 998.0


def test_a_sale_rests_too() -> None:
    run = play(prints([100, 99, 100, 100.5, 102]), -1, limits())
    assert run.fills == [(3, -1.0, 100.0)]


def test_a_print_at_the_limit_fills_it_where_that_is_asked_for() -> None:
    assert play(prints([100, 101, 100]), 1, limits(limit_fill="touch")).fills == [(2, 1.0, 100.0)]
    assert play(prints([100, 99, 100]), -1, limits(limit_fill="touch")).fills == [(2, -1.0, 100.0)]


def test_the_offset_is_away_from_the_price() -> None:
    assert play(prints([200, 188, 187]), 1, limits(limit_offset_bps=625)).fills == [(2, 1.0, 187.5)]
    assert play(prints([200, 212, 213]), -1, limits(limit_offset_bps=625)).fills == [(2, -1.0, 212.5)]


def test_a_limit_is_on_a_tick_that_is_no_nearer() -> None:
    assert play(prints([101, 99, 98]), 1, limits(limit_offset_bps=100, tick_size=0.5)).fills == [(1, 1.0, 99.5)]
    assert play(prints([101, 103, 104]), -1, limits(limit_offset_bps=100, tick_size=0.5)).fills == [(1, -1.0, 102.5)]


def test_it_pays_a_makers_fee_and_neither_slippage_nor_spread() -> None:
    how = limits(fee_bps=100, maker_fee_bps=20, slippage_bps=625, spread="quote", impact_bps=100)
    run = play(prints([100, 99, 90, 90], bid=50, ask=150), [1, 1, 0, 0], how)
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, pytest.approx(50 * (1 - 0.01 / 1000**0.5) * 0.9375))]
    fees = [float(fee) for fee in run.of(FILL)["fee"]]
    assert fees == [pytest.approx(0.2), pytest.approx(run.fills[1][2] * 0.01)]


def test_a_makers_fee_may_be_a_rebate_and_is_the_takers_where_none_is_given() -> None:
    assert play(prints([100, 99]), 1, limits(fee_bps=100, maker_fee_bps=-10)).account.fees == pytest.approx(-0.1)
    assert play(prints([100, 99]), 1, limits(fee_bps=100)).account.fees == 1.0


def test_latency_comes_before_it_rests() -> None:
    run = play(prints([100, 99, 101, 98], at=[0, 50, 99, 100]), 1, limits(latency_ms=100))
    assert run.fills == [(3, 1.0, 100.0)]


def test_a_share_of_each_print_through_the_limit_fills() -> None:
    run = play(prints([100, 99, 101, 98, 97], qty=[9, 2, 8, 1, 8]), 3, limits(participation=0.5))
    assert run.fills == [(1, 1.0, 100.0), (3, 0.5, 100.0), (4, 1.5, 100.0)]
    assert run.account.orders == 1


def test_a_target_that_stays_leaves_the_order_where_it_is() -> None:
    run = play(prints([100, 110, 120, 99]), 1, limits())
    assert run.placed == [(0, 1.0)]
    assert run.fills == [(3, 1.0, 100.0)]


def test_another_target_replaces_it_at_the_price_of_then_and_none_cancels_it() -> None:
    run = play(prints([100, 110, 109, 109]), [1, 2, 2, 2], limits())
    assert run.fills == [(2, 2.0, 110.0)]
    run = play(prints([100, 110, 99, 99]), [1, 0, 0, 0], limits())
    assert run.cancelled == [(1, 1.0)]
    assert run.fills == []


def test_exits_and_reductions_are_market_orders() -> None:
    run = play(prints([100, 99, 100, 105, 106, 107]), [2, 2, 1, 1, 0, 0], limits())
    assert run.fills == [(1, 2.0, 100.0), (3, -1.0, 105.0), (5, -1.0, 107.0)]


def test_adding_rests_too() -> None:
    run = play(prints([100, 99, 98, 99, 97]), [1, 1, 2, 2, 2], limits())
    assert run.fills == [(1, 1.0, 100.0), (4, 1.0, 98.0)]


def test_a_flip_closes_at_the_market_and_then_rests() -> None:
    run = play(prints([100, 99, 104, 105, 104, 103, 104.5]), [1, 1, -1, -1, NO, NO, NO], limits(fee_bps=100, maker_fee_bps=0))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 105.0), (6, -1.0, 104.0)]
    assert [float(fee) for fee in run.of(FILL)["fee"]] == [0.0, pytest.approx(1.05), 0.0]
    assert run.account.orders == 2
    assert run.account.trades == 1


def test_a_stop_is_a_market_order() -> None:
    run = play(prints([100, 99, 90, 80]), 1, limits(stop_loss_pct=5))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 80.0)]
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_an_order_that_rested_long_enough_is_cancelled() -> None:
    run = play(prints([100, 101, 102, 99], at=[0, 500, 1000, 1001]), [1, NO, NO, NO], limits(limit_ttl_ms=1000))
    assert run.cancelled == [(3, 1.0)]
    assert run.fills == []
    assert run.book.aim == 0.0


def test_at_the_end_of_its_time_it_still_fills() -> None:
    run = play(prints([100, 101, 99], at=[0, 500, 1000]), [1, NO, NO], limits(limit_ttl_ms=1000))
    assert run.fills == [(2, 1.0, 100.0)]


def test_its_time_begins_when_it_is_there() -> None:
    run = play(prints([100, 101, 99], at=[0, 500, 1400]), [1, NO, NO], limits(limit_ttl_ms=1000, latency_ms=400))
    assert run.fills == [(2, 1.0, 100.0)]


def test_who_still_wants_it_places_a_new_one_at_the_price_of_then() -> None:
    run = play(prints([100, 101, 105, 104], at=[0, 500, 1001, 1500]), 1, limits(limit_ttl_ms=1000))
    assert run.cancelled == [(2, 1.0)]
    assert run.placed == [(0, 1.0), (2, 1.0)]
    assert run.fills == [(3, 1.0, 105.0)]


def test_or_it_becomes_a_market_order() -> None:
    run = play(
        prints([100, 101, 105, 106], at=[0, 500, 1001, 1500]),
        1,
        limits(limit_ttl_ms=1000, limit_then="market", fee_bps=100, maker_fee_bps=0),
    )
    assert run.fills == [(2, 1.0, 105.0)]
    assert run.account.fees == pytest.approx(1.05)
    assert run.account.orders == 1


def test_which_takes_the_way_to_the_venue_again() -> None:
    how = limits(limit_ttl_ms=1000, limit_then="market", latency_ms=200)
    run = play(prints([100, 101, 105, 106, 107], at=[0, 500, 1201, 1399, 1400]), 1, how)
    assert run.fills == [(4, 1.0, 107.0)]


def test_what_was_filled_before_stays() -> None:
    run = play(prints([100, 99, 101], at=[0, 500, 1001], qty=1), [2, NO, NO], limits(limit_ttl_ms=1000, participation=0.5))
    assert run.fills == [(1, 0.5, 100.0)]
    assert run.cancelled == [(2, 1.5)]
    assert run.book.position == 0.5


def test_an_exit_that_takes_long_does_not_expire() -> None:
    ticks = prints([100, 99, 100, 100, 100, 100], at=[0, 1, 2, 2000, 3000, 4000], qty=[9, 9, 1, 1, 1, 1])
    run = play(ticks, [1, 1, -1, NO, NO, NO], limits(limit_ttl_ms=1000, participation=0.5))
    assert run.fills == [(1, 1.0, 100.0), (3, -0.5, 100.0), (4, -0.5, 100.0)]
    assert run.cancelled == [(5, -1.0)]


def test_a_persons_flatten_takes_the_place_of_what_rests() -> None:
    told = scripted([1, 1, 2, NO], limits())
    told.feed(prints([100, 99, 98]))
    told.flatten()
    reports = told.feed(prints([99], at=[5000]))
    assert [(float(r["qty"]), float(r["price"]), int(r["why"])) for r in reports if r["kind"] == FILL] == [(-1.0, 99.0, FLATTEN)]


CALM = (100.0, 100.0, 100.0, 100.0)


def test_in_a_bar_the_range_must_reach_beyond_the_limit() -> None:
    run = play(bars([CALM, (101, 102, 100, 101), (101, 102, 99, 101)]), 1, limits(), variant=BARS)
    assert run.fills == [(2, 1.0, 100.0)]
    run = play(bars([CALM, (99, 100, 98, 99), (99, 101, 98, 99)]), -1, limits(), variant=BARS)
    assert run.fills == [(2, -1.0, 100.0)]


def test_a_bar_that_opens_beyond_the_limit_fills_at_the_limit() -> None:
    assert play(bars([CALM, (90, 95, 85, 92)]), 1, limits(), variant=BARS).fills == [(1, 1.0, 100.0)]


@pytest.mark.parametrize(
    ("how", "exit_"),
    [
        ({"stop_loss_pct": 4}, (96.0, STOP_LOSS)),
        ({"trailing_pct": 5}, (95.0, TRAILING)),
        ({"take_profit_pct": 1}, None),
        ({"stop_loss_pct": 6}, None),
    ],
    ids=["stop loss", "trailing", "take profit", "not reached"],
)
def test_in_the_bar_of_its_fill_only_what_is_against_it_counts(how: dict[str, float], exit_: tuple[float, int] | None) -> None:
    run = play(bars([CALM, (101, 110, 95, 99.5)]), 1, limits(**how), variant=BARS)
    assert run.fills[0] == (1, 1.0, 100.0)
    assert [(price, why) for (_, _, price), why in zip(run.fills[1:], run.reasons()[1:], strict=True)] == ([exit_] if exit_ else [])


def test_a_bar_that_opens_beyond_the_stop_too_exits_at_the_open() -> None:
    run = play(bars([CALM, (90, 95, 85, 92)]), 1, limits(stop_loss_pct=4), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (1, -1.0, 90.0)]
    run = play(bars([CALM, (110, 115, 105, 108)]), -1, limits(stop_loss_pct=4), variant=BARS)
    assert run.fills == [(1, -1.0, 100.0), (1, 1.0, 110.0)]


def test_the_take_profit_counts_from_the_next_bar_on() -> None:
    run = play(bars([CALM, (101, 110, 99, 100.5), (100.5, 103, 100, 101)]), 1, limits(take_profit_pct=2), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 102.0)]
    assert run.reasons() == [SIGNAL, TAKE_PROFIT]


def test_an_order_whose_time_ends_inside_a_bar_does_not_fill_in_it() -> None:
    rows = [CALM, (101, 102, 100, 101), (101, 102, 99, 101)]
    assert play(bars(rows), [1, NO, NO], limits(limit_ttl_ms=120_000), variant=BARS).fills == [(2, 1.0, 100.0)]
    run = play(bars(rows), [1, NO, NO], limits(limit_ttl_ms=119_999), variant=BARS)
    assert run.fills == []
    assert run.cancelled == [(2, 1.0)]


def test_books_made_anew_from_fills_know_a_makers_fee() -> None:
    new = scripted([NO], limits(fee_bps=100, maker_fee_bps=20))
    new.book([(0, 1.0, 1.0, 101.0, T0 + 1, 1 * 101.0 * 20.0 / 1e4), (0, -1.0, 0.0, 110.0, T0 + 2, 1 * 110.0 * 100.0 / 1e4)])
    assert new.account[0].fees == pytest.approx(0.202 + 1.1)
    assert new.account[0].gross_profit == pytest.approx(9 - 1.302)
