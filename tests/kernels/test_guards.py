"""Protections block exactly when they should, say so once, and let through all that closes. See docs/protections.md."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from loop_rig import BARS, MS, NO, T0, Run, bars, made, plan, play, prints, scripted, terms

from core.commands import SetLimits
from core.compile.blueprint import live_variant
from core.kernels.records import (
    COOLING,
    DAILY_LIMIT,
    DAILY_LOSS,
    DRAWDOWN,
    DRAWDOWN_LIMIT,
    FILL,
    FLATTEN,
    LOSS_STREAK,
    LOW_PROFIT,
    PLACED,
    REDUCE_ONLY,
    SIGNAL,
    STALE,
    STOP_LOSS,
    TAKE_PROFIT,
    UNSURE,
)

#: From the first print of `prints` to the next midnight UTC, ms.
MIDNIGHT = 6_400_000

HOUR = 3_600_000


def sure(targets: list[float], confidences: list[float], jit: bool, **given: Any) -> Run:
    """A strategy that says how sure it is."""
    how = terms(**given)
    told = made(plan("sure_script", live_variant(how), len(targets)), how, jit=jit)
    told.mem[:] = np.array([targets, confidences]).T.ravel()
    return Run(told, told.feed(prints([100.0] * len(targets))))


# A drawdown


def test_a_fall_of_the_open_position_blocks_what_adds_at_the_limit_and_not_before() -> None:
    run = play(prints([100, 100, 81, 80, 80]), [1, 1, 1, 2, 2], terms(max_drawdown_pct=2))
    assert (run.fills, run.blocked) == ([(1, 1.0, 100.0)], [(3, DRAWDOWN_LIMIT)])
    run = play(prints([100, 100, 81, 81, 80]), [1, 1, 2, 2, 2], terms(max_drawdown_pct=2))
    assert run.fills == [(1, 1.0, 100.0), (3, 1.0, 81.0)]


def test_it_is_measured_from_the_best_there_was_with_what_was_open_then() -> None:
    run = play(prints([100, 100, 150, 130, 129, 129]), [1, 1, 1, 1, 2, 2], terms(max_drawdown_pct=2))
    assert run.blocked == [(4, DRAWDOWN_LIMIT)], "2 % of 1,050 is 21"


def test_once_reached_it_holds_whatever_comes_until_a_person_resumes() -> None:
    told = scripted([1, 1, 0, 0, 1, 1, 1, NO, 1, 1, 1], terms(max_drawdown_pct=2))
    run = Run(told, told.feed(prints([100, 100, 80, 80, 200, 200, 200])))
    assert (run.fills, run.blocked) == ([(1, 1.0, 100.0), (3, -1.0, 80.0)], [(4, DRAWDOWN_LIMIT)])
    told.resume()
    run = Run(told, told.feed(prints([200, 200, 200, 181], start=T0 + 10_000 * MS)))
    assert run.fills == [(2, 1.0, 200.0)], "from here it counts anew"
    assert run.blocked == []
    assert told.account[0].best == 980.0


def test_what_closes_and_reduces_passes_and_a_flip_is_cut_to_its_exit() -> None:
    run = play(prints([100, 100, 80, 80, 80, 80]), [2, 2, 1, 1, -1, -1], terms(max_drawdown_pct=2))
    assert run.fills == [(1, 2.0, 100.0), (3, -1.0, 80.0), (5, -1.0, 80.0)]
    assert run.blocked == [(4, DRAWDOWN_LIMIT)]


def test_an_order_that_adds_is_cancelled_when_it_is_reached_and_one_that_turns_round_only_closes() -> None:
    how = terms(max_drawdown_pct=2, latency_ms=3000)
    run = play(prints([100, 100, 100, 100, 80, 80, 80, 80, 80]), [1, 1, 1, 2, 2, 2, 2, 2, 2], how)
    assert (run.fills, run.cancelled, run.blocked) == ([(3, 1.0, 100.0)], [(4, 1.0)], [(4, DRAWDOWN_LIMIT)])
    run = play(prints([100, 100, 100, 100, 80, 80, 80, 80, 80]), [1, 1, 1, -1, -1, -1, -1, -1, -1], how)
    assert (run.fills, run.placed[-1]) == ([(3, 1.0, 100.0), (7, -1.0, 80.0)], (4, -1.0))


def test_flatten_closes_once_and_stays_out() -> None:
    run = play(prints([100, 100, 80, 80, 80, 80]), [1, 1, 1, 1, 2, 2], terms(max_drawdown_pct=2, on_guard="flatten"))
    assert (run.fills, run.reasons()) == ([(1, 1.0, 100.0), (3, -1.0, 80.0)], [SIGNAL, DRAWDOWN])
    assert run.blocked == [(4, DRAWDOWN_LIMIT)]


def test_flatten_goes_on_until_it_is_flat_whatever_the_strategy_wants_meanwhile() -> None:
    how = terms(max_drawdown_pct=2, on_guard="flatten", participation=0.5)
    run = play(prints([100, 100, 80, 80, 80, 80], qty=[9, 9, 9, 1, 1, 9]), [1, 1, 1, 2, 3, 1], how)
    assert run.fills == [(1, 1.0, 100.0), (3, -0.5, 80.0), (4, -0.5, 80.0)]
    assert run.account.orders == 2


def test_flatten_of_two_legs_closes_both_and_what_was_to_come() -> None:
    symbols = [0, 1, 0, 1, 0, 1, 0]
    how = terms(max_drawdown_pct=2, on_guard="flatten", latency_ms=1500)
    run = play(prints([100, 50, 100, 50, 80, 50, 80], symbol=symbols), [(1, 0)] * 3 + [(1, -1)] * 4, how)
    assert [(int(f["leg"]), float(f["qty"]), int(f["why"])) for f in run.of(FILL)] == [(0, 1.0, SIGNAL), (0, -1.0, DRAWDOWN)]
    assert run.cancelled == [(4, -1.0)]


def test_a_persons_limits_come_first_and_a_persons_flatten_passes() -> None:
    told = scripted([1, 1, 2, 2, 2, NO], terms(max_drawdown_pct=2))
    told.limit(SetLimits(max_position=1.5))
    run = Run(told, told.feed(prints([100, 100, 80])))
    assert run.blocked == [(2, DRAWDOWN_LIMIT)], "what a limit would let through in part"
    told.limit(SetLimits(mode="reduce_only"))
    assert Run(told, told.feed(prints([80], start=T0 + 3000 * MS))).blocked == [(0, REDUCE_ONLY)]
    told.flatten()
    assert Run(told, told.feed(prints([80], start=T0 + 4000 * MS))).reasons() == [FLATTEN]


# A day's loss


def test_a_days_loss_counts_from_the_equity_of_midnight_and_ends_with_the_day() -> None:
    at = [0, 1000, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1, 1.5 * MIDNIGHT, MIDNIGHT + 86_400_000]
    run = play(prints([100, 100, 120, 109, 110, 300, 300], at=at), [1, 1, 1, 2, 1, 2, 2], terms(daily_loss_pct=1))
    assert run.blocked == [(3, DAILY_LIMIT), (5, DAILY_LIMIT)], "1 % of 1,020 is 10.2"
    assert run.fills == [(1, 1.0, 100.0)]
    assert run.placed[-1] == (6, 1.0), "on the first print of the next day"


def test_a_days_loss_closes_with_a_reason_of_its_own() -> None:
    run = play(prints([100, 100, 80, 80]), 1, terms(daily_loss_pct=2, on_guard="flatten"))
    assert run.reasons() == [SIGNAL, DAILY_LOSS]


# Streaks


def test_so_many_losing_trips_in_a_row_lock_for_so_long_and_a_winning_one_begins_anew() -> None:
    how = terms(loss_streak=2, lock_hours=1)
    ticks = prints([100, 100, 99, 99, 98, 98, 98], at=[0, 1000, 2000, 3000, 4000, 4000 + HOUR - 1, 4000 + HOUR])
    run = play(ticks, [1, 0, 1, 0, 1, 1, 1], how)
    assert run.blocked == [(4, LOSS_STREAK)]
    assert run.placed[-1] == (6, 1.0)
    run = play(prints([100, 100, 99, 99, 100, 100, 99, 99]), [1, 0, 1, 0, 1, 0, 1, 1], how)
    assert run.blocked == [], "the second one won"


def test_a_trip_that_made_nothing_is_none_that_won() -> None:
    assert play(prints([100] * 4), [1, 0, 1, 1], terms(loss_streak=1)).blocked == [(2, LOSS_STREAK)]


# Cooling down


def test_after_an_exit_its_leg_pauses() -> None:
    run = play(prints([100] * 6, at=[0, 1000, 2000, 3000, 3999, 4000]), [1, 0, 1, 1, 1, 1], terms(cooldown_s=2))
    assert run.fills[1] == (2, -1.0, 100.0)
    assert (run.blocked, run.placed[-1]) == ([(2, COOLING)], (5, 1.0))


def test_with_a_pause_a_flip_is_an_exit_first() -> None:
    run = play(prints([100] * 6), [1, 1, -1, -1, -1, -1], terms(cooldown_s=2))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 100.0)]
    assert run.placed[-1] == (5, -1.0)


@pytest.mark.parametrize(("stops", "last", "paused"), [({"stop_loss_pct": 5}, 94, True), ({"take_profit_pct": 5}, 106, False)])
def test_after_a_stop_it_pauses_longer_but_not_after_a_take_profit(stops: dict[str, float], last: float, paused: bool) -> None:
    run = play(prints([100, 100, last, last, last, last]), [1, 1, 1, 1, 2, 2], terms(stop_cooldown_s=5, **stops))
    assert run.reasons()[1] == (STOP_LOSS if paused else TAKE_PROFIT)
    assert run.blocked == ([(4, COOLING)] if paused else [])


def test_the_other_leg_does_not_pause() -> None:
    ticks = prints([100, 50, 100, 50, 100, 50], symbol=[0, 1, 0, 1, 0, 1])
    run = play(ticks, [(1, 0), (1, 0), (0, 0), (0, 0), (1, 1), (1, 1)], terms(cooldown_s=60))
    assert [(int(f["leg"]), float(f["qty"])) for f in run.of(FILL)] == [(0, 1.0), (0, -1.0), (1, 1.0)]


# Low profit


def test_the_last_trips_and_what_is_open_made_too_little() -> None:
    how = terms(low_profit_pct=-0.3, low_profit_trades=2, lock_hours=1)
    run = play(prints([100, 100, 99, 99, 98, 98, 97.5, 97]), [1, 0, 1, 0, 1, 1, 2, 2], how)
    assert run.blocked == []
    run = play(prints([100, 100, 99, 99, 98, 98, 96.5, 97]), [1, 0, 1, 0, 1, 1, 2, 2], how)
    assert run.blocked == [(6, LOW_PROFIT)], "1 and 1 were lost, 1.5 are open"


def test_only_the_last_trips_count() -> None:
    how = terms(low_profit_pct=0.0, low_profit_trades=2)
    run = play(prints([100, 100, 50, 50, 51, 51, 52, 52, 52]), [1, 0, 1, 0, 1, 0, 1, 1, 1], how)
    assert run.blocked == [(4, LOW_PROFIT), (6, LOW_PROFIT)], "wanted twice"
    run = play(prints([100, 100, 50, 50, 101, 101, 102, 102, 102]), [1, 0, 1, 0, 1, 0, 1, 1, 1], how)
    assert run.blocked == []


@pytest.mark.slow
def test_the_ring_holds_the_sixty_four_that_can_be_asked_for() -> None:
    count = 64
    wanted = [1, 0] * count + [1, 1]
    prices = [100.0, 100.0, *([99.0, 99.0] * (count - 1)), 99.0, 99.0]
    how = terms(low_profit_pct=-0.09, low_profit_trades=count)
    run = play(prints(prices), wanted, how, jit=True)
    assert run.blocked == [(2 * count, LOW_PROFIT)]
    assert run.account.trips.shape == (count,)
    assert play(prints(prices), wanted, terms(low_profit_pct=-0.1, low_profit_trades=count)).blocked == [], "1 of 1,000 was lost"


# Doubt, stale prices


@pytest.mark.parametrize("jit", [True, False])
def test_who_is_not_sure_enough_opens_and_adds_nothing_but_keeps_and_leaves(jit: bool) -> None:
    run = sure([1, 1, 1, 2, 2, 0, 0], [0.59, 0.6, 0.1, 0.1, 0.7, 0.0, 0.0], jit, min_confidence=0.6)
    assert run.blocked == [(0, UNSURE), (3, UNSURE)]
    assert run.fills == [(2, 1.0, 100.0), (5, 1.0, 100.0), (6, -2.0, 100.0)]


def test_an_order_under_way_is_not_asked_again_how_sure_it_is_with_or_without_lots() -> None:
    for lot in (None, 0.1):
        run = sure([0.37] * 5, [1.0, 0.0, 0.0, 0.0, 0.0], False, min_confidence=0.5, latency_ms=3000, lot=lot)
        assert [tick for tick, _, _ in run.fills] == [3]
        assert run.cancelled == []


def test_while_one_leg_has_not_printed_for_too_long_none_opens() -> None:
    ticks = prints([100, 50, 100, 100, 50, 100], symbol=[0, 1, 0, 0, 1, 0], at=[0, 1000, 3000, 3001, 4000, 4001])
    run = play(ticks, [(1, 1), (0, 0), (0, 0), (1, -1), (1, -1), (1, -1)], terms(max_age_s=2))
    assert run.blocked == [(0, STALE), (0, STALE), (3, STALE), (3, STALE)], "the second one had no print yet, then one of 2.001 s ago"
    assert [(int(p["tick_id"]), int(p["leg"])) for p in run.of(PLACED)] == [(4, 0), (4, 1)]


# What is told, and what is kept


def test_a_size_that_changes_with_equity_is_said_once() -> None:
    targets = [1, 1, 1.01, 1.02, 1.03, -1, -1.01]
    run = play(prints([100, 100, 80, 80, 80, 80, 80]), targets, terms(max_drawdown_pct=2, qty=1))
    assert [why for _, why in run.blocked] == [DRAWDOWN_LIMIT] * 2
    assert [tick for tick, _ in run.blocked] == [2, 5], "again for the other side"


def test_bars_are_judged_at_their_close() -> None:
    flat = (100.0, 100.0, 100.0, 100.0)
    rows = bars([flat, flat, (100, 100, 70, 90), (90, 90, 80, 80), (80, 80, 80, 80)])
    run = play(rows, 1, terms(max_drawdown_pct=2, on_guard="flatten"), variant=BARS)
    assert (run.fills[1], run.reasons()[1]) == ((4, -1.0, 80.0), DRAWDOWN)


def test_books_made_anew_from_fills_know_streaks_and_pauses() -> None:
    told = scripted([1, 1, 1], terms(loss_streak=1, lock_hours=1, cooldown_s=7200))
    told.book([(0, 1.0, 1.0, 100.0, T0, 0.0), (0, -1.0, 0.0, 99.0, T0 + 1, 0.0)])
    run = Run(told, told.feed(prints([99, 99, 99], at=[1000, HOUR + 1000, 3 * HOUR])))
    assert run.blocked == [(0, LOSS_STREAK), (1, COOLING)]
    assert run.placed == [(2, 1.0)]
