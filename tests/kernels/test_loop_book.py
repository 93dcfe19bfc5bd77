"""The book: round trips, flips, equity, drawdown and daily marks. Every number by hand."""

from __future__ import annotations

import numpy as np
import pytest
from loop_rig import MS, NO, play, prints, terms

from core.kernels.records import FILL
from core.types import DAY, SECOND

MIDNIGHT = 19_676 * DAY  # 2023-11-15T00:00:00Z


def test_a_long_trip_realises_the_difference_and_pays_two_fees() -> None:
    run = play(prints([100, 100, 110, 110]), [2, 0, 0, 0], terms(fee_bps=100))
    assert [float(r) for r in run.of(FILL)["realised"]] == [0.0, 20.0]
    assert run.account.realised == 20.0
    assert run.account.fees == pytest.approx(2.0 + 2.2)
    assert run.account.equity == pytest.approx(1000 + 20 - 4.2)
    assert (run.account.trades, run.account.wins, run.account.fills, run.account.orders) == (1, 1, 2, 2)
    assert run.account.gross_profit == pytest.approx(15.8)
    assert run.account.gross_loss == 0.0


def test_a_short_trip_realises_the_difference_the_other_way() -> None:
    run = play(prints([100, 100, 110]), [-2, 0, 0], terms())
    assert run.account.realised == -20.0
    assert run.account.gross_loss == 20.0
    assert (run.account.trades, run.account.wins) == (1, 0)


def test_a_trip_that_made_less_than_its_fees_is_lost() -> None:
    run = play(prints([100, 100, 101]), [1, 0, 0], terms(fee_bps=100))
    assert run.account.realised == 1.0
    assert (run.account.trades, run.account.wins) == (1, 0)
    assert run.account.gross_loss == pytest.approx(1.0 + 1.01 - 1.0)


def test_growing_a_position_averages_its_entry() -> None:
    run = play(prints([100, 100, 130, 130]), [1, 3, 3, 3], terms())
    assert run.book.entry == 120.0
    assert run.account.equity == 1000.0 + 3 * 10.0


def test_shrinking_a_position_keeps_its_entry_and_ends_no_trip() -> None:
    run = play(prints([100, 100, 130, 130]), [4, 1, 1, 1], terms())
    assert run.book.entry == 100.0
    assert run.account.realised == 90.0
    assert run.account.trades == 0
    assert run.account.equity == 1000.0 + 90.0 + 30.0


def test_a_trip_closed_in_parts_counts_once() -> None:
    run = play(prints([100, 100, 110, 120, 90]), [3, 2, 1, 0, 0], terms())
    assert run.account.realised == 10.0 + 20.0 - 10.0
    assert (run.account.trades, run.account.wins) == (1, 1)
    assert run.account.gross_profit == 20.0


def test_a_flip_closes_one_trip_opens_the_next_and_shares_its_fee_by_quantity() -> None:
    run = play(prints([100, 100, 110, 120]), [1, -2, 0, 0], terms(fee_bps=10))
    assert run.fills == [(1, 1.0, 100.0), (2, -3.0, 110.0), (3, 2.0, 120.0)]
    fees = [float(fee) for fee in run.of(FILL)["fee"]]
    assert fees == [pytest.approx(0.1), pytest.approx(0.33), pytest.approx(0.24)]
    assert [float(r) for r in run.of(FILL)["realised"]] == [0.0, 10.0, -20.0]
    assert run.account.gross_profit == pytest.approx(10 - 0.1 - 0.11)
    assert run.account.gross_loss == pytest.approx(20 + 0.22 + 0.24)
    assert (run.account.trades, run.account.wins) == (2, 1)
    assert run.account.equity == pytest.approx(1000 - 10 - 0.67)


def test_a_flip_opens_at_its_own_price() -> None:
    run = play(prints([100, 100, 110, 120]), [1, -1, -1, -1], terms())
    assert run.book.entry == 110.0
    assert run.account.equity == 1000 + 10 - 10


def test_equity_is_marked_at_each_print_and_peak_and_drawdown_follow_it() -> None:
    prices = [100, 100, 120, 90, 130]
    seen = []
    for n in range(2, len(prices) + 1):
        run = play(prints(prices[:n]), 1, terms())
        seen.append((float(run.account.equity), float(run.account.peak), float(run.account.max_drawdown)))
    assert seen == [(1000.0, 1000.0, 0.0), (1020.0, 1020.0, 0.0), (990.0, 1020.0, 30.0), (1030.0, 1030.0, 30.0)]
    assert float(run.account.max_drawdown_ratio) == 30 / 1020


