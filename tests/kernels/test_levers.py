"""Pause, resume, flatten, reduce, other stops: what a person does to a running strategy between two ticks. Every number by hand."""

from __future__ import annotations

import numpy as np
import pytest
from loop_rig import NO, Run, prints, scripted, terms

from core.commands import SetLimits, SetStops
from core.kernels.records import FILL, FLATTEN, PLACED, REDUCE, SIGNAL, STOP_LOSS, TRAILING


def test_a_pause_cancels_the_working_order_and_says_so() -> None:
    told = scripted([1] * 3, terms())
    ticks = prints([100, 101, 102])
    told.feed(ticks[:1])
    run = Run(told, told.pause())
    assert [float(q) for q in run.reports["qty"]] == [1.0]
    assert int(run.reports["ts"][0]) == int(ticks["ts"][0])
    assert len(told.feed(ticks[1:])) == 0
    assert told.flat


def test_a_pause_keeps_the_position() -> None:
    told = scripted([1, 1, 0, -1], terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    assert len(told.pause()) == 0
    assert len(told.feed(ticks[2:])) == 0
    assert told.books[0].position == 1.0


def test_a_paused_strategy_goes_on_seeing_ticks() -> None:
    told = scripted([1, 1, 2, 3, 4], terms())
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:2])
    told.pause()
    told.feed(ticks[2:4])
    assert told.state[0].i == 4
    told.resume()
    run = Run(told, told.feed(ticks[4:]))
    assert run.placed == [(4, 3.0)]


def test_a_paused_position_is_marked() -> None:
    told = scripted([1, 1, 1], terms())
    ticks = prints([100, 100, 130])
    told.feed(ticks[:2])
    told.pause()
    told.feed(ticks[2:])
    assert told.account[0].equity == 1030.0


def test_a_paused_positions_stop_fires_and_fills() -> None:
    told = scripted([1] * 5, terms(stop_loss_pct=25))
    ticks = prints([100, 100, 70, 69, 68])
    told.feed(ticks[:2])
    told.pause()
    run = Run(told, told.feed(ticks[2:]))
    assert run.fills == [(3, -1.0, 69.0)]
    assert run.reasons() == [STOP_LOSS]


def test_a_pause_while_a_stops_order_works_does_not_lose_the_stop() -> None:
    told = scripted([1] * 6, terms(stop_loss_pct=25, latency_ms=1500))
    ticks = prints([100, 100, 100, 70, 90, 90], at=[0, 1500, 2000, 3000, 4000, 5500])
    told.feed(ticks[:4])
    told.pause()
    run = Run(told, told.feed(ticks[4:]))
    assert run.fills == [(5, -1.0, 90.0)]


def test_a_paused_strategy_that_changes_its_mind_after_a_stop_stays_flat_until_resumed() -> None:
    told = scripted([1, 1, 1, 2, 2, 2, 2], terms(stop_loss_pct=25))
    ticks = prints([100, 100, 70, 69, 100, 100, 101])
    told.feed(ticks[:2])
    told.pause()
    run = Run(told, told.feed(ticks[2:5]))
    assert run.fills == [(3, -1.0, 69.0)]
    told.resume()
    assert Run(told, told.feed(ticks[5:])).fills == [(6, 2.0, 101.0)]


def test_resume_trades_the_next_opinion_not_one_given_while_paused() -> None:
    told = scripted([1, 1, 0, NO, NO, NO, 0, 0], terms())
    ticks = prints([100, 101, 102, 103, 104, 105, 106, 107])
    told.feed(ticks[:2])
    told.pause()
    told.feed(ticks[2:4])
    told.resume()
    run = Run(told, told.feed(ticks[4:]))
    assert run.placed == [(6, -1.0)]
    assert run.fills == [(7, -1.0, 107.0)]


def test_flatten_closes_on_the_next_tick() -> None:
    told = scripted([2] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    placed = Run(told, told.flatten())
    assert [(int(r["kind"]), int(r["why"]), float(r["qty"]), int(r["ts"])) for r in placed.reports] == [
        (PLACED, FLATTEN, -2.0, int(ticks["ts"][1]))
    ]
    run = Run(told, told.feed(ticks[2:]))
    assert run.fills == [(2, -2.0, 102.0)]
    assert run.reasons(FILL) == [FLATTEN]


def test_flatten_waits_for_the_latency_from_the_last_tick_seen() -> None:
    told = scripted([1] * 6, terms(latency_ms=200))
    ticks = prints([100, 101, 102, 103, 104, 105], at=[0, 200, 300, 400, 450, 500])
    told.feed(ticks[:3])
    told.flatten()
    assert Run(told, told.feed(ticks[3:])).fills == [(5, -1.0, 105.0)]


def test_flatten_latches_until_a_different_target() -> None:
    told = scripted([1, 1, 1, 1, NO, 1, 2, 2], terms())
    ticks = prints([100, 101, 102, 103, 104, 105, 106, 107])
    told.feed(ticks[:2])
    told.flatten()
    run = Run(told, told.feed(ticks[2:]))
    assert run.fills == [(2, -1.0, 102.0), (7, 2.0, 107.0)]
    assert run.reasons() == [FLATTEN, SIGNAL]


def test_flatten_cancels_an_entry_that_has_not_filled_and_latches() -> None:
    told = scripted([1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:1])
    assert Run(told, told.flatten()).cancelled == [(0, 1.0)]
    assert len(told.feed(ticks[1:])) == 0


def test_flatten_replaces_an_order_that_works() -> None:
    told = scripted([1, 1, 3, 3, 3], terms())
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:3])
    told.flatten()
    assert Run(told, told.feed(ticks[3:])).fills == [(3, -1.0, 103.0)]


