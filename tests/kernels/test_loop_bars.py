"""Bars as the source: decided at the close, filled at an open, stopped inside a range. Every number by hand."""

from __future__ import annotations

import pytest
from loop_rig import BARS, MS, NO, bars, play, terms

from core.kernels.records import SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING
from core.types import DAY, MINUTE

CALM = (100.0, 100.0, 100.0, 100.0)
ENTRY = [CALM, CALM]  # decided at the close of the first, entered at the open of the second


def test_an_order_decided_at_the_close_fills_at_the_next_open() -> None:
    run = play(bars([(100, 105, 95, 101), (103, 109, 97, 104), (105, 106, 104, 105)]), 1, terms(), variant=BARS)
    assert run.placed == [(0, 1.0)]
    assert run.fills == [(1, 1.0, 103.0)]
    assert run.account.equity == 1002.0


def test_a_close_stamped_a_millisecond_before_the_next_open_fills_there_too() -> None:
    run = play(bars([CALM, (103, 103, 103, 103)], close_early=MS), 1, terms(), variant=BARS)
    assert run.fills == [(1, 1.0, 103.0)]


def test_slippage_and_fee_are_taken_on_the_open() -> None:
    run = play(bars([CALM, (200, 300, 200, 300)]), 1, terms(slippage_bps=625, fee_bps=100), variant=BARS)
    assert run.fills == [(1, 1.0, 212.5)]
    assert run.account.fees == pytest.approx(2.125)


def test_latency_moves_the_fill_to_the_first_open_after_it() -> None:
    run = play(bars([CALM, (101,) * 4, (102,) * 4]), 1, terms(latency_ms=1), variant=BARS)
    assert run.fills == [(2, 1.0, 102.0)]


def test_participation_is_a_share_of_the_bars_volume() -> None:
    run = play(bars([CALM, (101,) * 4, (102,) * 4], volume=4), 3, terms(participation=0.5), variant=BARS)
    assert run.fills == [(1, 2.0, 101.0), (2, 1.0, 102.0)]


def test_a_long_stop_loss_fills_at_its_level_inside_the_bar() -> None:
    run = play(bars([*ENTRY, (90, 92, 70, 85)]), 1, terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 75.0)]
    assert run.reasons() == [SIGNAL, STOP_LOSS]
    assert run.account.equity == 975.0
    assert run.book.unrealised == 0.0


def test_a_short_stop_loss_fills_at_its_level_inside_the_bar() -> None:
    run = play(bars([*ENTRY, (110, 130, 108, 109)]), -1, terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, -1.0, 100.0), (2, 1.0, 125.0)]


def test_a_take_profit_fills_at_its_level_inside_the_bar_long_and_short() -> None:
    up, down = (110.0, 160.0, 108.0, 120.0), (90.0, 95.0, 40.0, 80.0)
    assert play(bars([*ENTRY, up]), 1, terms(take_profit_pct=50), variant=BARS).fills[1] == (2, -1.0, 150.0)
    assert play(bars([*ENTRY, down]), -1, terms(take_profit_pct=50), variant=BARS).fills[1] == (2, 1.0, 50.0)


@pytest.mark.parametrize(
    ("target", "bar", "paid"),
    [(1, (60, 95, 50, 90), 60.0), (-1, (140, 150, 105, 110), 140.0)],
    ids=["long", "short"],
)
def test_a_gap_through_the_stop_loss_fills_at_the_open(target: int, bar: tuple[float, float, float, float], paid: float) -> None:
    run = play(bars([*ENTRY, bar]), target, terms(stop_loss_pct=25), variant=BARS)
    assert run.fills[1] == (2, -target, paid)
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_a_gap_through_the_take_profit_fills_at_the_open() -> None:
    run = play(bars([*ENTRY, (170, 180, 60, 80)]), 1, terms(take_profit_pct=50, stop_loss_pct=25), variant=BARS)
    assert run.fills[1] == (2, -1.0, 170.0)
    assert run.reasons() == [SIGNAL, TAKE_PROFIT]


