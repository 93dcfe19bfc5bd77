"""Margin: what equity lets a strategy hold, and the prices at which it is liquidated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_cases import realistic_cases
from loop_laws_rig import Case, law, no_warning, random_bars
from loop_rig import BARS, NO, bars, play, prints, scripted, terms
from test_loop_reference import agree

from core.commands import SetLimits, Terms
from core.kernels.records import BLOCK_NAMES, LIQUIDATED, MARGIN, STOP_LOSS, WHY_NAMES

pytestmark = no_warning

#: Long 1 BTC at 20,000 with a margin of 1,000 and 0.5 % of maintenance: 20,000 - 1,000 = 19,000 is 99.5 % of the liquidation price.
LONG_AT = 19_000 / 0.995
#: Short, 20,000 + 1,000 is 100.5 % of it.
SHORT_AT = 21_000 / 1.005


def lent(**given_: Any) -> Terms:
    """A margin of 1,000, twenty times as much on the market."""
    return terms(**({"leverage": 20} | given_))


def test_its_code_has_a_name() -> None:
    assert WHY_NAMES[LIQUIDATED] == "liquidated"
    assert BLOCK_NAMES[MARGIN] == "not enough margin"


@pytest.mark.parametrize(
    ("side", "safe", "called"), [(1, np.nextafter(LONG_AT, 1e9) + 1e-6, LONG_AT - 1e-6), (-1, SHORT_AT - 1e-6, SHORT_AT + 1e-6)]
)
def test_a_print_at_the_liquidation_price_closes_all_of_it_there(side: int, safe: float, called: float) -> None:
    run = play(prints([20_000, 20_000, safe, called, 20_000]), side, lent())
    assert run.fills == [(1, float(side), 20_000.0), (3, -float(side), called)]
    assert run.reasons() == [0, LIQUIDATED]
    assert run.account.equity == pytest.approx(0.005 * called, rel=1e-6), "what is left is the maintenance"


def test_a_gap_beyond_it_is_paid_in_full() -> None:
    run = play(prints([20_000, 20_000, 18_000]), 1, lent())
    assert run.fills[1] == (2, -1.0, 18_000.0)
    assert run.account.equity == -1_000.0


def test_a_liquidation_pays_its_fee_beside_the_takers() -> None:
    run = play(prints([10_000, 10_000, 9_000]), 1, lent(fee_bps=4, liquidation_fee_bps=100))
    assert [float(fee) for fee in run.reports["fee"][run.reports["why"] == LIQUIDATED]] == [9_000 * (4 + 100) / 1e4]
    assert play(prints([10_000, 10_000, 9_500]), 1, lent(fee_bps=4, liquidation_fee_bps=100)).fills[1:] == []


def test_nothing_opens_again_until_it_is_resumed() -> None:
    told = scripted([1, 1, 1, -1, 0.01, 0.02], lent())
    ticks = prints([20_000, 20_000, 19_090, 19_090, 19_090, 19_090])
    assert [int(why) for why in told.feed(ticks[:5].copy())["why"]] == [0, 0, LIQUIDATED]
    assert told.account[0].paused == 1
    assert told.books[0].blocked != 0
    told.resume()
    (row,) = told.feed(ticks[5:].copy())
    assert row["aim"] == 0.02


def test_a_backtest_without_limits_does_not_open_again_either() -> None:
    from core.compile.blueprint import backtest_variant

    run = play(prints([20_000, 20_000, 18_500, 18_500, 18_500]), [1, 1, 1, 0, 0.01], lent(), variant=backtest_variant(lent(), bars=False))
    assert len(run.fills) == 2


def test_what_works_is_cancelled_and_a_halt_does_not_hold_it_back() -> None:
    told = scripted([1, 1, 0.5, NO], lent(latency_ms=60_000))
    ticks = prints([20_000, 20_000, 20_000, 18_000], at=[0, 60_000, 61_000, 62_000])
    told.feed(ticks[:3].copy())
    told.limit(SetLimits(mode="halt"))
    assert [int(kind) for kind in told.feed(ticks[3:].copy())["kind"]] == [1]
    told = scripted([1, 1, 0.5, NO], lent(latency_ms=60_000))
    assert [int(kind) for kind in told.feed(ticks.copy())["kind"]] == [2, 1, 2, 3, 1]


def test_what_opens_is_cut_to_the_margin_there_is_and_stays_as_it_was_cut() -> None:
    run = play(prints([100, 100, 101, 120, 134, 135]), 25, lent(leverage=2))
    assert run.fills[0] == (1, 20.0, 100.0)
    assert run.blocked == [(0, MARGIN)]
    assert [tick for tick, _ in run.placed] == [0, 4], "the rest once there was margin for all of it"
    assert run.fills[1] == (5, 5.0, 135.0)


def test_a_flip_and_what_adds_are_cut_and_what_reduces_is_not() -> None:
    flip = play(prints([100] * 4), [15, 15, -30, -30], lent(leverage=2))
    assert flip.fills == [(1, 15.0, 100.0), (3, -35.0, 100.0)]
    more = play(prints([100, 100, 80, 80]), [15, 15, 20, 20], lent(leverage=2))
    assert more.fills == [(1, 15.0, 100.0), (3, 2.5, 80.0)], "700 of equity hold 17.5 at 80"
    assert more.blocked == [(2, MARGIN)]
    less = play(prints([100, 100, 80, 80]), [15, 15, 10, 10], lent(leverage=2))
    assert less.fills[1] == (3, -5.0, 80.0)


def test_legs_share_the_margin_and_are_liquidated_together() -> None:
    ticks = prints([100, 50, 100, 50, 30], symbol=[0, 1, 0, 1, 0])
    run = play(ticks, [(15, -20)] * 5, lent(leverage=2, maintenance_pct=1))
    assert run.fills[:2] == [(2, 15.0, 100.0), (3, -10.0, 50.0)]
    assert run.fills[2:] == [(4, -15.0, 30.0), (4, 10.0, 50.0)]
    assert run.reasons()[2:] == [LIQUIDATED, LIQUIDATED]


def opened(*rows: tuple[float, float, float, float]) -> Any:
    """Bars after one in which it is decided at 20,000."""
    return bars([(20_000, 20_000, 20_000, 20_000), *rows])


def test_inside_a_bar_it_is_closed_at_the_level_or_at_the_open_beyond_it() -> None:
    inside = play(opened((20_000, 20_100, 19_000, 20_050)), 1, lent(), variant=BARS)
    assert inside.fills == [(1, 1.0, 20_000.0), (1, -1.0, LONG_AT)]
    short = play(opened((20_000, 21_000, 19_900, 20_050)), -1, lent(), variant=BARS)
    assert short.fills[1] == (1, 1.0, SHORT_AT)
    gap = play(opened((20_000, 20_100, 19_900, 20_000), (18_000, 20_000, 17_000, 20_000)), 1, lent(), variant=BARS)
    assert gap.fills[1] == (2, -1.0, 18_000.0)
    assert play(opened((20_000, 20_100, 19_096, 19_100)), 1, lent(), variant=BARS).fills[1:] == []


@pytest.mark.parametrize("exits", ["market", "resting"])
def test_inside_a_bar_what_is_nearer_comes_first(exits: str) -> None:
    row = (20_000, 21_500, 18_000, 20_050)
    near = play(opened(row), 1, lent(stop_loss_pct=1, exits=exits), variant=BARS)
    assert (near.fills[1], near.reasons()[1]) == ((1, -1.0, 19_800.0), STOP_LOSS)
    far = play(opened(row), 1, lent(stop_loss_pct=6, take_profit_pct=1, exits=exits), variant=BARS)
    assert (far.fills[1], far.reasons()[1]) == ((1, -1.0, LONG_AT), LIQUIDATED)


def test_inside_a_bar_what_a_stop_found_no_room_for_is_liquidated() -> None:
    rows = opened((20_000, 20_100, 19_900, 20_000), (20_000, 20_000, 18_000, 18_500))
    rows["qty"] = [10, 10, 2]
    run = play(rows, 1, lent(stop_loss_pct=1, exits="resting", participation=0.1), variant=BARS)
    assert run.reasons() == [0, STOP_LOSS, LIQUIDATED]
    assert run.fills[1] == (2, -0.2, 19_800.0)
    wallet, left = 1_000 - 0.2 * 200, 0.8
    assert run.fills[2] == (2, pytest.approx(-0.8), pytest.approx((left * 20_000 - wallet) / (left * 0.995)))


@pytest.mark.slow
@law(60)
@given(case=realistic_cases("margined"))
def test_a_second_loop_written_from_words_gives_the_same_fills(case: Case) -> None:
    agree(*case)


@law(40)
@given(data=st.data())
def test_inside_bars_no_position_outlives_its_margin(data: st.DataObject) -> None:
    rows = random_bars(data)
    wanted = data.draw(st.lists(st.sampled_from([NO, 1.0, -1.0, 0.0]), min_size=len(rows), max_size=len(rows)))
    how = terms(capital=30.0, leverage=data.draw(st.sampled_from([3.0, 10.0])), maintenance_pct=2.0, qty=2.0)
    run = play(rows, wanted, how, variant=BARS)
    assert run.book.position == 0.0 or run.account.equity > 0.02 * abs(run.book.position) * rows["price"][-1] - 1e-9
    ended = run.reports["tick_id"][run.reports["why"] == LIQUIDATED]
    assert len(ended) <= 1
    if len(ended):
        assert run.account.paused == 1
        assert run.book.position == 0.0
        assert all(tick <= ended[0] for tick, _, _ in run.fills)
        (price,) = (fill[2] for fill, why in zip(run.fills, run.reasons(), strict=True) if why == LIQUIDATED)
        assert rows["low"][ended[0]] - 1e-9 <= price <= rows["high"][ended[0]] + 1e-9
