"""Values at bar closes: which tick's they are, for what lives on bars and on ticks, over ticks and over bars, in any batches."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from indicator_rig import START, bars_of, over, ticks_of, walk

from core.indicators.closes import Closed, Closes
from core.types import MINUTE, SECOND, Records


def closed(interval: int, on_bars: bool, ticks: Records, name: str, values: dict[str, object] | None = None) -> Closed:
    return Closes(interval, on_bars).take(ticks, over(name, ticks, values, jit=False))


def test_a_bar_of_ticks_has_the_price_of_its_last_print() -> None:
    ticks = ticks_of([0, 30, 59, 61, 130, 200, 201], [1, 2, 3, 4, 5, 6, 7])
    found = closed(MINUTE, False, ticks, "price")
    assert ((found.start - START) // SECOND).tolist() == [0, 60, 120]
    assert (found.end - found.start == MINUTE).all()
    assert found.lines[:, 0].tolist() == [3, 4, 5]


def test_what_lives_on_bars_has_the_value_of_the_bar_that_closed() -> None:
    ticks = ticks_of([0, 30, 59, 61, 130, 200, 201], [1, 2, 3, 4, 5, 6, 7])
    found = closed(MINUTE, True, ticks, "sma", {"period": 1, "interval": "1m"})
    assert found.lines[:, 0].tolist() == [3, 4, 5]


def test_a_print_that_comes_late_opens_no_bar_again() -> None:
    ticks = ticks_of([0, 61, 59, 62, 121], [1, 2, 3, 4, 5])
    found = closed(MINUTE, False, ticks, "price")
    assert ((found.start - START) // SECOND).tolist() == [0, 60]
    assert found.lines[:, 0].tolist() == [1, 4]


@given(cuts=st.lists(st.integers(0, 300), max_size=8), on_bars=st.booleans())
def test_the_same_bars_in_any_batches(cuts: list[int], on_bars: bool) -> None:
    ticks = walk(300, seed=8, every_s=20.0)
    lines = ticks["price"].reshape(-1, 1)
    whole = Closes(MINUTE, on_bars).take(ticks, lines)
    closes, edges = Closes(MINUTE, on_bars), [0, *sorted(cuts), len(ticks)]
    parts = [closes.take(ticks[a:b], lines[a:b]) for a, b in pairwise(edges)]
    for place in range(3):
        np.testing.assert_array_equal(np.concatenate([part[place] for part in parts]), whole[place])


def test_bars_of_bars_close_with_the_source_bar_that_reaches_their_end() -> None:
    bars = bars_of({name: np.arange(1.0, 12.0) for name in ("high", "low", "close", "volume")})
    for name, values in (("sma", {"period": 1, "interval": "5m"}), ("price", {})):
        found = closed(5 * MINUTE, name == "sma", bars, name, values)
        assert ((found.start - START) // MINUTE).tolist() == [0, 5]
        assert found.lines[:, 0].tolist() == [5.0, 10.0]


def test_source_bars_that_are_longer_are_bars_by_themselves() -> None:
    bars = bars_of({name: np.arange(1.0, 6.0) for name in ("high", "low", "close", "volume")})
    found = closed(MINUTE, True, bars, "sma", {"period": 1, "interval": "1m"})
    assert found.lines[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert found.start.tolist() == bars["start"].tolist()


def test_a_bar_whose_end_is_missing_closes_with_the_next_source_bar() -> None:
    bars = bars_of({name: np.arange(1.0, 12.0) for name in ("high", "low", "close", "volume")})
    missing = np.ascontiguousarray(np.delete(bars, 4))
    for name, values in (("sma", {"period": 1, "interval": "5m"}), ("price", {})):
        found = closed(5 * MINUTE, name == "sma", missing, name, values)
        assert ((found.start - START) // MINUTE).tolist() == [0, 5]
        assert found.lines[:, 0].tolist() == [4.0, 10.0]
