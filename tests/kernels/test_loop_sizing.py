"""Sizes in money. Every number by hand."""

from __future__ import annotations

import numpy as np
from loop_rig import NO, Run, play, prints, scripted, terms

QUOTE = terms(size="quote", qty=500)
EQUITY = terms(size="equity_pct", qty=50)


def test_a_unit_is_what_the_money_buys_where_it_is_decided() -> None:
    run = play(prints([100, 125]), 1, QUOTE)
    assert run.placed == [(0, 5.0)]
    assert run.fills == [(1, 5.0, 125.0)]


def test_it_stays_as_long_as_the_target_does() -> None:
    run = play(prints([100, 125, 50, 200]), [1, 1, NO, 1], QUOTE)
    assert run.account.orders == 1


def test_another_target_is_sized_anew() -> None:
    run = play(prints([100, 100, 125, 125, 250, 250]), [1, 1, -1, -1, -2, -2], QUOTE)
    assert run.placed == [(0, 5.0), (2, -9.0)], "-2 at 250 is what -1 was at 125"
    assert run.book.position == -4.0


def test_after_flat_the_same_target_is_sized_anew() -> None:
    run = play(prints([100, 100, 100, 250, 250]), [1, 0, 0, 1, 1], QUOTE)
    assert run.fills == [(1, 5.0, 100.0), (2, -5.0, 100.0), (4, 2.0, 250.0)]


def test_a_share_of_equity_is_of_the_equity_marked_before() -> None:
    run = play(prints([100, 100, 140, 140, 150, 150]), [1, 1, 0, 0, 1, 1], EQUITY)
    assert run.fills == [(1, 5.0, 100.0), (3, -5.0, 140.0), (5, 4.0, 150.0)]


def test_who_has_nothing_left_orders_nothing() -> None:
    told = scripted([1, 1], terms(size="equity_pct", qty=100, capital=100.0))
    told.account[0].equity = -5.0
    assert Run(told, told.feed(prints([100, 100]))).placed == []


def test_a_leg_without_a_price_waits_for_one() -> None:
    told = scripted(np.array([[1, 1], [1, 1], [1, 1]]), QUOTE)
    told.trade({0: 0, 1: 1})
    run = Run(told, told.feed(prints([100, 50, 100], symbol=[0, 1, 0])))
    assert [(int(r["tick_id"]), int(r["leg"]), float(r["qty"])) for r in run.of(2)] == [(0, 0, 5.0), (1, 1, 10.0)]


def test_lots_come_after_the_size() -> None:
    assert play(prints([300, 300]), 1, terms(size="quote", qty=500, lot=0.1)).placed == [(0, 1.6)]


def test_a_stopped_leg_is_sized_anew_when_its_target_changes() -> None:
    run = play(prints([100, 100, 50, 50, 50, 50]), [1, 1, 1, 1, 2, 2], terms(size="quote", qty=500, stop_loss_pct=25))
    assert run.fills == [(1, 5.0, 100.0), (3, -5.0, 50.0), (5, 20.0, 50.0)]
