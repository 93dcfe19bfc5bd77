"""Account-level limits, enforced in the loop: what each lets through, and the report that says why not. Every number by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from loop_rig import NO, Run, prints, scripted, terms

from core.commands import SetLimits, Terms
from core.kernels.records import BLOCKED, FLATTEN, HALTED, MAX_POSITION, MAX_SPREAD, PRICE_BAND, REDUCE_ONLY, STOP_LOSS, STOP_NEW
from core.types import Records


def limited(ticks: Records, targets: Sequence[Any], limits: SetLimits, how: Terms | None = None, *, after: int = 0) -> Run:
    """Run with the limits set before tick `after`."""
    told = scripted(list(targets), how or terms())
    first = told.feed(ticks[:after])
    told.limit(limits)
    return Run(told, np.concatenate([first, told.feed(ticks[after:])]))


def test_a_halt_blocks_an_entry_and_says_so_once() -> None:
    run = limited(prints([100, 101, 102]), [1, 1, 1], SetLimits(mode="halt"))
    assert run.fills == []
    assert run.blocked == [(0, HALTED)]
    assert run.book.blocked == HALTED


def test_a_halt_blocks_an_exit_too() -> None:
    run = limited(prints([100, 101, 102, 103]), [1, 1, 0, 0], SetLimits(mode="halt"), after=2)
    assert run.fills == [(1, 1.0, 101.0)]
    assert run.blocked == [(2, HALTED)]


def test_a_halt_holds_a_stop_back_until_it_ends() -> None:
    told = scripted([1] * 6, terms(stop_loss_pct=25))
    ticks = prints([100, 100, 70, 70, 70, 65])
    reports = [told.feed(ticks[:2])]
    told.limit(SetLimits(mode="halt"))
    reports.append(told.feed(ticks[2:4]))
    told.limit(None)
    reports.append(told.feed(ticks[4:]))
    run = Run(told, np.concatenate(reports))
    assert run.blocked == [(2, HALTED)]
    assert run.fills == [(1, 1.0, 100.0), (5, -1.0, 65.0)]
    assert run.reasons() == [0, STOP_LOSS]


def test_a_halt_keeps_an_order_that_was_working_from_filling() -> None:
    run = limited(prints([100, 101, 102]), [1, 1, 1], SetLimits(mode="halt"), after=1)
    assert run.fills == []


@pytest.mark.parametrize("mode", ["stop_new", "reduce_only"])
def test_no_new_positions_keeps_an_entry_that_was_working_from_filling(mode: Any) -> None:
    run = limited(prints([100, 101, 102]), [1, 1, 1], SetLimits(mode=mode), after=1)
    assert run.fills == []


def test_a_halt_keeps_the_rest_of_a_partly_filled_order_from_filling() -> None:
    run = limited(prints([100, 101, 102, 103], qty=1), [4] * 4, SetLimits(mode="halt"), terms(participation=1), after=2)
    assert run.fills == [(1, 1.0, 101.0)]


def test_marking_goes_on_during_a_halt() -> None:
    run = limited(prints([100, 100, 130]), [1, 1, 1], SetLimits(mode="halt"), after=2)
    assert run.account.equity == 1030.0


def test_stop_new_blocks_an_entry() -> None:
    run = limited(prints([100, 101]), [1, 1], SetLimits(mode="stop_new"))
    assert (run.fills, run.blocked) == ([], [(0, STOP_NEW)])


def test_stop_new_lets_an_exit_through() -> None:
    run = limited(prints([100, 101, 102, 103]), [1, 1, 0, 0], SetLimits(mode="stop_new"), after=2)
    assert run.fills == [(1, 1.0, 101.0), (3, -1.0, 103.0)]
    assert run.blocked == []


def test_stop_new_lets_an_open_position_grow() -> None:
    run = limited(prints([100, 101, 102, 103]), [1, 1, 2, 2], SetLimits(mode="stop_new"), after=2)
    assert run.fills == [(1, 1.0, 101.0), (3, 1.0, 103.0)]


def test_stop_new_makes_an_exit_of_a_flip() -> None:
    run = limited(prints([100, 101, 102, 103, 104]), [1, 1, -1, -1, -1], SetLimits(mode="stop_new"), after=2)
    assert run.fills == [(1, 1.0, 101.0), (3, -1.0, 103.0)]
    assert run.blocked[0] == (2, STOP_NEW)
    assert run.book.position == 0.0


def test_reduce_only_blocks_entries_and_growth_and_lets_a_position_shrink() -> None:
    run = limited(prints([100, 101, 102, 103, 104, 105, 106]), [2, 2, 3, 1, 1, 0, 1], SetLimits(mode="reduce_only"), after=2)
    assert run.fills == [(1, 2.0, 101.0), (4, -1.0, 104.0), (6, -1.0, 106.0)]
    assert run.blocked == [(2, REDUCE_ONLY), (6, STOP_NEW)]


def test_reduce_only_makes_an_exit_of_a_flip() -> None:
    run = limited(prints([100, 101, 102, 103, 104]), [1, 1, -2, -2, -2], SetLimits(mode="reduce_only"), after=2)
    assert run.fills == [(1, 1.0, 101.0), (3, -1.0, 103.0)]


def test_max_position_caps_what_is_ordered_and_reports_the_rest() -> None:
    run = limited(prints([100, 101, 102]), [5, 5, 5], SetLimits(max_position=3))
    assert run.fills == [(1, 3.0, 101.0)]
    assert run.blocked == [(0, MAX_POSITION)]
    assert float(run.of(BLOCKED)["qty"][0]) == 2.0


def test_max_position_is_in_base_currency_and_counts_shorts_alike() -> None:
    run = limited(prints([100, 101]), [-4, -4], SetLimits(max_position=3), terms(qty=2))
    assert run.fills == [(1, -3.0, 101.0)]


def test_max_position_caps_the_new_side_of_a_flip() -> None:
    run = limited(prints([100, 101, 102, 103]), [2, 2, -5, -5], SetLimits(max_position=3))
    assert run.fills == [(1, 2.0, 101.0), (3, -5.0, 103.0)]
    assert run.book.position == -3.0


def test_a_position_above_a_new_max_position_is_kept_and_may_shrink_but_not_grow() -> None:
    ticks = prints([100, 101, 102, 103, 104, 105])
    run = limited(ticks, [5, 5, 5, 6, 4, 4], SetLimits(max_position=3), after=2)
    assert run.fills == [(1, 5.0, 101.0), (5, -1.0, 105.0)]
    assert run.blocked == [(3, MAX_POSITION)]


def test_max_spread_blocks_an_entry_while_the_quote_is_wide() -> None:
    ticks = prints([100, 100, 100, 100], bid=[98, 98, 99.5, 99.5], ask=[102, 102, 100.5, 100.5])
    run = limited(ticks, [1] * 4, SetLimits(max_spread_pct=2))
    assert run.blocked == [(0, MAX_SPREAD)]
    assert run.placed == [(2, 1.0)]
    assert run.fills == [(3, 1.0, 100.0)]


def test_a_spread_of_just_the_limit_passes() -> None:
    run = limited(prints([100, 100], bid=98, ask=102), [1, 1], SetLimits(max_spread_pct=4))
    assert run.fills == [(1, 1.0, 100.0)]


def test_max_spread_lets_an_exit_through() -> None:
    ticks = prints([100, 100, 100, 100], bid=[99, 99, 50, 50], ask=[101, 101, 150, 150])
    run = limited(ticks, [1, 1, 0, 0], SetLimits(max_spread_pct=5))
    assert [qty for _, qty, _ in run.fills] == [1.0, -1.0]


def test_max_spread_makes_an_exit_of_a_flip() -> None:
    ticks = prints([100, 100, 100, 100], bid=[99, 99, 50, 50], ask=[101, 101, 150, 150])
    run = limited(ticks, [1, 1, -1, -1], SetLimits(max_spread_pct=5))
    assert run.book.position == 0.0
    assert run.blocked == [(2, MAX_SPREAD)]


def test_an_unknown_quote_is_not_wide() -> None:
    assert limited(prints([100, 101]), [1, 1], SetLimits(max_spread_pct=1)).fills == [(1, 1.0, 101.0)]


@pytest.mark.parametrize("limits", [SetLimits(price_low=101), SetLimits(price_high=99)], ids=["below", "above"])
def test_the_price_band_blocks_an_entry_outside_it(limits: SetLimits) -> None:
    run = limited(prints([100, 100]), [1, 1], limits)
    assert (run.fills, run.blocked) == ([], [(0, PRICE_BAND)])


def test_the_edges_of_the_price_band_belong_to_it() -> None:
    run = limited(prints([100, 100]), [1, 1], SetLimits(price_low=100, price_high=100))
    assert run.fills == [(1, 1.0, 100.0)]


def test_the_price_band_lets_an_exit_through() -> None:
    run = limited(prints([100, 100, 50, 50]), [1, 1, 0, 0], SetLimits(price_low=90))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 50.0)]


def test_an_entry_goes_through_once_the_price_is_back_in_the_band() -> None:
    run = limited(prints([80, 80, 95, 96]), [1, 1, 1, 1], SetLimits(price_low=90))
    assert run.placed == [(2, 1.0)]


def test_a_stop_passes_every_limit_but_a_halt() -> None:
    ticks = prints([100, 100, 70, 70], bid=[99, 99, 10, 10], ask=[101, 101, 190, 190])
    limits = SetLimits(mode="reduce_only", max_position=0.5, max_spread_pct=1, price_low=90)
    run = limited(ticks, [1] * 4, limits, terms(stop_loss_pct=25), after=2)
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 70.0)]


def test_a_persons_flatten_passes_a_halt() -> None:
    told = scripted([1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    parts = [told.feed(ticks[:2])]
    told.limit(SetLimits(mode="halt"))
    parts += [told.flatten(), told.feed(ticks[2:])]
    run = Run(told, np.concatenate(parts))
    assert run.fills == [(1, 1.0, 101.0), (2, -1.0, 102.0)]
    assert run.reasons() == [0, FLATTEN]


def test_a_block_is_reported_again_for_another_target_and_for_another_reason() -> None:
    told = scripted([1, 1, 2, 2, 2, 2], terms())
    ticks = prints([100] * 6)
    told.limit(SetLimits(mode="stop_new"))
    parts = [told.feed(ticks[:4])]
    told.limit(SetLimits(mode="halt"))
    parts.append(told.feed(ticks[4:]))
    assert Run(told, np.concatenate(parts)).blocked == [(0, STOP_NEW), (2, STOP_NEW), (4, HALTED)]


def test_a_block_is_over_once_the_strategy_wants_what_it_has() -> None:
    run = limited(prints([100] * 3), [1, 0, 1], SetLimits(mode="stop_new"))
    assert run.blocked == [(0, STOP_NEW), (2, STOP_NEW)]
    run = limited(prints([100] * 2), [1, 0], SetLimits(mode="stop_new"))
    assert run.book.blocked == 0


def test_a_persons_flatten_that_a_pause_cancelled_passes_a_halt_too() -> None:
    told = scripted([1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.feed(ticks[:2])
    told.limit(SetLimits(mode="halt"))
    told.flatten()
    told.pause()
    assert Run(told, told.feed(ticks[2:])).fills == [(3, -1.0, 103.0)]


def test_a_block_ends_with_the_limits() -> None:
    told = scripted([1] * 4, terms())
    ticks = prints([100, 101, 102, 103])
    told.limit(SetLimits(mode="halt"))
    told.feed(ticks[:2])
    told.limit(None)
    run = Run(told, told.feed(ticks[2:]))
    assert run.fills == [(3, 1.0, 103.0)]
    assert run.book.blocked == 0


def test_a_block_is_no_order_and_moves_no_money() -> None:
    run = limited(prints([100, 200]), [1, 1], SetLimits(mode="halt"), terms(fee_bps=100))
    assert (run.account.orders, run.account.equity) == (0, 1000.0)


def test_a_blocked_change_of_mind_still_ends_the_order_it_replaces() -> None:
    ticks = prints([100, 110, 110, 110], at=[0, 100, 200, 300])
    run = limited(ticks, [1, 2, 2, 2], SetLimits(price_high=105), terms(latency_ms=200))
    assert run.blocked == [(1, PRICE_BAND)]
    assert run.cancelled == [(1, 1.0)]
    assert run.fills == []


def test_no_opinion_is_not_blocked() -> None:
    assert limited(prints([100, 101]), [NO, NO], SetLimits(mode="halt")).blocked == []


def test_limits_hold_in_the_compiled_loop_too() -> None:
    prices = np.array([100.0, 101, 99, 150, 98, 97, 103, 104])
    wide = np.array([1.0, 1, 1, 140, 1, 1, 1, 1])
    ticks = prints(prices, bid=prices - wide, ask=prices + wide)
    targets = [1, -3, 2, 5, -1, 0, 4, 4]
    for limits in (SetLimits(mode="reduce_only"), SetLimits(max_position=2, max_spread_pct=5, price_low=97.5), SetLimits(mode="halt")):
        reports = []
        for jit in (False, True):
            told = scripted(targets, terms(), jit=jit)
            first = told.feed(ticks[:2].copy())
            told.limit(limits)
            reports.append(np.concatenate([first, told.feed(ticks[2:].copy())]).tobytes())
        assert reports[0] == reports[1]