def test_the_deepest_fall_and_the_deepest_share_of_its_peak_are_two_figures() -> None:
    run = play(prints([100, 100, 50, 1000, 945]), 1, terms(capital=100))
    assert run.account.peak == 1000.0
    assert run.account.max_drawdown == 55.0
    assert run.account.max_drawdown_ratio == 0.5


def test_a_short_has_drawdowns_too_and_keeps_them_when_flat() -> None:
    run = play(prints([100, 100, 130, 90, 90]), [-1, -1, -1, 0, 0], terms())
    assert (run.account.equity, run.account.max_drawdown, run.account.max_drawdown_ratio) == (1010.0, 30.0, 0.03)
    run = play(prints([100, 100, 130]), [-1, 0, 0], terms())
    assert (run.account.equity, run.account.max_drawdown) == (970.0, 30.0)


def test_a_fee_alone_is_a_drawdown() -> None:
    run = play(prints([100, 100]), 1, terms(fee_bps=100))
    assert (run.account.equity, run.account.peak, run.account.max_drawdown) == (999.0, 1000.0, 1.0)


def test_a_flat_book_keeps_its_equity_whatever_the_price_does() -> None:
    run = play(prints([100, 100, 110, 5, 900]), [1, 0, 0, 0, 0], terms())
    assert run.account.equity == 1010.0
    assert run.book.unrealised == 0.0


def test_slippage_shows_in_equity_at_once() -> None:
    run = play(prints([100, 200]), 1, terms(slippage_bps=625))
    assert run.account.equity == 987.5


def test_the_first_tick_of_a_later_utc_day_marks_the_day_before_at_its_last_equity() -> None:
    ticks = prints([100, 100, 110, 125, 130], at=[0, 1000, 2000, 5000, 6000], start=MIDNIGHT - 4 * SECOND)
    run = play(ticks, 1, terms())
    assert run.marks == [(MIDNIGHT, 1010.0)]
    assert [int(r) for r in run.reports["ts"]].count(MIDNIGHT) == 1
    assert run.account.equity == 1030.0


def test_a_tick_at_midnight_itself_is_the_new_days() -> None:
    ticks = prints([100, 100, 110], at=[0, 1000, 2000], start=MIDNIGHT - 2 * SECOND)
    assert play(ticks, 1, terms()).marks == [(MIDNIGHT, 1000.0)]


def test_the_last_nanosecond_of_a_day_still_belongs_to_it() -> None:
    ticks = prints([100, 100, 110, 120], at=[0, 1, 2, 3], start=MIDNIGHT)
    ticks["ts"] = [MIDNIGHT - 3, MIDNIGHT - 2, MIDNIGHT - 1, MIDNIGHT]
    assert play(ticks, 1, terms()).marks == [(MIDNIGHT, 1010.0)]


def test_the_first_day_starts_without_a_mark() -> None:
    assert play(prints([100, 101]), 1, terms()).marks == []


def test_each_day_with_ticks_is_marked_once_and_days_without_are_left_out() -> None:
    ticks = prints([100, 100, 110, 120, 130], start=MIDNIGHT)
    ticks["ts"] = [MIDNIGHT + 1, MIDNIGHT + 2, MIDNIGHT + DAY + 5, MIDNIGHT + DAY + 6, MIDNIGHT + 4 * DAY]
    run = play(ticks, 1, terms())
    assert run.marks == [(MIDNIGHT + DAY, 1000.0), (MIDNIGHT + 2 * DAY, 1020.0)]


def test_a_step_back_over_midnight_marks_no_day_twice() -> None:
    ticks = prints([100.0] * 4, start=MIDNIGHT)
    ticks["ts"] = [MIDNIGHT - 1, MIDNIGHT + 1, MIDNIGHT - 1, MIDNIGHT + 2]
    assert len(play(ticks, 1, terms()).marks) == 1


def test_a_mark_comes_before_the_fill_of_its_tick() -> None:
    ticks = prints([100, 150, 200], start=MIDNIGHT)
    ticks["ts"] = [MIDNIGHT - MS, MIDNIGHT, MIDNIGHT + MS]
    run = play(ticks, 1, terms(fee_bps=100))
    assert run.marks == [(MIDNIGHT, 1000.0)]


def test_the_account_knows_the_last_tick_it_saw() -> None:
    ticks = prints([100, 101, 102])
    run = play(ticks, [NO, NO, NO], terms())
    assert (run.account.ts, run.account.ticks) == (ticks["ts"][-1], 3)


def test_a_leg_remembers_its_last_print_and_quote() -> None:
    run = play(prints([100, 101], bid=[99, 100.5], ask=[101, np.nan]), [NO, NO], terms())
    assert (run.book.last, run.book.bid) == (101.0, 100.5)
    assert np.isnan(run.book.ask)
