"""Funding of perpetual contracts. Every number by hand, and the sum of it against the fills on random markets."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from loop_cases import realistic_cases
from loop_rig import BARS, NO, Run, bars, play, prints, report_room, scripted, terms

from core.commands import Terms
from core.kernels.records import FUNDING, MARK
from core.types import DAY, Records

HOUR_NS = DAY // 24
HOUR = 3_600_000  # ms
MIDNIGHT = 1_700_000_000_000_000_000 // DAY * DAY
HOW = terms(funding_bps=100)


def at_hours(prices: Any, hours: Any) -> Records:
    return prints(prices, at=[hour * HOUR for hour in hours], start=MIDNIGHT)


def paid(run: Run) -> list[tuple[float, float, float]]:
    """(hour, position, what it paid) of each."""
    return [((int(r["ts"]) - MIDNIGHT) / HOUR_NS, float(r["position"]), float(r["fee"])) for r in run.of(FUNDING)]


def test_a_long_position_pays_at_the_boundary_on_its_value_at_the_print_before() -> None:
    run = play(at_hours([100, 100, 200, 300], [1, 2, 7, 9]), 2, HOW)
    assert paid(run) == [(8.0, 2.0, 4.0)]
    assert run.account.funding == run.account.fees == 4.0
    assert run.account.equity == 1000 + 400 - 4


def test_a_short_position_receives_it() -> None:
    run = play(at_hours([100, 100, 200], [1, 2, 9]), -2, HOW)
    assert paid(run) == [(8.0, -2.0, -2.0)]
    assert run.account.fees == -2.0


def test_below_zero_it_is_the_other_way_round() -> None:
    assert paid(play(at_hours([100, 100, 200], [1, 2, 9]), 2, terms(funding_bps=-100))) == [(8.0, 2.0, -2.0)]


def test_a_print_at_the_boundary_is_after_it() -> None:
    run = play(at_hours([100, 100, 200, 200], [1, 2, 8, 8]), [1, 0, NO, NO], HOW)
    assert paid(run) == [(8.0, 1.0, 1.0)]
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 200.0)]
    run = play(at_hours([100, 100, 200], [1, 8, 15]), 1, HOW)
    assert paid(run) == []


def test_boundaries_without_a_print_between_them_are_paid_together() -> None:
    run = play(at_hours([100, 100, 200], [1, 2, 21]), 1, terms(funding_bps=100, funding_hours=4))
    assert paid(run) == [(20.0, 1.0, 5.0)]


def test_the_day_that_ends_pays_what_is_due_by_midnight() -> None:
    run = play(at_hours([100, 100, 200], [1, 2, 36]), 1, HOW)
    assert paid(run) == [(24.0, 1.0, 3.0), (32.0, 1.0, 1.0)]
    assert [int(kind) for kind in run.reports["kind"][-3:]] == [FUNDING, MARK, FUNDING]
    assert run.marks == [(MIDNIGHT + DAY, 997.0)]
    assert run.account.equity == 1000 + 100 - 4


def test_a_flat_position_pays_nothing() -> None:
    assert paid(play(at_hours([100, 100, 100, 100], [1, 2, 3, 9]), [1, 0, 0, 0], HOW)) == []


def test_a_round_trip_is_won_after_what_it_paid() -> None:
    run = play(at_hours([100, 100, 100, 100.5, 100.5], [1, 2, 3, 9, 10]), [1, 1, NO, 0, 0], HOW)
    assert run.account.realised == 0.5
    assert (run.account.wins, run.account.trades) == (0, 1)
    assert run.account.gross_loss == 0.5


def test_a_fall_by_funding_is_a_drawdown() -> None:
    run = play(at_hours([100, 100, 100], [1, 2, 9]), 1, HOW)
    assert run.account.max_drawdown == 1.0


def test_bars_pay_at_the_next_bars_open_on_the_close_before() -> None:
    run = play(bars([(100,) * 4, (100, 100, 100, 200), (300,) * 4], length=8 * HOUR_NS), 1, HOW, variant=BARS)
    assert [float(r["fee"]) for r in run.of(FUNDING)] == [2.0]


def test_every_leg_pays_for_itself() -> None:
    ticks = prints([100, 200, 100, 200, 100], symbol=[0, 1, 0, 1, 0], at=[h * HOUR for h in (1, 2, 3, 4, 9)], start=MIDNIGHT)
    with report_room(3 + 3 * 2 + 2 * 2):
        told = scripted([[1, -2]] * 5, HOW)
    told.trade({0: 0, 1: 1})
    run = Run(told, told.feed(ticks))
    assert [(int(r["leg"]), float(r["fee"])) for r in run.of(FUNDING)] == [(0, 1.0), (1, -4.0)]
    assert run.account.funding == -3.0


def test_warming_up_pays_nothing_and_forgets_the_boundary() -> None:
    told = scripted([1] * 4, HOW)
    told.warm(at_hours([100, 100], [1, 9]))
    assert paid(Run(told, told.feed(at_hours([100, 100], [40, 41])))) == []
    assert told.account[0].next_funding == MIDNIGHT + 48 * HOUR_NS


def test_books_made_anew_from_fills_pay_from_the_next_boundary_on() -> None:
    told = scripted([NO] * 3, HOW)
    told.book([(0, 1.0, 1.0, 100.0, MIDNIGHT, 0.0)])
    assert paid(Run(told, told.feed(at_hours([100, 100, 100], [25, 31, 33])))) == [(32.0, 1.0, 1.0)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=realistic_cases("funded"))
def test_the_sum_is_that_of_all_boundaries_on_the_positions_of_the_fills(case: tuple[Records, list[float], Terms]) -> None:
    ticks, wanted, how = case
    run = play(ticks.copy(), wanted, how, jit=True)
    every = how.funding_hours * HOUR_NS
    times = ticks["ts"].tolist()
    after = {int(row["tick_id"]): float(row["position"]) for row in run.of(1)}
    positions = [after.get(0, 0.0)]
    for k in range(1, len(ticks)):
        positions.append(after.get(k, positions[-1]))
    total = 0.0
    for boundary in range((times[0] // every + 1) * every, times[-1] + 1, every):
        before = bisect_left(times, boundary) - 1
        total += positions[before] * float(ticks["price"][before]) * how.funding_bps / 1e4
    assert float(run.account.funding) == pytest.approx(total, abs=1e-9)
    assert float(run.account.fees) == pytest.approx(total + float(np.sum(run.of(1)["fee"])), abs=1e-9)
