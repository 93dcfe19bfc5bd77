"""Exits by time and at the entry, on prints and in bars, at the market and at the venue. See docs/protections.md."""

from __future__ import annotations

from typing import Any

import pytest
from loop_rig import BARS, T0, Row, Run, bars, play, prints, scripted, terms

from core.kernels.records import BREAK_EVEN, SIGNAL, STOP_LOSS, TAKE_PROFIT, TIME_STOP, TRAILING

CALM = (100.0, 100.0, 100.0, 100.0)


def exits(run: Run) -> list[tuple[int, float, int]]:
    """(tick, price, why) of each fill but the first."""
    return [(tick, price, why) for (tick, _, price), why in zip(run.fills[1:], run.reasons()[1:], strict=True)]


def test_the_first_print_so_long_after_the_entry_makes_an_order() -> None:
    run = play(prints([100, 100, 101, 102, 103], at=[0, 1000, 2999, 3000, 3001]), 1, terms(time_stop_s=2))
    assert exits(run) == [(4, 103.0, TIME_STOP)]
    assert run.placed[-1] == (3, -1.0)


def test_it_counts_from_the_first_part_of_the_round_trip_and_a_flip_begins_another() -> None:
    run = play(prints([100] * 6, at=[0, 1000, 2000, 3000, 4000, 5000]), [1, 2, 2, 2, 2, 2], terms(time_stop_s=2))
    assert exits(run) == [(2, 100.0, SIGNAL), (4, 100.0, TIME_STOP)]
    run = play(prints([100] * 6, at=[0, 1000, 2000, 3000, 4000, 5000]), [1, -1, -1, -1, -1, -1], terms(time_stop_s=2))
    assert exits(run) == [(2, 100.0, SIGNAL), (5, 100.0, TIME_STOP)]


def test_after_it_the_leg_is_flat_until_the_target_changes() -> None:
    run = play(prints([100] * 7), [1, 1, 1, 1, 1, 2, 2], terms(time_stop_s=1))
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 100.0), (6, 2.0, 100.0)]


def test_another_stop_of_the_same_print_is_the_reason() -> None:
    assert play(prints([100, 100, 94, 94]), 1, terms(time_stop_s=1, stop_loss_pct=5)).reasons()[1] == STOP_LOSS


def test_a_stop_at_the_entry_waits_until_so_much_was_gained() -> None:
    assert exits(play(prints([100, 100, 101.9, 100, 100]), 1, terms(break_even_pct=2))) == []
    assert exits(play(prints([100, 100, 102, 100.5, 100, 99]), 1, terms(break_even_pct=2))) == [(5, 99.0, BREAK_EVEN)]
    assert exits(play(prints([100, 100, 98, 99.5, 100, 101]), -1, terms(break_even_pct=2))) == [(5, 101.0, BREAK_EVEN)]


@pytest.mark.parametrize("side", [1, -1])
def test_filled_at_its_level_it_loses_nothing_after_fees_slippage_and_spread(side: int) -> None:
    how = terms(break_even_pct=3, fee_bps=10, slippage_bps=5, spread_bps=8, exits="resting")
    entry = play(prints([100, 100]), side, how).book.entry
    fee, paid = 1e-3, (1 - side * 5e-4) * (1 - side * 4e-4)
    level = entry * (1 + side * fee) / (1 - side * fee) / paid - side * 1e-9
    run = play(prints([100, 100, 100 + 4 * side, level]), side, how)
    assert run.reasons() == [SIGNAL, BREAK_EVEN]
    assert run.account.equity == pytest.approx(1000.0, abs=1e-4)


def test_a_gain_below_the_costs_moves_it_only_once_they_are_earned() -> None:
    how = terms(break_even_pct=0.1, fee_bps=100)
    assert exits(play(prints([100, 100, 101, 101.5, 101.5]), 1, how)) == []
    assert exits(play(prints([100, 100, 103, 102, 102]), 1, how)) == [(4, 102.0, BREAK_EVEN)]


def test_what_is_added_moves_the_entry_and_with_it_the_gain() -> None:
    run = play(prints([100, 100, 104, 104, 101.5, 101.5]), [1, 1, 2, 2, 2, 2], terms(break_even_pct=3))
    assert exits(run) == [(3, 104.0, SIGNAL)], "102 on average, of which 104 is less than 3 %"