def test_flatten_leaves_a_working_exit_to_its_own_latency() -> None:
    told = scripted([1, 1, 0, 0, 0], terms(latency_ms=200))
    ticks = prints([100, 101, 102, 103, 104], at=[0, 200, 300, 400, 500])
    told.feed(ticks[:4])
    assert len(told.flatten()) == 0
    assert Run(told, told.feed(ticks[4:])).fills == [(4, -1.0, 104.0)]


def test_flatten_closes_a_short() -> None:
    told = scripted([-1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    told.flatten()
    assert Run(told, told.feed(ticks[2:])).fills == [(2, 1.0, 102.0)]


def test_flatten_of_a_flat_strategy_reports_nothing_and_latches() -> None:
    told = scripted([1, 0, 0, 0, 1, 1], terms())
    ticks = prints([100, 101, 102, 103, 104, 105])
    told.feed(ticks[:3])
    assert len(told.flatten()) == 0
    assert Run(told, told.feed(ticks[3:])).placed == [(4, 1.0)]


def test_flatten_works_while_paused() -> None:
    told = scripted([1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    told.pause()
    told.flatten()
    assert Run(told, told.feed(ticks[2:])).fills == [(2, -1.0, 102.0)]


def test_a_pause_after_a_flatten_does_not_keep_the_position() -> None:
    told = scripted([1] * 5, terms())
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:2])
    told.flatten()
    told.pause()
    told.feed(ticks[2:])
    assert told.flat


def test_closing_flattens_and_trades_no_more() -> None:
    told = scripted([1, 1, 2, 3, 4], terms())
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:2])
    told.close()
    assert Run(told, told.feed(ticks[2:])).fills == [(2, -1.0, 102.0)]
    assert told.flat


def test_closing_again_does_not_start_an_exit_over() -> None:
    told = scripted([1] * 6, terms(latency_ms=200))
    ticks = prints([100, 101, 102, 103, 104, 105], at=[0, 200, 300, 400, 500, 600])
    told.feed(ticks[:3])
    told.close()
    told.feed(ticks[3:4])
    assert len(told.close()) == 0
    assert Run(told, told.feed(ticks[4:])).fills == [(4, -1.0, 104.0)]


def test_a_flatten_survives_a_snapshot() -> None:
    told, other = scripted([1] * 4, terms()), scripted([1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    told.flatten()
    other.restore(told.snapshot(), told.layout)
    assert Run(other, other.feed(ticks[2:])).fills == [(2, -1.0, 102.0)]


def test_levers_before_the_first_tick_do_nothing() -> None:
    told = scripted([1, 1, 1], terms())
    assert len(told.pause()) == 0
    told.resume()
    assert Run(told, told.feed(prints([100, 101, 102]))).fills == [(1, 1.0, 101.0)]


@pytest.mark.parametrize("jit", [False, True])
def test_a_lever_between_two_batches_gives_the_same_compiled_and_plain(jit: bool) -> None:
    told = scripted([1, 2, -1, -1, 3, 3, 0, 1], terms(stop_loss_pct=10, latency_ms=1000), jit=jit)
    ticks = prints([100, 101, 102, 103, 104, 105, 106, 107])
    parts = [told.feed(ticks[:3]), told.pause(), told.feed(ticks[3:4])]
    told.resume()
    parts += [told.feed(ticks[4:6]), told.flatten(), told.feed(ticks[6:])]
    run = Run(told, np.concatenate(parts))
    assert run.fills == [(1, 1.0, 101.0), (2, 1.0, 102.0), (5, 1.0, 105.0), (6, -3.0, 106.0)]


def test_a_fresh_book_keeps_what_the_strategy_learned_while_warming() -> None:
    told = scripted([1, 1, 2, 3], terms())
    ticks = prints([100, 101, 102, 103])
    told.warm(ticks[:2])
    assert told.account[0].ticks == 0
    assert told.flat
    run = Run(told, told.feed(ticks[2:]))
    assert run.placed == [(2, 2.0), (3, 1.0)]


def test_a_reduction_closes_its_share_and_keeps_the_rest_until_a_different_target() -> None:
    told = scripted([2, 2, 2, 2, NO, 2, 1, 1], terms())
    ticks = prints([100, 101, 102, 103, 104, 105, 106, 107])
    told.feed(ticks[:2])
    placed = Run(told, told.reduce(0.25))
    assert [(int(r["kind"]), int(r["why"]), float(r["qty"])) for r in placed.reports] == [(PLACED, REDUCE, -0.5)]
    run = Run(told, told.feed(ticks[2:]))
    assert run.fills == [(2, -0.5, 102.0), (7, -0.5, 107.0)]
    assert run.reasons(FILL) == [REDUCE, SIGNAL]


def test_a_second_reduction_takes_its_share_of_what_is_left() -> None:
    told = scripted([-2] * 5, terms())
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:2])
    told.reduce(0.5)
    told.feed(ticks[2:3])
    told.reduce(0.5)
    assert Run(told, told.feed(ticks[3:])).fills == [(3, 0.5, 103.0)]
    assert told.books[0].position == -0.5