def test_with_both_in_the_range_a_long_takes_the_stop_loss() -> None:
    run = play(bars([*ENTRY, (100, 160, 70, 140)]), 1, terms(take_profit_pct=50, stop_loss_pct=25), variant=BARS)
    assert run.fills[1] == (2, -1.0, 75.0)
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_with_both_in_the_range_a_short_takes_the_stop_loss() -> None:
    run = play(bars([*ENTRY, (100, 130, 40, 60)]), -1, terms(take_profit_pct=50, stop_loss_pct=25), variant=BARS)
    assert run.fills[1] == (2, 1.0, 125.0)


def test_a_range_that_touches_the_level_sets_it_off() -> None:
    assert len(play(bars([*ENTRY, (100, 100, 75, 100)]), 1, terms(stop_loss_pct=25), variant=BARS).fills) == 2
    assert len(play(bars([*ENTRY, (100, 100, 75.01, 100)]), 1, terms(stop_loss_pct=25), variant=BARS).fills) == 1
    assert len(play(bars([*ENTRY, (100, 150, 100, 100)]), 1, terms(take_profit_pct=50), variant=BARS).fills) == 2


def test_a_stop_may_fill_inside_the_bar_of_its_entry() -> None:
    run = play(bars([CALM, (100, 101, 70, 90), CALM]), 1, terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (1, -1.0, 75.0)]


def test_a_stops_fill_pays_slippage_and_fee() -> None:
    run = play(bars([*ENTRY, (90, 92, 70, 85)]), -1, terms(take_profit_pct=25, slippage_bps=625, fee_bps=100), variant=BARS)
    assert run.fills == [(1, -1.0, 93.75), (2, 1.0, 0.75 * 93.75 * 1.0625)]
    assert run.account.fees == pytest.approx(0.9375 + 0.0075 * 93.75 * 1.0625)


def test_a_trailing_stop_follows_the_highs_of_the_bars_before() -> None:
    run = play(bars([*ENTRY, (100, 120, 100, 110), (110, 115, 89, 100)]), 1, terms(trailing_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (3, -1.0, 90.0)]
    assert run.reasons() == [SIGNAL, TRAILING]


def test_a_short_trailing_stop_follows_the_lows_of_the_bars_before() -> None:
    run = play(bars([*ENTRY, (100, 100, 80, 90), (90, 101, 85, 88)]), -1, terms(trailing_pct=25), variant=BARS)
    assert run.fills == [(1, -1.0, 100.0), (3, 1.0, 100.0)]


def test_a_bars_own_high_does_not_tighten_its_trailing_stop() -> None:
    run = play(bars([*ENTRY, (100, 120, 85, 110)]), 1, terms(trailing_pct=25), variant=BARS)
    assert len(run.fills) == 1


def test_an_open_above_the_highs_before_tightens_the_trailing_stop_of_its_bar() -> None:
    run = play(bars([*ENTRY, (200, 200, 150, 160)]), 1, terms(trailing_pct=25), variant=BARS)
    assert run.fills[1] == (2, -1.0, 150.0)


@pytest.mark.parametrize(
    ("target", "entry_bar"),
    [(1, (100, 200, 100, 200)), (-1, (100, 100, 50, 50))],
    ids=["long", "short"],
)
def test_the_close_of_the_entry_bar_does_not_set_off_its_trailing_stop_at_the_open(
    target: int, entry_bar: tuple[float, float, float, float]
) -> None:
    run = play(bars([CALM, entry_bar]), target, terms(trailing_pct=25), variant=BARS)
    assert run.fills == [(1, target, 100.0)]


def test_the_nearer_of_stop_loss_and_trailing_stop_fills() -> None:
    rising = [*ENTRY, (100, 120, 100, 120), (120, 120, 60, 80)]
    run = play(bars(rising), 1, terms(trailing_pct=25, stop_loss_pct=12.5), variant=BARS)
    assert run.fills[1] == (3, -1.0, 90.0)
    assert run.reasons() == [SIGNAL, TRAILING]
    run = play(bars(rising), 1, terms(trailing_pct=25, stop_loss_pct=6.25), variant=BARS)
    assert run.fills[1] == (3, -1.0, 93.75)
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_the_nearer_of_stop_loss_and_trailing_stop_fills_for_a_short_too() -> None:
    falling = [*ENTRY, (100, 100, 80, 80), (80, 160, 80, 120)]
    run = play(bars(falling), -1, terms(trailing_pct=25, stop_loss_pct=12.5), variant=BARS)
    assert run.fills[1] == (3, 1.0, 100.0)
    assert run.reasons() == [SIGNAL, TRAILING]
    run = play(bars(falling), -1, terms(trailing_pct=50, stop_loss_pct=12.5), variant=BARS)
    assert run.fills[1] == (3, 1.0, 112.5)
    assert run.reasons() == [SIGNAL, STOP_LOSS]


def test_a_constant_target_with_a_stop_fills_one_entry_and_one_exit_on_bars_too() -> None:
    run = play(bars([*ENTRY, (90, 92, 70, 85), CALM, (100, 300, 10, 100), CALM]), 1, terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 75.0)]


