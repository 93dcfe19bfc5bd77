"""Stop-loss, take-profit and trailing stop on prints: when they fire, where they fill, how they latch. Every number by hand."""

from __future__ import annotations

import pytest
from loop_rig import NO, play, prints, terms

from core.kernels.records import FILL, PLACED, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING

AFTER = [100.0, 100.0]  # decided on the first, entered on the second


def test_a_long_stop_loss_fires_at_its_level_and_fills_on_the_next_tick() -> None:
    run = play(prints([*AFTER, 76, 75, 70, 60]), 1, terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (4, -1.0, 70.0)]
    assert run.placed == [(0, 1.0), (3, -1.0)]
    assert run.reasons(PLACED) == run.reasons(FILL) == [SIGNAL, STOP_LOSS]


def test_a_long_stop_loss_above_its_level_does_not_fire() -> None:
    assert play(prints([*AFTER, 75.01, 75.01]), 1, terms(stop_loss_pct=25)).fills == [(1, 1.0, 100.0)]


def test_a_short_stop_loss_fires_on_a_rise() -> None:
    run = play(prints([*AFTER, 124, 125, 130, 140]), -1, terms(stop_loss_pct=25))
    assert run.fills == [(1, -1.0, 100.0), (4, 1.0, 130.0)]
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_a_long_take_profit_fires_on_a_rise() -> None:
    run = play(prints([*AFTER, 149, 150, 160, 170]), 1, terms(take_profit_pct=50))
    assert run.fills == [(1, 1.0, 100.0), (4, -1.0, 160.0)]
    assert run.reasons() == [SIGNAL, TAKE_PROFIT]


def test_a_short_take_profit_fires_on_a_fall() -> None:
    run = play(prints([*AFTER, 51, 50, 40, 30]), -1, terms(take_profit_pct=50))
    assert run.fills == [(1, -1.0, 100.0), (4, 1.0, 40.0)]
    assert run.reasons() == [SIGNAL, TAKE_PROFIT]


def test_a_long_trailing_stop_follows_the_highest_print_since_entry() -> None:
    run = play(prints([*AFTER, 120, 91, 90, 89, 130]), 1, terms(trailing_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (5, -1.0, 89.0)]
    assert run.reasons() == [SIGNAL, TRAILING]


def test_a_short_trailing_stop_follows_the_lowest_print_since_entry() -> None:
    run = play(prints([*AFTER, 80, 99, 100, 101, 60]), -1, terms(trailing_pct=25))
    assert run.fills == [(1, -1.0, 100.0), (5, 1.0, 101.0)]
    assert run.reasons() == [SIGNAL, TRAILING]


def test_a_trailing_stop_forgets_the_prints_before_its_entry() -> None:
    run = play(prints([400, 100, 100, 76, 75, 74]), [NO, 1, 1, 1, 1, 1], terms(trailing_pct=25))
    assert run.fills == [(2, 1.0, 100.0), (5, -1.0, 74.0)]


def test_a_trailing_stop_starts_at_the_print_not_at_the_price_paid() -> None:
    run = play(prints([100, 100, 76, 75, 74]), 1, terms(trailing_pct=25, slippage_bps=2000))
    assert [tick for tick, _, _ in run.fills] == [1, 4]


def test_a_flip_starts_the_trailing_stop_anew() -> None:
    run = play(prints([100, 100, 100, 80, 99, 100, 101]), [1, -1, -1, -1, -1, -1, -1], terms(trailing_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (2, -2.0, 100.0), (6, 1.0, 101.0)]


def test_growing_a_position_keeps_the_trailing_stops_extreme() -> None:
    run = play(prints([100, 100, 200, 160, 150, 149]), [1, 1, 2, 2, 2, 2], terms(trailing_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, 1.0, 160.0), (5, -2.0, 149.0)]


def test_extremes_are_updated_before_the_stop_is_evaluated() -> None:
    run = play(prints([100, 100, 104, 101, 100]), 1, terms(trailing_pct=1, take_profit_pct=50))
    assert run.fills == [(1, 1.0, 100.0), (4, -1.0, 100.0)]


def test_a_stop_level_follows_the_average_entry() -> None:
    run = play(prints([100, 100, 140, 95, 90, 85]), [1, 2, 2, 2, 2, 2], terms(stop_loss_pct=25))
    assert run.book.entry == 0.0
    assert run.fills == [(1, 1.0, 100.0), (2, 1.0, 140.0), (5, -2.0, 85.0)]


def test_a_stop_that_is_off_never_fires() -> None:
    run = play(prints([*AFTER, 0.01, 1e9, 0.01]), 1, terms())
    assert run.fills == [(1, 1.0, 100.0)]
    assert run.book.latched == 0


@pytest.mark.parametrize("one", ["stop_loss_pct", "take_profit_pct", "trailing_pct"])
def test_one_stop_alone_leaves_the_others_off(one: str) -> None:
    rises, falls = [*AFTER, 1e6, 1e6], [*AFTER, 1e-6, 1e-6]
    fired = {name: len(play(prints(prices), 1, terms(**{one: 50})).fills) == 2 for name, prices in (("rise", rises), ("fall", falls))}
    assert fired == {"rise": one == "take_profit_pct", "fall": one != "take_profit_pct"}


def test_a_constant_target_with_a_stop_fills_one_entry_and_one_exit_and_stays_flat() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 100, 75, 200, 50, 100]), 1, terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0)]
    assert run.book.position == 0.0
    assert (run.account.orders, run.account.trades) == (2, 1)


