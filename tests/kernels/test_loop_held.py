"""Exits that rest at the venue: what sets them off, what they pay, what becomes of what else works. Every number by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loop_cases import realistic_cases, realistic_terms, targets
from loop_rig import BARS, EXTERNAL, NO, T0, Run, bars, play, prints, scripted, terms

from core.commands import SetLimits, Terms
from core.kernels.records import FILL, FLATTEN, PLACED, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING
from core.types import Records

AFTER = [100.0, 100.0]  # decided on the first, entered on the second


def rests(**given_: Any) -> Terms:
    return terms(exits="resting", **given_)


def test_a_stop_loss_fills_on_the_print_that_sets_it_off_however_far_the_venue_is() -> None:
    ticks = prints([*AFTER, 96, 95, 90], at=[0, 500, 600, 601, 602])
    run = play(ticks, 1, rests(stop_loss_pct=5, latency_ms=500))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 95.0)]
    assert run.reasons() == [SIGNAL, STOP_LOSS]
    assert run.placed == [(0, 1.0)]


def test_a_short_and_a_trailing_stop_do_too() -> None:
    assert play(prints([*AFTER, 104, 107, 90]), -1, rests(stop_loss_pct=5)).fills == [(1, -1.0, 100.0), (3, 1.0, 107.0)]
    run = play(prints([*AFTER, 200, 151, 150, 90]), 1, rests(trailing_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (4, -1.0, 150.0)]
    assert run.reasons() == [SIGNAL, TRAILING]


def test_a_stop_pays_what_a_market_order_pays_and_a_take_profit_what_a_maker_does() -> None:
    how = rests(stop_loss_pct=5, take_profit_pct=5, fee_bps=100, maker_fee_bps=10, slippage_bps=625)
    run = play(prints([96, 96, 50]), 1, how)
    assert run.fills == [(1, 1.0, 102.0), (2, -1.0, 46.875)]
    assert [float(fee) for fee in run.of(FILL)["fee"]] == pytest.approx([1.02, 0.46875])
    run = play(prints([96, 96, 120]), 1, how)
    assert run.fills == [(1, 1.0, 102.0), (2, -1.0, pytest.approx(107.1))]
    assert [float(fee) for fee in run.of(FILL)["fee"]] == pytest.approx([1.02, 0.1071])


def test_a_take_profit_fills_at_its_price_once_a_print_trades_through_it() -> None:
    run = play(prints([*AFTER, 150, 151, 200]), 1, rests(take_profit_pct=50))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 150.0)]
    assert run.reasons() == [SIGNAL, TAKE_PROFIT]
    assert play(prints([*AFTER, 150, 151]), 1, rests(take_profit_pct=50, limit_fill="touch")).fills[1] == (2, -1.0, 150.0)
    assert play(prints([*AFTER, 50, 49]), -1, rests(take_profit_pct=50)).fills[1] == (3, 1.0, 50.0)


def test_a_take_profit_is_on_a_tick_that_is_no_nearer() -> None:
    assert play(prints([*AFTER, 103.5, 104.5]), 1, rests(take_profit_pct=3.1, tick_size=0.5)).fills[1] == (3, -1.0, 103.5)
    assert play(prints([*AFTER, 96.5, 95.5]), -1, rests(take_profit_pct=3.1, tick_size=0.5)).fills[1] == (3, 1.0, 96.5)


def test_a_short_cannot_take_more_than_all_as_profit() -> None:
    assert len(play(prints([*AFTER, 0.5, 0.01]), -1, rests(take_profit_pct=150, tick_size=0.5)).fills) == 1


def test_the_print_of_the_entry_sets_nothing_off() -> None:
    run = play(prints([100, 100, 100]), 1, rests(stop_loss_pct=5, slippage_bps=1000))
    assert [tick for tick, _, _ in run.fills] == [1, 2]


def test_after_either_the_leg_is_flat_until_the_target_changes() -> None:
    run = play(prints([*AFTER, 106, 100, 100, 100]), [1, 1, 1, 1, 2, 2], rests(take_profit_pct=5))
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 105.0), (5, 2.0, 100.0)]
    run = play(prints([*AFTER, 90, 100, 100, 100]), [1, 1, 1, 1, 2, 2], rests(stop_loss_pct=5))
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 90.0), (5, 2.0, 100.0)]


def test_a_stop_without_room_goes_on_as_a_market_order_and_takes_no_print_twice() -> None:
    ticks = prints([*AFTER, 90, 200, 200, 200], qty=[9, 9, 2, 1, 2, 2])
    run = play(ticks, 2, rests(stop_loss_pct=5, participation=0.5))
    assert run.fills == [(1, 2.0, 100.0), (2, -1.0, 90.0), (3, -0.5, 200.0), (4, -0.5, 200.0)]
    assert run.account.orders == 2


def test_a_take_profit_filled_in_part_rests_on_with_the_stop_beside_it() -> None:
    ticks = prints([*AFTER, 106, 100, 107, 94], qty=[9, 9, 1, 9, 1, 9])
    run = play(ticks, 2, rests(take_profit_pct=5, stop_loss_pct=5, participation=0.5))
    assert run.fills == [(1, 2.0, 100.0), (2, -0.5, 105.0), (4, -0.5, 105.0), (5, -1.0, 94.0)]
    assert run.reasons() == [SIGNAL, TAKE_PROFIT, TAKE_PROFIT, STOP_LOSS]
    assert [int(row["order"]) for row in run.of(FILL)] == [1, 2, 2, 3]
    assert [float(row["aim"]) for row in run.of(FILL)] == [2.0, 0.0, 0.0, 0.0]


def test_what_is_left_of_it_follows_the_next_target() -> None:
    how, sizes = rests(take_profit_pct=5, participation=0.5), [9, 9, 1, 9, 9, 9]
    run = play(prints([*AFTER, 106, 101, 102, 103], qty=sizes), [2, 2, 2, 2, 0, 0], how)
    assert run.fills == [(1, 2.0, 100.0), (2, -0.5, 105.0), (5, -1.5, 103.0)]
    run = play(prints([*AFTER, 106, 101, 102, 103], qty=sizes), [2, 2, 2, 2, 3, 3], how)
    assert run.fills == [(1, 2.0, 100.0), (2, -0.5, 105.0), (5, 1.5, 103.0)]
    run = play(prints([*AFTER, 106, 101, 102, 103], qty=sizes), [2, 2, 0, 0, 0, 0], how)
    assert run.fills == [(1, 2.0, 100.0), (2, -0.5, 105.0), (3, -1.5, 101.0)], "who wants out while it fills is out"


def test_what_was_to_add_is_cancelled_by_either() -> None:
    ticks = prints([*AFTER, 100, 106, 99, 99], at=[0, 100, 200, 250, 300, 400])
    run = play(ticks, [1, 1, 3, 3, 3, 3], rests(take_profit_pct=5, latency_ms=100))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 105.0)]
    assert run.cancelled == [(3, 2.0)]
    run = play(
        prints([*AFTER, 100, 94, 99, 99], at=[0, 100, 200, 250, 300, 400]), [1, 1, 3, 3, 3, 3], rests(stop_loss_pct=5, latency_ms=100)
    )
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 94.0)]
    assert run.cancelled == [(3, 2.0)]


def test_an_exit_on_its_way_is_overtaken_by_a_stop() -> None:
    ticks = prints([*AFTER, 100, 94, 99, 99], at=[0, 100, 200, 250, 300, 400])
    run = play(ticks, [1, 1, 0, 0, 0, 0], rests(stop_loss_pct=5, latency_ms=100))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 94.0)]
    assert run.cancelled == [(3, -1.0)]


def test_an_exit_on_its_way_sells_what_a_take_profit_left() -> None:
    ticks = prints([*AFTER, 100, 106, 99, 99], at=[0, 100, 200, 250, 300, 400], qty=[9, 9, 9, 1, 9, 9])
    run = play(ticks, [2, 2, 0, 0, 0, 0], rests(take_profit_pct=5, latency_ms=100, participation=0.5))
    assert run.fills == [(1, 2.0, 100.0), (3, -0.5, 105.0), (4, -1.5, 99.0)]
    assert [int(row["order"]) for row in run.of(FILL)] == [1, 3, 2]


def test_a_reversal_on_its_way_opens_nothing_after_an_exit() -> None:
    ticks = prints([*AFTER, 100, 106, 99, 98, 97], at=[0, 100, 200, 250, 300, 400, 500], qty=[9, 9, 9, 1, 9, 9, 9])
    run = play(ticks, [2, 2, -1, -1, -1, -1, -1], rests(take_profit_pct=5, latency_ms=100, participation=0.5))
    assert run.fills == [(1, 2.0, 100.0), (3, -0.5, 105.0), (4, -1.5, 99.0)]
    assert run.book.latched == TAKE_PROFIT


def test_an_order_that_closes_takes_their_place_once_it_is_there() -> None:
    ticks = prints([*AFTER, 100, 106, 90, 90], qty=[9, 9, 9, 1, 1, 9])
    run = play(ticks, [2, 2, 0, 0, 0, 0], rests(take_profit_pct=5, stop_loss_pct=5, participation=0.5))
    assert run.fills == [(1, 2.0, 100.0), (3, -0.5, 106.0), (4, -0.5, 90.0), (5, -1.0, 90.0)]
    assert set(run.reasons()) == {SIGNAL}


def test_a_reversal_fills_once_and_gets_exits_of_its_own() -> None:
    run = play(prints([*AFTER, 101, 102, 108, 109]), [1, 1, -1, -1, -1, -1], rests(take_profit_pct=5, stop_loss_pct=5))
    assert run.fills == [(1, 1.0, 100.0), (3, -2.0, 102.0), (4, 1.0, 108.0)]


def test_an_entry_filled_in_part_is_stopped_out_with_what_was_to_come() -> None:
    ticks = prints([*AFTER, 94, 94, 94], qty=[9, 2, 9, 9, 9])
    run = play(ticks, 3, rests(stop_loss_pct=5, participation=0.5))
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 94.0)]
    assert run.cancelled == [(2, 2.0)]


def test_they_go_with_entries_that_rest() -> None:
    how = rests(entry="limit", take_profit_pct=5, fee_bps=100, maker_fee_bps=0)
    run = play(prints([100, 99, 106, 100]), [1, 1, 1, 1], how)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 105.0)]
    assert run.account.fees == 0.0


def test_a_persons_flatten_closes_what_a_take_profit_left_and_stays_in_force() -> None:
    told = scripted([2, 2, 2, NO, NO, NO], rests(take_profit_pct=5, participation=0.5, latency_ms=100))
    told.feed(prints([*AFTER, 106], at=[0, 100, 200], qty=[9, 9, 1]))
    assert told.books[0].position == 1.5
    told.flatten()
    reports = Run(told, told.feed(prints([106, 100], at=[250, 300], qty=[1, 9])))
    assert [(qty, price) for _, qty, price in reports.fills] == [(-0.5, 105.0), (-1.0, 100.0)]
    assert reports.reasons() == [TAKE_PROFIT, FLATTEN]
    assert told.books[0].latched == FLATTEN


def test_a_pause_leaves_them_where_they_are() -> None:
    told = scripted([1] * 6, rests(take_profit_pct=5, stop_loss_pct=5, participation=0.5))
    told.feed(prints([*AFTER, 106], qty=[9, 9, 1]))
    told.pause()
    assert Run(told, told.feed(prints([94], at=[5000]))).fills == [(0, -0.5, 94.0)]


def test_a_halt_takes_them_off_the_venue_and_a_stop_it_kept_back_is_sent_after_it() -> None:
    told = scripted([1] * 6, rests(take_profit_pct=5, stop_loss_pct=5))
    told.feed(prints([*AFTER]))
    told.limit(SetLimits(mode="halt"))
    run = Run(told, told.feed(prints([106, 94], at=[3000, 4000])))
    assert run.fills == []
    assert len(run.blocked) == 1
    told.limit(None)
    run = Run(told, told.feed(prints([99, 98], at=[5000, 6000])))
    assert (run.placed, run.fills) == ([(0, -1.0)], [(1, -1.0, 98.0)])


def test_without_a_stop_there_is_nothing_to_rest() -> None:
    assert scripted([1], rests()).layout == scripted([1], terms()).layout


def test_where_the_venue_fills_orders_they_are_decided_as_ever() -> None:
    told = scripted([1, 1, 1], rests(take_profit_pct=5, stop_loss_pct=5), variant=EXTERNAL)
    told.book([(0, 1.0, 1.0, 100.0, T0, 0.0)])
    assert Run(told, told.feed(prints([100, 106, 106]))).reasons(PLACED) == [TAKE_PROFIT]


def test_books_made_anew_from_fills_know_the_fee_of_a_take_profit() -> None:
    new = scripted([NO], rests(take_profit_pct=5, fee_bps=100, maker_fee_bps=20))
    new.book([(0, 1.0, 1.0, 100.0, T0 + 1, 100.0 * 100.0 / 1e4), (0, -1.0, 0.0, 105.0, T0 + 2, 105.0 * 20.0 / 1e4)])
    assert new.account[0].fees == pytest.approx(1.0 + 0.21)


CALM = (100.0, 100.0, 100.0, 100.0)


@pytest.mark.parametrize(
    ("how", "bar", "exit_"),
    [
        ({"take_profit_pct": 5}, (101, 106, 100, 101), (105.0, TAKE_PROFIT)),
        ({"take_profit_pct": 5}, (101, 105, 100, 101), None),
        ({"take_profit_pct": 5, "limit_fill": "touch"}, (101, 105, 100, 101), (105.0, TAKE_PROFIT)),
        ({"take_profit_pct": 5}, (110, 111, 109, 110), (105.0, TAKE_PROFIT)),
        ({"take_profit_pct": 5, "stop_loss_pct": 5}, (101, 106, 94, 101), (95.0, STOP_LOSS)),
        ({"take_profit_pct": 5, "stop_loss_pct": 5}, (110, 111, 94, 101), (105.0, TAKE_PROFIT)),
        ({"take_profit_pct": 5, "stop_loss_pct": 5}, (90, 106, 89, 101), (90.0, STOP_LOSS)),
        ({"trailing_pct": 5}, (101, 106, 90, 101), (95.95, TRAILING)),
    ],
    ids=["through", "at", "touch", "opens beyond", "the worse", "the open first", "gap", "trailing"],
)
def test_inside_a_bar(how: dict[str, Any], bar: Any, exit_: tuple[float, int] | None) -> None:
    run = play(bars([CALM, CALM, bar]), 1, rests(**how), variant=BARS)
    assert [(price, why) for (_, _, price), why in zip(run.fills[1:], run.reasons()[1:], strict=True)] == (
        [(pytest.approx(exit_[0]), exit_[1])] if exit_ else []
    )


def test_a_bar_has_room_once_for_the_entry_and_the_exit() -> None:
    rows = bars([CALM, (100, 101, 94, 100), (90, 90, 90, 90), (80, 80, 80, 80)], volume=2.0)
    run = play(rows, 2, rests(stop_loss_pct=5, participation=0.5), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 90.0)]
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_a_bar_that_opens_beyond_a_take_profit_and_falls_through_the_stop_stops_what_is_left() -> None:
    rows = bars([CALM, CALM, CALM, (110, 110, 90, 91), (92, 92, 92, 92)], volume=2.0)
    run = play(rows, 2, rests(take_profit_pct=5, stop_loss_pct=5, participation=0.5), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, 1.0, 100.0), (3, -1.0, 105.0), (4, -1.0, 92.0)]
    assert run.reasons() == [SIGNAL, SIGNAL, TAKE_PROFIT, STOP_LOSS]


@pytest.mark.parametrize(
    ("target", "rows", "fills"),
    [
        (1, [(100, 120, 100, 110), (104, 104, 104, 104)], [(1, 1.0, 100.0), (2, -1.0, 104.0)]),
        (2, [CALM, (100, 120, 100, 110), (104,) * 4, (101,) * 4], [(1, 1.0, 100.0), (2, 1.0, 100.0), (3, -1.0, 104.0), (4, -1.0, 101.0)]),
        (2, [CALM, CALM, (100, 120, 100, 110), (104,) * 4], [(1, 1.0, 100.0), (2, 1.0, 100.0), (3, -1.0, 105.0), (4, -1.0, 104.0)]),
    ],
    ids=["the entry took all room", "its second part did", "part of the profit is taken"],
)
def test_a_trailing_stop_follows_a_bar_that_had_no_room_for_the_whole_take_profit(target: int, rows: list[Any], fills: list[Any]) -> None:
    run = play(bars([CALM, *rows], volume=2.0), target, rests(take_profit_pct=5, trailing_pct=10, participation=0.5), variant=BARS)
    assert run.fills == fills
    assert run.reasons()[-1] == TRAILING


def test_a_trailing_stop_follows_a_bar_in_which_an_order_that_closes_was_at_the_venue() -> None:
    rows = bars([CALM, CALM, CALM, (100, 120, 100, 120), (104,) * 4, (101,) * 4, CALM], volume=2.0)
    run = play(rows, [2, 2, 0, 2, 2, 2, 2], rests(take_profit_pct=5, trailing_pct=10, participation=0.5), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, 1.0, 100.0), (3, -1.0, 100.0), (4, 1.0, 104.0), (5, -1.0, 101.0), (6, -1.0, 100.0)]
    assert run.reasons()[-2:] == [TRAILING, TRAILING]


def test_in_the_bar_of_a_stop_orders_fill_the_take_profit_must_be_traded_through() -> None:
    how = {"entry": "stop", "trigger_offset_bps": 500, "take_profit_pct": 4}
    row = (101, 109.2, 99, 103)
    assert len(play(bars([CALM, row]), 1, rests(**how, tick_size=0.1), variant=BARS).fills) == 1
    run = play(bars([CALM, row]), 1, rests(**how, limit_fill="touch", tick_size=0.1), variant=BARS)
    assert run.fills == [(1, 1.0, 105.0), (1, -1.0, 109.2)]


@pytest.mark.parametrize("high", [116, 120], ids=["to it", "through it"])
def test_a_stop_order_that_adds_on_the_tick_of_the_take_profit_is_not_beyond_it(high: float) -> None:
    rows = bars([CALM, (108,) * 4, (110, high, 110, 112), (112,) * 4])
    run = play(rows, [1, 2, 2, 2], rests(entry="stop", trigger_offset_bps=600, take_profit_pct=5, tick_size=4.0), variant=BARS)
    assert run.fills == [(1, 1.0, 108.0), (2, 1.0, 116.0)], "113.4 rests at 116, where more is bought from on"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=realistic_cases("held"))
def test_position_and_orders_never_double(case: tuple[Records, list[float], Terms]) -> None:
    ticks, wanted, how = case
    fills = play(ticks, wanted, how, jit=True).of(FILL)
    most = [np.nanmax([0.0, *wanted[: at + 1]]) * how.qty for at in fills["tick_id"]]
    least = [np.nanmin([0.0, *wanted[: at + 1]]) * how.qty for at in fills["tick_id"]]
    assert (fills["position"] <= np.array(most) + 1e-12).all()
    assert (fills["position"] >= np.array(least) - 1e-12).all()
    assert len(set(fills["tick_id"].tolist())) == len(fills), "a print is taken once"
    if how.participation is not None:
        sizes = ticks["qty"][fills["tick_id"]]
        assert (np.abs(fills["qty"]) <= np.where(sizes > 0, how.participation * sizes, np.inf)).all()
    before = np.concatenate([[0.0], fills["position"][:-1]])
    exits = np.isin(fills["why"], (STOP_LOSS, TAKE_PROFIT, TRAILING))
    assert (np.abs(fills["position"][exits]) < np.abs(before[exits])).all()
    assert (fills["position"][exits] * before[exits] >= 0.0).all()


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_in_bars_too_nothing_doubles_and_what_goes_to_the_market_is_inside_the_bar(data: st.DataObject) -> None:
    corners = data.draw(st.lists(st.tuples(*[st.integers(90, 110)] * 4), min_size=1, max_size=40))
    rows = bars([(a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in corners], volume=2.0)
    wanted = data.draw(targets(len(rows)))
    how = data.draw(realistic_terms("held", *data.draw(st.sampled_from([(), ("triggered",), ("resting",)]))))
    how = msgspec.structs.replace(how, slippage_bps=0.0)
    fills = play(rows, wanted, how, variant=BARS, jit=True).of(FILL)
    most = [np.nanmax([0.0, *wanted[: at + 1]]) * how.qty for at in fills["tick_id"]]
    least = [np.nanmin([0.0, *wanted[: at + 1]]) * how.qty for at in fills["tick_id"]]
    assert (fills["position"] <= np.array(most) + 1e-12).all()
    assert (fills["position"] >= np.array(least) - 1e-12).all()
    if how.participation is not None:
        assert (np.bincount(fills["tick_id"], np.abs(fills["qty"]), len(rows)) <= how.participation * 2.0 + 1e-12).all()
    before = np.concatenate([[0.0], fills["position"][:-1]])
    exits = np.isin(fills["why"], (STOP_LOSS, TAKE_PROFIT, TRAILING))
    assert (np.abs(fills["position"][exits]) < np.abs(before[exits])).all()
    rested = (fills["why"] == TAKE_PROFIT) | ((how.entry == "limit") & (before * fills["qty"] >= 0.0))
    market, its = fills[~rested], rows[fills["tick_id"][~rested]]
    assert (market["price"] <= its["high"] + 1e-9).all()
    assert (market["price"] >= its["low"] - 1e-9).all()