def test_after_a_stop_a_different_target_fills_at_the_next_open() -> None:
    rows = [*ENTRY, (90, 92, 70, 85), (86,) * 4, (87,) * 4]
    run = play(bars(rows), [1, 1, 1, 2, 2], terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 75.0), (4, 2.0, 87.0)]


def test_a_target_that_changes_on_the_bar_of_the_stop_is_overridden() -> None:
    rows = [*ENTRY, (90, 92, 70, 85), (86,) * 4, (87,) * 4]
    run = play(bars(rows), [1, 1, -1, -1, -1], terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 75.0)]


def test_an_order_due_at_the_open_fills_before_the_stops_of_its_bar() -> None:
    run = play(bars([*ENTRY, (90, 92, 70, 85)]), [1, 0, 0], terms(stop_loss_pct=25), variant=BARS)
    assert run.fills == [(1, 1.0, 100.0), (2, -1.0, 90.0)]
    assert run.reasons() == [SIGNAL, SIGNAL]


def test_a_stop_ends_an_order_that_was_to_grow_the_position() -> None:
    rows = [CALM, CALM, CALM, (90, 92, 70, 85), (86,) * 4, (87,) * 4]
    run = play(bars(rows), [1, 1, 3, 3, 3, 3], terms(stop_loss_pct=25, latency_ms=60_000), variant=BARS)
    assert run.placed == [(0, 1.0), (2, 2.0)]
    assert run.fills == [(2, 1.0, 100.0), (3, -1.0, 75.0)]


def test_equity_is_marked_at_the_close() -> None:
    run = play(bars([*ENTRY, (100, 200, 50, 130)]), [1, NO, NO], terms(), variant=BARS)
    assert run.account.equity == 1030.0
    assert run.account.max_drawdown == 0.0


def test_bars_of_days_are_marked_at_midnight() -> None:
    rows = bars([(100, 100, 100, 100), (100, 110, 90, 110), (110, 130, 100, 125)], length=DAY, close_early=1)
    run = play(rows, 1, terms(), variant=BARS)
    midnight = int(rows["start"][0])
    assert run.marks == [(midnight + DAY, 1000.0), (midnight + 2 * DAY, 1010.0)]


def test_a_bar_that_closes_at_midnight_is_marked_in_the_day_it_ends() -> None:
    rows = bars([(100, 100, 100, 100), (100, 110, 90, 110), (110, 130, 100, 125)], length=DAY)
    run = play(rows, 1, terms(), variant=BARS)
    midnight = int(rows["start"][0])
    assert run.marks[:2] == [(midnight + DAY, 1000.0), (midnight + 2 * DAY, 1010.0)]


@pytest.mark.slow
def test_a_bar_source_of_minutes_is_the_same_compiled() -> None:
    rows = [*ENTRY, (90, 92, 70, 85), (86, 120, 86, 110), (87, 200, 60, 70), CALM]
    how = terms(stop_loss_pct=25, take_profit_pct=20, trailing_pct=30, fee_bps=7, slippage_bps=3)
    targets = [1, 1, NO, -1, 2, 0]
    plain, fast = (play(bars(rows, length=MINUTE), targets, how, variant=BARS, jit=jit) for jit in (False, True))
    assert plain.reports.tobytes() == fast.reports.tobytes()
    assert plain.instance.snapshot() == fast.instance.snapshot()
