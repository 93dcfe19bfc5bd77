"""Bars that trends are told of: the same however the rows come in batches, and only those that are over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.bars import aggregate
from core.errors import UsageError
from core.research.source import Source
from core.research.trends import bars as trend_bars
from core.research.trends.bars import bars_of, default_interval, refuse_interval
from core.types import BAR, MINUTE, SECOND, TICK, Records

START = 1_723_075_200 * SECOND


class Parts(Source):
    """Rows in batches as they were cut."""

    def __init__(self, rows: Records, cuts: list[int], interval: int = 0) -> None:
        super().__init__("parts", "bars" if interval else "ticks", "klines" if interval else "trades", "binance:BTCUSDT", interval)
        self._rows, self._cuts = rows, cuts

    def batches(self) -> Iterator[Records]:
        edges = [0, *sorted(cut % (len(self._rows) + 1) for cut in self._cuts), len(self._rows)]
        for start, stop in itertools.pairwise(edges):
            if stop > start:
                yield self._rows[start:stop]


def minutes(count: int, volume: float = 1.0) -> Records:
    rng = np.random.default_rng(count)
    rows = np.zeros(count, BAR)
    rows["start"] = START + MINUTE * np.arange(count)
    rows["ts"] = rows["start"] + MINUTE
    rows["price"] = 100 + np.cumsum(rng.integers(-2, 3, count)) / 8
    rows["open"] = rows["price"]
    rows["high"], rows["low"] = rows["price"] + 1, rows["price"] - 1
    rows["qty"] = volume
    return rows


def ticks(count: int) -> Records:
    rng = np.random.default_rng(count)
    rows = np.zeros(count, TICK)
    rows["ts"] = START + np.sort(rng.integers(0, 40 * MINUTE, count))
    rows["id"] = np.arange(count)
    rows["price"] = 100 + rng.integers(0, 50, count) / 4
    rows["qty"] = 1.0
    return rows


@settings(max_examples=30)
@given(st.integers(1, 300), st.lists(st.integers(0, 300), max_size=5), st.sampled_from([0.0, 1.0]))
def test_longer_bars_do_not_depend_on_batches(count: int, cuts: list[int], volume: float) -> None:
    rows = minutes(count, volume)
    found = bars_of(Parts(rows, cuts, MINUTE), [MINUTE, 5 * MINUTE])
    assert len(found[MINUTE]) == count
    fives = found[5 * MINUTE]
    assert len(fives) == count // 5
    for place in range(len(fives)):
        inside = rows[5 * place : 5 * place + 5]
        assert (fives["open"][place], fives["close"][place]) == (inside["open"][0], inside["price"][-1])
        assert (fives["high"][place], fives["low"][place]) == (inside["high"].max(), inside["low"].min())


def test_many_rows_are_made_into_bars_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = minutes(1000)
    whole = bars_of(Parts(rows, [], MINUTE), [7 * MINUTE])[7 * MINUTE]
    monkeypatch.setattr(trend_bars, "_AT_ONCE", 16)
    monkeypatch.setattr(trend_bars, "KEPT", 50)
    pieces = bars_of(Parts(rows, list(range(0, 1000, 11)), MINUTE), [7 * MINUTE])[7 * MINUTE]
    assert pieces.tobytes() == whole[-50:].tobytes()


@settings(max_examples=20)
@given(st.integers(1, 400), st.lists(st.integers(0, 400), max_size=5))
def test_bars_of_ticks_are_those_of_the_house_but_the_last_one(count: int, cuts: list[int]) -> None:
    rows = ticks(count)
    found = bars_of(Parts(rows, cuts), [MINUTE])[MINUTE]
    whole = aggregate(rows, MINUTE, dense=False)[:-1]
    for name in ("start", "open", "high", "low", "close"):
        np.testing.assert_array_equal(found[name], whole[name])


def test_intervals_that_cannot_be_made_are_refused_in_words() -> None:
    source = Parts(minutes(10), [], 5 * MINUTE)
    for interval in (MINUTE, 7 * MINUTE):
        with pytest.raises(UsageError, match=r"^bars of \dm cannot be made of bars of 5m$"):
            refuse_interval(source, interval)
    refuse_interval(source, 15 * MINUTE)
    refuse_interval(Parts(ticks(9), []), 7 * SECOND)
    assert (default_interval(source), default_interval(Parts(ticks(9), []))) == (5 * MINUTE, MINUTE)