def test_after_a_stop_a_different_target_trades_again() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 110]), [1, 1, 1, 1, 2, 2], terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0), (5, 2.0, 110.0)]


def test_after_a_stop_the_old_target_again_after_another_trades() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 110, 120]), [1, 1, 1, 1, 0, 1, 1], terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0), (6, 1.0, 120.0)]


def test_after_a_stop_no_opinion_keeps_the_leg_flat_and_so_does_the_same_target_after_it() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 100, 100, 100]), [1, 1, NO, NO, NO, 1, 1, 1], terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0)]


def test_a_stop_overrides_a_target_that_changes_on_the_same_tick() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 100]), [1, 1, 2, 2, 2, 2], terms(stop_loss_pct=25))
    assert run.placed == [(0, 1.0), (2, -1.0)]
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0)]


def test_a_target_overridden_by_a_stop_is_the_one_that_must_change() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 110]), [1, 1, -1, -1, 1, 1], terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0), (5, 1.0, 110.0)]


def test_long_flat_a_short_target_counts_as_flat_and_so_as_different() -> None:
    run = play(prints([*AFTER, 75, 70, 100, 110, 120]), [1, 1, 1, -1, 1, 1, 1], terms(side="long_flat", stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0), (5, 1.0, 110.0)]


def test_a_stop_fires_on_the_tick_that_filled_the_entry() -> None:
    run = play(prints([100, 100, 90]), 1, terms(stop_loss_pct=5, slippage_bps=1000))
    assert [tick for tick, _, _ in run.fills] == [1, 2]
    assert run.placed == [(0, 1.0), (1, -1.0)]


def test_a_stop_is_evaluated_on_the_position_after_the_fill_of_its_tick() -> None:
    run = play(prints([*AFTER, 100, 75, 75]), [1, 1, 0, 0, 0], terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 75.0)]
    assert run.reasons() == [SIGNAL, SIGNAL]
    assert run.book.latched == 0


def test_a_stops_order_waits_for_the_latency_too_and_fires_once() -> None:
    ticks = prints([*AFTER, 75, 74, 73, 72, 71], at=[0, 200, 300, 400, 450, 500, 600])
    run = play(ticks, 1, terms(stop_loss_pct=25, latency_ms=200))
    assert run.placed == [(0, 1.0), (2, -1.0)]
    assert run.fills == [(1, 1.0, 100.0), (5, -1.0, 72.0)]


def test_a_stops_order_works_on_when_the_price_comes_back() -> None:
    ticks = prints([*AFTER, 75, 110, 120], at=[0, 200, 300, 400, 500])
    run = play(ticks, 1, terms(stop_loss_pct=25, latency_ms=200))
    assert run.fills == [(1, 1.0, 100.0), (4, -1.0, 120.0)]


def test_a_different_target_while_a_stops_order_works_replaces_it() -> None:
    ticks = prints([*AFTER, 75, 110, 120, 130], at=[0, 200, 300, 400, 500, 600])
    run = play(ticks, [1, 1, 1, 2, 2, 2], terms(stop_loss_pct=25, latency_ms=200))
    assert run.placed == [(0, 1.0), (2, -1.0), (3, 1.0)]
    assert run.fills == [(1, 1.0, 100.0), (5, 1.0, 130.0)]


def test_a_stop_replaces_the_order_that_was_to_grow_the_position() -> None:
    ticks = prints([*AFTER, 100, 75, 74, 73], at=[0, 200, 250, 300, 400, 500])
    run = play(ticks, [1, 1, 3, 3, 3, 3], terms(stop_loss_pct=25, latency_ms=200))
    assert run.placed == [(0, 1.0), (2, 2.0), (3, -1.0)]
    assert run.fills == [(1, 1.0, 100.0), (5, -1.0, 73.0)]


def test_a_stop_leaves_a_working_order_to_flat_as_it_is_but_latches() -> None:
    ticks = prints([*AFTER, 100, 75, 74, 74, 100, 100], at=[0, 200, 250, 300, 450, 500, 600, 900])
    run = play(ticks, [1, 1, 0, 0, 0, 0, 0, 1], terms(stop_loss_pct=25, latency_ms=200))
    assert run.placed == [(0, 1.0), (2, -1.0), (7, 1.0)]
    assert run.fills == [(1, 1.0, 100.0), (4, -1.0, 74.0)]


def test_a_stop_filled_in_parts_goes_on_until_flat() -> None:
    ticks = prints([*AFTER, 75, 74, 200, 200, 200], qty=[9, 9, 9, 2, 1, 2, 2])
    run = play(ticks, 2, terms(stop_loss_pct=25, participation=0.5))
    assert run.fills == [(1, 2.0, 100.0), (3, -1.0, 74.0), (4, -0.5, 200.0), (5, -0.5, 200.0)]
    assert run.book.position == 0.0


def test_a_stop_loss_is_named_before_a_trailing_stop_that_fires_on_the_same_print() -> None:
    run = play(prints([*AFTER, 50, 50]), 1, terms(stop_loss_pct=25, trailing_pct=25))
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_stops_of_a_new_trip_start_from_its_own_entry() -> None:
    run = play(prints([*AFTER, 75, 70, 40, 40, 31, 30, 29]), [1, 1, 1, 1, 2, 2, 2, 2, 2], terms(stop_loss_pct=25))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0), (5, 2.0, 40.0), (8, -2.0, 29.0)]
