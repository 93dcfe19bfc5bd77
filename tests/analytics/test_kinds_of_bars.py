"""Bars of any kind come out the same to the last bit however the ticks were split, and say what they are made of."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.analytics.bar_series import BarSeries
from core.analytics.bars import OHLCV, aggregate
from core.analytics.sums import UNITS, unit_sums, units_of
from core.errors import UsageError
from core.types import DAY, SECOND, TICK, BarKind, BarQuality, Origin, Records, bar_kind

START = 19_700 * DAY - 20 * SECOND  # twenty seconds before midnight

KINDS = ["1s", "5s", "1m", "1d", "tick", "tick:7", "tick:50", "volume:0.5", "volume:1B", "dollar:1k", "dollar:25M"]

#: Sizes as venues give them, as a coin of many zeros has them, and as no venue gives them.
SIZES = st.one_of(
    st.integers(1, 10**10).map(lambda n: n / 1e8),
    st.integers(1, 10**12).map(lambda n: n / 100),
    st.floats(1e-9, 1e12),
)
STEP = st.tuples(
    st.integers(-1500, 9000),
    st.sampled_from([1, 1, 1, 1, 2, 5]),
    st.integers(1, 10**7).map(lambda n: n / 100),
    SIZES,
    st.sampled_from([-1, 0, 1]),
    st.sampled_from(list(Origin)),
)


def ticks_of(steps: Any) -> Records:
    """TICK records of (milliseconds and ids since the one before, price, size, side, origin)."""
    ticks = np.zeros(len(steps), TICK)
    if steps:
        gaps, ids, prices, sizes, sides, origins = (np.array(column) for column in zip(*steps, strict=True))
        ticks["ts"] = START + np.cumsum(gaps) * 1_000_000
        ticks["id"] = 1000 + np.cumsum(ids)
        ticks["price"], ticks["qty"], ticks["side"], ticks["origin"] = prices, sizes, sides, origins
    return ticks


def split(ticks: Records, cuts: list[int]) -> list[Records]:
    return np.split(ticks, sorted(cut for cut in cuts if cut <= len(ticks)))


STEPS, CUTS = st.lists(STEP, max_size=60), st.lists(st.integers(0, 60), max_size=8)


@pytest.mark.parametrize("text", KINDS)
@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(steps=STEPS, cuts=CUTS)
def test_any_split_gives_the_same_bars_bit_for_bit(text: str, steps: Any, cuts: list[int]) -> None:
    ticks, series = ticks_of(steps), BarSeries(bar_kind(text), 1000)
    for batch in split(ticks, cuts):
        series.extend(batch)
    assert series.bars.tobytes() == aggregate(ticks, bar_kind(text)).tobytes()


@pytest.mark.parametrize("text", KINDS)
@settings(max_examples=20, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(steps=STEPS, cuts=CUTS)
def test_bars_taken_out_when_they_are_over_are_the_same_bars(text: str, steps: Any, cuts: list[int]) -> None:
    ticks, series, taken = ticks_of(steps), BarSeries(bar_kind(text), 1000), []
    for batch in split(ticks, cuts):
        series.extend(batch)
        taken.append(series.take_closed())
    assert len(series) <= 1
    assert np.concatenate([*taken, series.bars]).tobytes() == aggregate(ticks, bar_kind(text)).tobytes()


@pytest.mark.parametrize("text", ["1s", "1m", "1d"])
@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(steps=STEPS, cuts=CUTS)
def test_a_past_read_backwards_gives_them_too(text: str, steps: Any, cuts: list[int]) -> None:
    ticks, series = ticks_of([(abs(gap), *more) for gap, *more in steps]), BarSeries(bar_kind(text), 1000)
    half = len(ticks) // 2
    for piece in reversed(split(ticks[:half], cuts)):
        series.precede(piece)
    series.extend(ticks[half:])
    assert series.bars.tobytes() == aggregate(ticks, bar_kind(text)).tobytes()


@settings(max_examples=100, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(STEPS.filter(len), st.sampled_from(KINDS))
def test_every_print_is_in_one_bar_and_the_figures_are_exact(steps: Any, text: str) -> None:
    ticks = ticks_of(steps)
    bars, at = aggregate(ticks, bar_kind(text)), 0
    assert bars["trades"].sum() == len(ticks)
    assert (np.diff(bars["start"]) > 0).all()
    for bar in bars:
        mine = ticks[at : at + bar["trades"]]
        at += bar["trades"]
        assert (bar["open"], bar["close"]) == (mine["price"][0], mine["price"][-1])
        assert (bar["high"], bar["low"]) == (mine["price"].max(), mine["price"].min())
        volume = sum(Fraction(units_of(float(qty)), UNITS) for qty in mine["qty"])
        assert bar["volume"] == float(volume)
        assert math.isclose(volume, math.fsum(mine["qty"]), rel_tol=1e-9, abs_tol=1e-15)
        assert bar["buy_volume"] <= bar["volume"]
        assert bar["low"] * (1 - 1e-6) <= bar["vwap"] <= bar["high"] * (1 + 1e-6)


def prints(count: int, *, first_id: int = 0, qty: float = 1.0, price: float = 10.0, start: int = START) -> Records:
    """One a second."""
    ticks = np.zeros(count, TICK)
    ticks["ts"] = start + np.arange(count) * SECOND
    ticks["id"] = first_id + np.arange(count)
    ticks["price"], ticks["qty"], ticks["side"] = price, qty, 1
    return ticks


def test_tick_bars_are_cut_by_ids_so_that_it_does_not_matter_where_one_begins() -> None:
    ticks = prints(35, first_id=5)
    bars = aggregate(ticks, bar_kind("tick:10"))
    assert bars["trades"].tolist() == [5, 10, 10, 10]
    assert aggregate(ticks[15:], bar_kind("tick:10")).tobytes() == bars[2:].tobytes()


def test_volume_and_dollar_bars_end_with_the_print_that_fills_them() -> None:
    assert aggregate(prints(10, qty=0.4), bar_kind("volume:1"))["trades"].tolist() == [3, 3, 3, 1]
    assert aggregate(prints(10, qty=0.1), bar_kind("volume:0.3"))["volume"].tolist() == [0.3, 0.3, 0.3, 0.1]
    assert aggregate(prints(6, qty=5, price=20), bar_kind("dollar:200"))["trades"].tolist() == [2, 2, 2]
    assert aggregate(prints(3, qty=7), bar_kind("volume:2"))["volume"].tolist() == [7, 7, 7]


def test_volume_bars_begin_anew_at_each_day() -> None:
    ticks = prints(60)
    bars = aggregate(ticks, bar_kind("volume:15"))
    assert bars["trades"].tolist() == [15, 5, 15, 15, 10]
    midnight = START + 20 * SECOND
    assert aggregate(ticks[20:], bar_kind("volume:15")).tobytes() == bars[2:].tobytes()
    assert bars["start"][2] == midnight


def test_bars_of_one_moment_start_apart() -> None:
    ticks = prints(6)
    ticks["ts"] = START
    assert (aggregate(ticks, bar_kind("tick:2"))["start"] - START).tolist() == [0, 1, 2]


def test_a_bar_says_where_its_prints_came_from() -> None:
    ticks = prints(4, start=START - START % (2 * SECOND))
    ticks["origin"] = [Origin.LIVE, Origin.BACKFILL, Origin.LIVE, Origin.IMPORT]
    quality = aggregate(ticks, 2 * SECOND)["quality"].tolist()
    assert quality == [BarQuality.LIVE | BarQuality.BACKFILL, BarQuality.LIVE | BarQuality.IMPORT]


@pytest.mark.parametrize(
    ("missing", "incomplete"),
    [
        ([5], [0, 1, 0]), ([7], [0, 1, 1]), ([8], [0, 1, 1]), ([6, 7, 8, 9], [0, 1, 1]), ([4, 5, 6, 7], [1, 1]),
        ([0], [0, 0, 0]), ([], [0, 0, 0]),
    ],
)  # fmt: skip
def test_a_missing_id_makes_the_bars_it_may_have_been_in_incomplete(missing: list[int], incomplete: list[int]) -> None:
    ticks = prints(12, start=START - START % (4 * SECOND))
    ticks = ticks.compress(~np.isin(ticks["id"], missing))
    bars = aggregate(ticks, 4 * SECOND)
    assert ((bars["quality"] & BarQuality.INCOMPLETE) > 0).tolist() == incomplete
    assert not (aggregate(ticks, 4 * SECOND, dense=False)["quality"] & BarQuality.INCOMPLETE).any()


def test_sums_are_those_of_the_decimals_as_written_and_hold_any_number_of_large_ones() -> None:
    assert unit_sums(np.array([0.1, 0.2, 1e-12, 3e-12]), np.array([0, 2])) == [3 * UNITS // 10, 40_000]
    many = np.full(5000, 8e15)
    assert unit_sums(many, np.array([0])) == [5000 * 8 * 10**15 * UNITS]
    assert unit_sums(np.array([123_456_789.5, 0.5]), np.array([0])) == [123_456_790 * UNITS]


@pytest.mark.parametrize(
    ("text", "kind", "again"),
    [
        ("1m", ("time", 60 * SECOND), "1m"),
        ("90s", ("time", 90 * SECOND), "90s"),
        ("tick", ("tick", 1), "tick"),
        ("tick:500", ("tick", 500), "tick:500"),
        ("tick:1k", ("tick", 1000), "tick:1k"),
        ("volume:0.25", ("volume", 0.25), "volume:0.25"),
        ("dollar:1M", ("dollar", 1e6), "dollar:1M"),
        ("dollar:1.5M", ("dollar", 1.5e6), "dollar:1500k"),
    ],
)
def test_kinds_of_bars_are_read_and_written(text: str, kind: tuple[str, float], again: str) -> None:
    assert bar_kind(text) == kind
    assert bar_kind(text).text == again
    assert bar_kind(again) == kind


def test_no_ticks_make_no_bars_of_any_kind() -> None:
    for text in KINDS:
        assert aggregate(np.zeros(0, TICK), bar_kind(text)).dtype == OHLCV
        series = BarSeries(BarKind(*bar_kind(text)), 5)
        series.extend(np.zeros(0, TICK))
        assert len(series) == 0


@pytest.mark.parametrize(
    "text", ["tick:0", "tick:1.5", "tick:-1", "volume:", "volume:0", "dollar:1T", "dollars:1", "volume:1e3", "soon", ""]
)
def test_what_is_no_kind_of_bar_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"kind of bar|the number is"):
        bar_kind(text)