def test_a_reduction_replaces_an_order_that_adds() -> None:
    told = scripted([1, 1, 3, 3, 3], terms())
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:3])
    told.reduce(0.5)
    assert Run(told, told.feed(ticks[3:])).fills == [(3, -0.5, 103.0)]


def test_a_reduction_of_what_leaves_already_changes_nothing() -> None:
    told = scripted([1, 1, 0, 0, 0], terms(latency_ms=200))
    ticks = prints([100, 101, 102, 103, 104], at=[0, 200, 300, 400, 500])
    told.feed(ticks[:4])
    assert len(told.reduce(0.5)) == 0
    assert Run(told, told.feed(ticks[4:])).fills == [(4, -1.0, 104.0)]


def test_a_reduction_of_a_flat_strategy_neither_orders_nor_latches() -> None:
    told = scripted([0, 1, 1, 1], terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    assert len(told.reduce(0.5)) == 0
    assert Run(told, told.feed(ticks[2:])).fills == [(2, 1.0, 102.0)]


def test_a_reduction_goes_on_while_paused_and_through_a_halt() -> None:
    told = scripted([1] * 6, terms(latency_ms=1500))
    ticks = prints([100, 101, 102, 103, 104, 105], at=[0, 1500, 2000, 3000, 4000, 5500])
    told.feed(ticks[:2])
    told.reduce(0.5)
    told.pause()
    told.limit(SetLimits(mode="halt"))
    run = Run(told, told.feed(ticks[2:]))
    assert [(qty, price) for _, qty, price in run.fills] == [(-0.5, 103.0)]


def test_a_share_below_the_least_order_is_said_to_be_so_and_the_strategy_trades_on() -> None:
    told = scripted([1, 1, 1, 2, 2], terms(lot=0.5))
    ticks = prints([100, 101, 102, 103, 104])
    told.feed(ticks[:2])
    told.reduce(0.1)
    assert told.books[0].latched == 0
    assert Run(told, told.feed(ticks[2:])).fills == [(4, 1.0, 104.0)]


def test_a_stop_closes_what_a_reduction_left() -> None:
    told = scripted([2] * 6, terms(stop_loss_pct=25))
    ticks = prints([100, 100, 100, 70, 69, 68])
    told.feed(ticks[:2])
    told.reduce(0.5)
    run = Run(told, told.feed(ticks[2:]))
    assert run.fills == [(2, -1.0, 100.0), (4, -1.0, 69.0)]
    assert run.reasons(FILL) == [REDUCE, STOP_LOSS]


def test_a_reduction_survives_a_snapshot() -> None:
    told, other = scripted([2] * 4, terms(latency_ms=1500)), scripted([2] * 4, terms(latency_ms=1500))
    ticks = prints([100, 101, 102, 103], at=[0, 1500, 2000, 4000])
    told.feed(ticks[:2])
    told.reduce(0.5)
    other.restore(told.snapshot(), told.layout)
    assert Run(other, other.feed(ticks[2:])).fills == [(3, -1.0, 103.0)]


@pytest.mark.parametrize("jit", [False, True])
def test_stops_that_are_set_while_it_runs_judge_the_position_it_holds(jit: bool) -> None:
    told = scripted([1] * 8, terms(), jit=jit)
    ticks = prints([100, 100, 120, 90, 89, 88, 87, 86])
    told.feed(ticks[:3])
    told.protect(SetStops(id="it", trailing_pct=20))
    run = Run(told, told.feed(ticks[3:]))
    assert run.fills == [(4, -1.0, 89.0)]
    assert run.reasons(FILL) == [TRAILING]


def test_stops_that_are_taken_away_fire_no_more() -> None:
    told = scripted([1] * 5, terms(stop_loss_pct=5, take_profit_pct=5))
    ticks = prints([100, 100, 70, 130, 100])
    told.feed(ticks[:2])
    told.protect(SetStops(id="it"))
    assert len(told.feed(ticks[2:])) == 0


def test_a_compiled_strategy_reduces_as_the_plain_one() -> None:
    prices = [100, 101, 102, 103, 104, 105, 106, 107, 108]
    targets = [2, 2, 2, 2, -1, -1, -1, 3, 3]
    runs = []
    for jit in (False, True):
        told = scripted(targets, terms(stop_loss_pct=10), jit=jit)
        ticks = prints(prices)
        parts = [told.feed(ticks[:2]), told.reduce(0.3), told.feed(ticks[2:6]), told.reduce(0.3), told.feed(ticks[6:])]
        runs.append(np.concatenate(parts).tobytes())
    assert runs[0] == runs[1]
