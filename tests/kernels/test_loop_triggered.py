"""Entries that are stop orders: where they wait, what sets them off, what they pay, what becomes of them. Every number by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from loop_cases import realistic_cases
from loop_rig import BARS, NO, bars, play, prints, scripted, terms

from core.commands import Terms
from core.kernels.records import CANCELLED, FILL, FLATTEN, PLACED, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING
from core.types import Records


def stops(**given_: Any) -> Terms:
    return terms(entry="stop", **given_)


def test_a_stop_order_is_set_off_by_a_print_at_its_price_and_fills_on_it() -> None:
    run = play(prints([100, 99, 98, 100, 103]), 1, stops())
    assert run.fills == [(3, 1.0, 100.0)]
    assert [float(row["price"]) for row in run.of(PLACED)] == [100.0]


def test_a_sale_waits_below() -> None:
    assert play(prints([100, 101, 102, 97]), -1, stops()).fills == [(3, -1.0, 97.0)]


def test_the_offset_is_beyond_the_price() -> None:
    assert play(prints([200, 212, 213]), 1, stops(trigger_offset_bps=625)).fills == [(2, 1.0, 213.0)]
    assert play(prints([200, 188, 187]), -1, stops(trigger_offset_bps=625)).fills == [(2, -1.0, 187.0)]


def test_it_waits_on_a_tick_that_is_no_nearer() -> None:
    how = stops(trigger_offset_bps=100, tick_size=0.5)
    assert [float(row["price"]) for row in play(prints([101, 101]), 1, how).of(PLACED)] == [102.5]
    assert [float(row["price"]) for row in play(prints([101, 101]), -1, how).of(PLACED)] == [99.5]


def test_it_pays_what_a_market_order_pays() -> None:
    how = stops(fee_bps=100, slippage_bps=625, spread="quote")
    run = play(prints([100, 99, 104], bid=50, ask=160), 1, how)
    assert run.fills == [(2, 1.0, 170.0)]
    assert run.account.fees == pytest.approx(1.7)


def test_latency_comes_before_it_is_there_and_none_after_it_was_set_off() -> None:
    run = play(prints([100, 105, 99, 104, 103], at=[0, 50, 99, 100, 101]), 1, stops(latency_ms=100))
    assert run.fills == [(3, 1.0, 104.0)]


def test_what_a_print_has_no_room_for_fills_on_the_next_ones_wherever_they_are() -> None:
    run = play(prints([100, 101, 90, 80], qty=[9, 2, 2, 8]), 3, stops(participation=0.5))
    assert run.fills == [(1, 1.0, 101.0), (2, 1.0, 90.0), (3, 1.0, 80.0)]
    assert run.account.orders == 1


def test_a_target_that_stays_leaves_it_where_it_is_and_another_one_replaces_it() -> None:
    assert play(prints([100, 99, 98, 100]), 1, stops()).placed == [(0, 1.0)]
    assert play(prints([100, 95, 96, 96]), [1, 2, 2, 2], stops()).fills == [(2, 2.0, 96.0)]
    run = play(prints([100, 95, 105]), [1, 0, 0], stops())
    assert (run.fills, run.cancelled) == ([], [(1, 1.0)])


def test_exits_are_market_orders_and_adding_waits() -> None:
    run = play(prints([100, 101, 99, 102, 103, 90, 91]), [1, 1, 2, 2, 2, 0, 0], stops())
    assert run.fills == [(1, 1.0, 101.0), (3, 1.0, 102.0), (6, -2.0, 91.0)]


def test_a_flip_closes_at_the_market_and_waits_for_the_rest() -> None:
    run = play(prints([100, 101, 104, 105, 106, 104]), [1, 1, -1, NO, NO, NO], stops())
    assert run.fills == [(1, 1.0, 101.0), (3, -1.0, 105.0), (5, -1.0, 104.0)]
    assert (run.account.orders, run.account.trades) == (2, 1)


def test_after_its_time_it_is_cancelled_or_sent_to_the_market() -> None:
    ticks = prints([100, 99, 98, 101], at=[0, 500, 1001, 1500])
    run = play(ticks.copy(), [1, NO, NO, NO], stops(trigger_ttl_ms=1000))
    assert (run.fills, run.cancelled) == ([], [(2, 1.0)])
    run = play(ticks.copy(), [1, NO, NO, NO], stops(trigger_ttl_ms=1000, trigger_then="market"))
    assert run.fills == [(2, 1.0, 98.0)]


def test_once_set_off_it_has_no_end() -> None:
    run = play(prints([100, 101, 99], at=[0, 500, 5000], qty=[9, 1, 9]), [1, NO, NO], stops(trigger_ttl_ms=1000, participation=0.5))
    assert run.fills == [(1, 0.5, 101.0), (2, 0.5, 99.0)]


def test_a_persons_flatten_takes_its_place() -> None:
    told = scripted([1, 1, 2, NO], stops())
    told.feed(prints([100, 101, 101]))
    told.flatten()
    reports = told.feed(prints([105], at=[5000]))
    assert [(float(r["qty"]), float(r["price"]), int(r["why"])) for r in reports if r["kind"] == FILL] == [(-1.0, 105.0, FLATTEN)]


CALM = (100.0, 100.0, 100.0, 100.0)
ABOVE = stops(trigger_offset_bps=500)  # set off at 105


def test_inside_a_bar_it_fills_at_its_price() -> None:
    run = play(bars([CALM, (101, 104, 100, 101), (101, 108, 99, 103)]), 1, ABOVE, variant=BARS)
    assert run.fills == [(2, 1.0, 105.0)]
    assert play(bars([CALM, (101, 102, 90, 91)]), -1, ABOVE, variant=BARS).fills == [(1, -1.0, 95.0)]


def test_a_bar_that_opens_beyond_fills_at_the_open() -> None:
    assert play(bars([CALM, (107, 108, 99, 103)]), 1, ABOVE, variant=BARS).fills == [(1, 1.0, 107.0)]
    assert play(bars([CALM, (91, 99, 90, 93)]), -1, ABOVE, variant=BARS).fills == [(1, -1.0, 91.0)]


def test_a_bar_without_room_fills_the_rest_at_the_next_opens() -> None:
    rows = bars([CALM, (101, 108, 99, 103), (90, 95, 85, 92)], volume=2.0)
    assert play(rows, 2, stops(trigger_offset_bps=500, participation=0.5), variant=BARS).fills == [(1, 1.0, 105.0), (2, 1.0, 90.0)]


@pytest.mark.parametrize(
    ("how", "exit_"),
    [
        ({"stop_loss_pct": 4}, (100.8, STOP_LOSS)),
        ({"trailing_pct": 4}, (100.8, TRAILING)),
        ({"take_profit_pct": 4}, (pytest.approx(109.2), TAKE_PROFIT)),
        ({"take_profit_pct": 4, "stop_loss_pct": 4}, (100.8, STOP_LOSS)),
        ({"take_profit_pct": 5, "stop_loss_pct": 6}, None),
    ],
    ids=["stop loss", "trailing", "take profit", "the worse", "not reached"],
)
def test_in_its_bar_the_range_against_it_counts_first_and_then_the_extreme_for_it(how: dict[str, float], exit_: Any) -> None:
    run = play(bars([CALM, (101, 110, 99, 103)]), 1, stops(trigger_offset_bps=500, **how), variant=BARS)
    assert run.fills[0] == (1, 1.0, 105.0)
    assert [(price, why) for (_, _, price), why in zip(run.fills[1:], run.reasons()[1:], strict=True)] == ([exit_] if exit_ else [])


def test_the_extreme_for_it_is_what_a_trailing_stop_counts_from_on_the_next_bar() -> None:
    run = play(bars([CALM, (104.5, 110, 104.5, 109), (109, 109, 104, 105)]), 1, stops(trigger_offset_bps=500, trailing_pct=5), variant=BARS)
    assert run.fills == [(1, 1.0, 105.0), (2, -1.0, 104.5)]


def test_filled_at_the_open_the_bar_is_as_after_a_market_order() -> None:
    run = play(bars([CALM, (110, 130, 105, 120)]), 1, stops(trigger_offset_bps=500, take_profit_pct=10), variant=BARS)
    assert run.fills == [(1, 1.0, 110.0), (1, -1.0, pytest.approx(121.0))]


def test_what_the_open_stops_out_is_gone_before_more_is_bought() -> None:
    rows = bars([CALM, (106, 106, 106, 106), (80, 120, 80, 110)])
    run = play(rows, [1, 2, 2], stops(trigger_offset_bps=500, stop_loss_pct=10), variant=BARS)
    assert run.fills == [(1, 1.0, 106.0), (2, -1.0, 80.0)]


def test_profit_that_is_taken_on_the_way_comes_before_more_is_bought() -> None:
    rows = bars([CALM, (106, 106, 106, 106), (106, 120, 106, 110)])
    run = play(rows, [1, 2, 2], stops(trigger_offset_bps=500, take_profit_pct=2), variant=BARS)
    assert run.fills == [(1, 1.0, 106.0), (2, -1.0, pytest.approx(108.12))]
    assert run.reasons() == [SIGNAL, TAKE_PROFIT]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=realistic_cases("triggered"))
def test_nothing_opens_before_a_print_reaches_the_price_it_waited_at(case: tuple[Records, list[float], Terms]) -> None:
    ticks, wanted, how = case
    run = play(ticks, wanted, how, jit=True)
    placed = {int(r["order"]): r for r in run.of(PLACED)}
    gone = {int(r["order"]) for r in run.of(CANCELLED)}
    position, begun = 0.0, set()
    for fill in run.of(FILL):
        order, at = int(fill["order"]), int(fill["tick_id"])
        waits, buys = float(placed[order]["price"]), float(fill["qty"]) > 0
        since = int(placed[order]["tick_id"]) + 1
        if waits and position * float(fill["qty"]) >= 0.0 and order not in begun and how.trigger_then == "cancel":
            begun.add(order)
            assert ticks["price"][at] >= waits if buys else ticks["price"][at] <= waits
            there = ticks["ts"] >= placed[order]["ts"] + round(how.latency_ms * 1e6)
            between = ticks["price"][since:at][there[since:at]]
            if position == 0.0 and how.participation is None and len(run.of(FILL)) == 1:
                assert not np.any(between >= waits if buys else between <= waits)
        assert order not in gone or placed[order]["aim"] != fill["position"]
        position = float(fill["position"])