@pytest.mark.parametrize(("trailing", "why"), [(3, TRAILING), (10, BREAK_EVEN)])
def test_inside_a_bar_the_nearer_one_is_reached_first(trailing: float, why: int) -> None:
    run = play(bars([CALM, CALM, (106,) * 4, (106, 106, 90, 95)]), 1, terms(break_even_pct=5, trailing_pct=trailing), variant=BARS)
    assert exits(run) == [(3, pytest.approx(106 * 0.97 if why == TRAILING else 100.0), why)]


@pytest.mark.parametrize(
    ("given", "rows", "exit_"),
    [
        ({"break_even_pct": 5}, [(100, 106, 99, 101)], None),
        ({"break_even_pct": 5}, [(100, 106, 99, 101), (101, 102, 99, 101)], (3, 100.0, BREAK_EVEN)),
        ({"break_even_pct": 5}, [(100, 106, 99, 101), (98, 99, 97, 98)], (3, 98.0, BREAK_EVEN)),
        ({"break_even_pct": 5, "take_profit_pct": 8}, [(106, 106, 106, 106), (104, 110, 99, 101)], (3, 100.0, BREAK_EVEN)),
        ({"time_stop_s": 60}, [(101, 102, 99, 100)], (2, 101.0, TIME_STOP)),
        ({"time_stop_s": 61}, [(101, 102, 99, 100), (103, 103, 103, 103)], (3, 103.0, TIME_STOP)),
        ({"time_stop_s": 60, "stop_loss_pct": 5}, [(94, 95, 90, 95)], (2, 94.0, STOP_LOSS)),
        ({"time_stop_s": 60, "take_profit_pct": 5}, [(101, 106, 101, 106)], (2, 101.0, TIME_STOP)),
    ],
    ids=["its own high moves nothing", "the next bar", "gap", "the stop before the profit", "time", "not before", "stop", "time first"],
)
@pytest.mark.parametrize("where", ["market", "resting"])
def test_inside_bars(given: dict[str, Any], rows: list[Row], exit_: tuple[int, float, int] | None, where: Any) -> None:
    run = play(bars([CALM, CALM, *rows]), 1, terms(exits=where, **given), variant=BARS)
    assert exits(run) == ([exit_] if exit_ else [])


def test_at_the_venue_the_stop_at_the_entry_is_there_and_a_time_stop_is_sent_with_the_latency() -> None:
    how = {"exits": "resting", "latency_ms": 5000}
    ticks = prints([100, 100, 106, 99, 99], at=[0, 5000, 6000, 7000, 8000])
    assert exits(play(ticks, 1, terms(break_even_pct=5, **how))) == [(3, 99.0, BREAK_EVEN)]
    ticks = prints([100, 100, 101, 102, 103], at=[0, 5000, 6000, 10_999, 11_000])
    assert exits(play(ticks, 1, terms(take_profit_pct=50, time_stop_s=1, **how))) == [(4, 103.0, TIME_STOP)]


def test_on_its_way_it_is_overtaken_by_the_profit() -> None:
    ticks = prints([100, 100, 101, 106, 103], at=[0, 5000, 6000, 7000, 11_000])
    run = play(ticks, 1, terms(take_profit_pct=5, time_stop_s=1, exits="resting", latency_ms=5000))
    assert exits(run) == [(3, 105.0, TAKE_PROFIT)]


def test_in_a_bar_a_stop_order_adds_nothing_to_what_the_open_closes() -> None:
    rows = bars([CALM, (106, 106, 106, 106), (100, 112, 100, 110), CALM])
    run = play(rows, [1, 2, 2, 2], terms(entry="stop", trigger_offset_bps=500, time_stop_s=60), variant=BARS)
    assert run.fills == [(1, 1.0, 106.0), (2, -1.0, 100.0)]


def test_a_position_made_anew_from_fills_knows_its_time() -> None:
    told = scripted([1, 1, 1], terms(time_stop_s=10))
    told.book([(0, 1.0, 1.0, 100.0, T0, 0.0)])
    run = Run(told, told.feed(prints([100, 100], at=[9_999, 10_000])))
    assert run.placed == [(1, -1.0)]
