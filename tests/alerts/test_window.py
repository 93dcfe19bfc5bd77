"""Moves within a window: what any splitting of the prints finds, and what has left the window counts no more."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.alert_rules import MoveRule
from core.alerts.book import Book
from core.alerts.window import STRETCHES, Window
from core.types import TICK, Records

SECOND = 1_000_000_000
SYMBOL = "binance:BTCUSDT"


def prints(path: list[tuple[int, float]]) -> Records:
    ticks = np.zeros(len(path), TICK)
    ticks["ts"] = np.cumsum([step for step, _ in path]) * SECOND + 1_700_000_000 * SECOND
    ticks["price"] = [price for _, price in path]
    ticks["id"] = ticks["seq"] = np.arange(1, len(path) + 1)
    return ticks


def book() -> Book:
    book = Book()
    for percent in (1.0, 2.0, 5.0, 20.0):
        rule = MoveRule(id=f"m{percent:g}", symbol=SYMBOL, percent=percent, window_s=60, cooldown_s=0)
        book.put(rule, times=1)
    return book


def test_a_move_is_measured_from_the_extremes_of_the_window_and_no_further_back() -> None:
    window = Window(60 * SECOND)
    window.add(np.array([0, 10 * SECOND]), np.array([90.0, 100.0]))
    (up, down), (later_up, later_down) = window.moves(np.array([50, 65]) * SECOND, np.array([99.0, 110.0]))
    assert (round(up, 6), round(down, 6)) == (10.0, -1.0)
    assert (round(later_up, 6), later_down) == (round(100 * (110 / 99 - 1), 6), 0.0)
    assert len(window) <= STRETCHES + 1


@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 7, 70]), st.integers(90, 110).map(float)), min_size=1, max_size=40), st.data())
def test_any_batching_fires_what_one_print_at_a_time_fires(path: list[tuple[int, float]], data: st.DataObject) -> None:
    ticks = prints(path)
    alone, batched = book(), book()
    expected = [firing.rule.id for at in range(len(ticks)) for firing in alone.prints(SYMBOL, ticks[at : at + 1], at + 1)]
    found, at = [], 0
    while at < len(ticks):
        size = data.draw(st.integers(1, 9))
        found += [firing.rule.id for firing in batched.prints(SYMBOL, ticks[at : at + size], at + 1)]
        at += size
    assert sorted(found) == sorted(expected)
