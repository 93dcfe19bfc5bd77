"""Bars close on the first tick of a later interval, from ticks and from finer bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_runs import load

from core.analytics.bars import aggregate
from core.compile.bundle import Bundle
from core.kernels.bars import BAR_STATE, FORMING_BAR, close_bar, close_bar_from_bar
from core.types import BAR, MINUTE, SECOND, TICK

DRIVE = """
def drive(state, ticks, interval, closed, at):
    n = 0
    for i in range(ticks.shape[0]):
        if CLOSE(state, ticks[i], interval):
            row = closed[n]
            row.start = state.start
            row.end = state.end
            row.open = state.open
            row.high = state.high
            row.low = state.low
            row.close = state.close
            row.volume = state.volume
            row.buy_volume = state.buy_volume
            row.notional = state.notional
            row.trades = state.trades
            at[n] = i
            n += 1
    return n
"""

_drives: dict[Callable[..., Any], tuple[Any, Any]] = {}


def drives(kernel: Callable[..., bool]) -> tuple[Any, Any]:
    """The loop over a bar kernel, compiled and plain."""
    if kernel not in _drives:
        bundle = Bundle({}, {})
        name = bundle.add(kernel)  # type: ignore[arg-type]
        text = "\n\n".join([*bundle.definitions(), DRIVE.replace("CLOSE", name)])
        _drives[kernel] = load(text, jit=True), load(text, jit=False)
    return _drives[kernel]


def close_all(ticks: Any, interval: int) -> tuple[Any, list[int]]:
    """The bars closed by the ticks (or source bars), and on which of them; the same compiled and plain."""
    kernel = close_bar_from_bar if ticks.dtype == BAR else close_bar
    runs = []
    for drive, jit in zip(drives(kernel), (True, False), strict=True):
        state = np.zeros(1, BAR_STATE).view(np.recarray)
        closed, at = np.zeros(len(ticks), FORMING_BAR).view(np.recarray), np.zeros(len(ticks), np.int64)
        source = ticks if jit else ticks.view(np.recarray)
        n = drive(state[0], source, interval, closed, at)
        assert state[0].count == n
        runs.append((closed[:n].tobytes(), at[:n].tolist()))
    assert runs[0] == runs[1]
    return np.frombuffer(runs[0][0], FORMING_BAR), runs[0][1]


def ticks_of(rows: list[tuple[int, float, float, int]]) -> Any:
    """TICK records of (ts, price, qty, side)."""
    ticks = np.zeros(len(rows), TICK)
    for i, (ts, price, qty, side) in enumerate(rows):
        ticks[i]["ts"], ticks[i]["price"], ticks[i]["qty"], ticks[i]["side"] = ts, price, qty, side
    return ticks


def bars_of(starts: list[int], length: int, closes_before_end: int = 0) -> Any:
    """BAR records, the n-th with prices around 100 + n and volume n + 1."""
    bars = np.zeros(len(starts), BAR)
    bars["start"] = starts
    bars["ts"] = bars["start"] + length - closes_before_end
    n = np.arange(len(starts))
    bars["open"], bars["price"], bars["high"], bars["low"] = 100 + n, 100.5 + n, 101 + n, 99 + n
    bars["qty"] = n + 1
    return bars


def test_a_bar_closes_on_the_first_tick_of_a_later_interval_with_the_values_of_its_own_ticks() -> None:
    t = 1_000 * MINUTE
    ticks = ticks_of(
        [
            (t + 5, 10.0, 1.0, 1),
            (t + 6, 12.0, 2.0, -1),
            (t + 7, 9.0, 3.0, 1),
            (t + MINUTE - 1, 11.0, 4.0, 0),
            (t + MINUTE, 50.0, 5.0, 1),
        ]
    )
    bars, at = close_all(ticks, MINUTE)
    assert at == [4]
    assert bars.tolist() == [(t, t + MINUTE, 10.0, 12.0, 9.0, 11.0, 10.0, 4.0, 10.0 + 24.0 + 27.0 + 44.0, 4)]


def test_nothing_closes_before_a_later_interval_has_begun() -> None:
    t = 1_000 * MINUTE
    assert close_all(ticks_of([(t, 10.0, 1.0, 1), (t + MINUTE - 1, 11.0, 1.0, 1)]), MINUTE)[1] == []


def test_minutes_without_a_tick_have_no_bar() -> None:
    t = 1_000 * MINUTE
    bars, at = close_all(ticks_of([(t, 10.0, 1.0, 1), (t + 7 * MINUTE + 5, 11.0, 1.0, 1), (t + 8 * MINUTE, 12.0, 1.0, 1)]), MINUTE)
    assert at == [1, 2]
    assert bars["start"].tolist() == [t, t + 7 * MINUTE]


def test_a_tick_with_an_earlier_time_belongs_to_the_forming_bar() -> None:
    t = 1_000 * MINUTE
    ticks = ticks_of([(t, 10.0, 1.0, 1), (t + MINUTE, 20.0, 1.0, 1), (t + 30 * SECOND, 5.0, 2.0, -1), (t + 2 * MINUTE, 30.0, 1.0, 1)])
    bars, at = close_all(ticks, MINUTE)
    assert at == [1, 3]
    assert bars[["start", "open", "low", "close", "volume"]].tolist() == [(t, 10, 10, 10, 1), (t + MINUTE, 20, 5, 5, 3)]


def test_with_interval_tick_every_tick_is_a_closed_bar_of_its_own_price() -> None:
    bars, at = close_all(ticks_of([(7, 10.0, 1.0, 1), (7, 11.0, 2.0, -1)]), 0)
    assert at == [0, 1]
    assert bars.tolist() == [(7, 7, 10, 10, 10, 10, 1, 1, 10, 1), (7, 7, 11, 11, 11, 11, 2, 0, 22, 1)]


@given(
    st.lists(st.tuples(st.integers(-3, 90), st.integers(1, 9), st.integers(1, 20), st.sampled_from([-1, 0, 1])), min_size=1, max_size=80),
    st.sampled_from([0, 1, 7, 60]),
)
@settings(deadline=None, max_examples=100)
def test_closed_bars_are_those_of_the_whole_array_for_any_ticks(rows: list[tuple[int, int, int, int]], interval: int) -> None:
    ts = 1_000_000 + np.cumsum([row[0] for row in rows])
    ticks = ticks_of([(int(t), row[1] / 10, row[2] / 4, row[3]) for t, row in zip(ts, rows, strict=True)])
    whole = aggregate(ticks, interval)
    closed, _ = close_all(ticks, interval)
    assert len(closed) == len(whole) - (interval > 0)
    for name in ("open", "high", "low", "close", "volume", "buy_volume", "trades", *(("start",) if interval else ())):
        np.testing.assert_array_equal(closed[name], whole[name][: len(closed)])
    np.testing.assert_allclose(closed["notional"] / closed["volume"], whole["vwap"][: len(closed)], rtol=1e-12)


@pytest.mark.parametrize("before_end", [0, 1, 1_000_000])
def test_a_bar_of_finer_bars_closes_with_its_last_one(before_end: int) -> None:
    t = 1_000 * 5 * MINUTE
    source = bars_of([t + i * MINUTE for i in range(12)], MINUTE, before_end)
    bars, at = close_all(source, 5 * MINUTE)
    assert at == [4, 9]
    assert bars[["start", "open", "high", "low", "close", "volume", "trades"]].tolist() == [
        (t, 100, 105, 99, 104.5, 15, 5),
        (t + 5 * MINUTE, 105, 110, 104, 109.5, 40, 5),
    ]


def test_a_bar_whose_last_source_bar_is_missing_closes_on_the_first_of_a_later_interval() -> None:
    t = 1_000 * 5 * MINUTE
    minutes = [0, 1, 2, 3, 6, 7, 9, 10]
    bars, at = close_all(bars_of([t + m * MINUTE for m in minutes], MINUTE), 5 * MINUTE)
    assert at == [4, 6]
    assert bars["trades"].tolist() == [4, 3]
    assert bars["close"].tolist() == [103.5, 106.5]


def test_a_bar_completed_by_the_source_bar_that_closed_the_one_before_is_seen_on_the_next() -> None:
    t = 1_000 * 5 * MINUTE
    bars, at = close_all(bars_of([t + m * MINUTE for m in [0, 1, 9, 10]], MINUTE), 5 * MINUTE)
    assert at == [2, 3]
    assert bars["start"].tolist() == [t, t + 5 * MINUTE]


@pytest.mark.parametrize("interval", [0, SECOND, MINUTE])
@pytest.mark.parametrize("before_end", [0, 1_000_000])
def test_an_interval_no_longer_than_the_sources_makes_every_source_bar_a_closed_bar(interval: int, before_end: int) -> None:
    t = 1_000 * MINUTE
    source = bars_of([t, t + MINUTE, t + 5 * MINUTE], MINUTE, before_end)
    bars, at = close_all(source, interval)
    assert at == [0, 1, 2]
    for ours, theirs in (("start", "start"), ("open", "open"), ("high", "high"), ("low", "low"), ("close", "price"), ("volume", "qty")):
        np.testing.assert_array_equal(bars[ours], source[theirs])


def test_a_source_bar_given_twice_never_opens_a_bar_again() -> None:
    t = 1_000 * MINUTE
    bars, _ = close_all(bars_of([t, t, t + MINUTE, t + 2 * MINUTE], MINUTE), MINUTE)
    assert (np.diff(bars["start"]) > 0).all()


def test_bars_of_bars_are_the_bars_of_the_ticks() -> None:
    rng = np.random.default_rng(4)
    t = 100 * 60 * MINUTE
    ts = t + np.sort(rng.integers(0, 60 * MINUTE, 5_000))
    ticks = ticks_of(
        [(int(a), float(p), float(q), 1) for a, p, q in zip(ts, rng.integers(90, 110, 5_000), rng.integers(1, 9, 5_000), strict=True)]
    )
    minutes = aggregate(ticks, MINUTE)
    source = np.zeros(len(minutes), BAR)
    for ours, theirs in (("open", "open"), ("high", "high"), ("low", "low"), ("price", "close"), ("qty", "volume"), ("start", "start")):
        source[ours] = minutes[theirs]
    source["ts"] = source["start"] + MINUTE - 1_000_000
    from_bars, _ = close_all(source, 15 * MINUTE)
    direct = aggregate(ticks, 15 * MINUTE)
    assert len(from_bars) == len(direct) == 4
    for name in ("start", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(from_bars[name], direct[name])
