"""Windows of time against a plain look back over all prints, pandas, and the ways prints come: late, after silence, alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_rig import START, over, ticks_of, walk

from core.kernels.returns import log_ratio
from core.types import SECOND, Records

#: A few lengths, so that each compiles once and every example only runs.
RUN = settings(max_examples=40)

steps = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.4, 1.0, 2.5, 7.0, 40.0, -0.7, -3.0]), st.integers(900, 1100), st.integers(0, 5)),
    min_size=1,
    max_size=60,
)


def made(parts: list[tuple[float, int, int]]) -> Records:
    seconds = np.maximum(100 + np.cumsum([part[0] for part in parts]), 0.0)
    return ticks_of(seconds, np.array([part[1] for part in parts]) / 10, np.array([part[2] for part in parts], float))


class Plain:
    """Prints as a window sees them: at the newest time seen, in buckets of `resolution` seconds."""

    def __init__(self, ticks: Records, resolution: float) -> None:
        self.ts = np.maximum.accumulate(ticks["ts"])
        self.length = round(resolution * 1e9)
        self.bucket = self.ts // self.length
        self.price, self.qty = ticks["price"], ticks["qty"]

    def inside(self, i: int, oldest: int, newest: int) -> Any:
        """Places of the prints up to i in the buckets oldest - 1 to newest before that of i."""
        age = self.bucket[i] - self.bucket[: i + 1]
        return np.flatnonzero((age < oldest) & (age >= newest))

    def known(self, i: int, oldest: int) -> bool:
        return bool(self.bucket[i] - self.bucket[0] >= oldest - 1)


@RUN
@given(parts=steps, window=st.sampled_from([(5, 0, 1.0), (10, 4, 1.0), (3, 1, 0.5), (1, 0, 1.0), (30, 10, 5.0)]))
def test_a_price_window_is_what_a_look_back_over_all_prints_finds(parts: list[tuple[float, int, int]], window: Any) -> None:
    ticks, (since, until, resolution) = made(parts), window
    ours = over("price_window", ticks, {"from_s": since, "to_s": until, "resolution_s": resolution}, jit=False)
    plain, oldest, newest = Plain(ticks, resolution), round(since / resolution), round(until / resolution)
    for i in range(len(ticks)):
        found = plain.price[plain.inside(i, oldest, newest)]
        if not plain.known(i, oldest) or not len(found):
            assert np.isnan(ours[i]).all()
            continue
        assert ours[i, :4].tolist() == [found.max(), found.min(), found[0], found[-1]]
        assert ours[i, 4] == pytest.approx(found.mean(), rel=1e-12)


@RUN
@given(parts=steps, window=st.sampled_from([(4, 1.0), (10, 2.0), (1, 1.0), (1.5, 0.5)]))
def test_a_time_weighted_average_is_the_integral_of_the_price_held_over_the_time(parts: list[tuple[float, int, int]], window: Any) -> None:
    ticks, (seconds, resolution) = made(parts), window
    ours = over("twpa", ticks, {"window_s": seconds, "resolution_s": resolution}, jit=False)[:, 0]
    plain, size = Plain(ticks, resolution), round(seconds / resolution)
    for i in range(len(ticks)):
        if plain.bucket[i] - plain.bucket[0] < size:
            assert math.isnan(ours[i])
            continue
        begin, now = (plain.bucket[i] - size + 1) * plain.length, plain.ts[i]
        ends = np.minimum(np.append(plain.ts[1 : i + 1], now), now)
        held = np.maximum(ends - np.maximum(plain.ts[: i + 1], begin), 0)
        expected = (held * plain.price[: i + 1]).sum() / held.sum() if held.sum() else plain.price[i]
        assert ours[i] == pytest.approx(expected, rel=1e-12)


@RUN
@given(parts=steps, window=st.sampled_from([(3, 6, 1.0), (2, 10, 2.0), (1, 1, 0.5)]))
def test_a_volume_surge_compares_the_windows_one_after_the_other(parts: list[tuple[float, int, int]], window: Any) -> None:
    ticks, (recent_s, base_s, resolution) = made(parts), window
    ours = over("volume_surge", ticks, {"recent_s": recent_s, "base_s": base_s, "resolution_s": resolution}, jit=False)
    plain, newest, both = Plain(ticks, resolution), round(recent_s / resolution), round((recent_s + base_s) / resolution)
    for i in range(len(ticks)):
        if not plain.known(i, both):
            assert np.isnan(ours[i]).all()
            continue
        recent = plain.qty[plain.inside(i, newest, 0)].sum() / recent_s
        base = plain.qty[plain.inside(i, both, newest)].sum() / base_s
        assert ours[i, 1:].tolist() == pytest.approx([recent, base])
        assert ours[i, 0] == pytest.approx(recent / base) if base else math.isnan(ours[i, 0])


@RUN
@given(parts=steps, window=st.sampled_from([(4, 1.0), (1, 1.0), (10, 2.5)]))
def test_momentum_looks_at_the_last_price_before_its_window(parts: list[tuple[float, int, int]], window: Any) -> None:
    ticks, (seconds, resolution) = made(parts), window
    momentum = over("price_momentum", ticks, {"window_s": seconds, "resolution_s": resolution}, jit=False)[:, 0]
    velocity = over("velocity", ticks, {"window_s": seconds, "resolution_s": resolution}, jit=False)[:, 0]
    plain, back = Plain(ticks, resolution), round(seconds / resolution)
    for i in range(len(ticks)):
        before = np.flatnonzero(plain.bucket[: i + 1] <= plain.bucket[i] - back)
        if not len(before):
            assert math.isnan(momentum[i])
            continue
        expected = 100 * (plain.price[i] / plain.price[before[-1]] - 1)
        assert momentum[i] == pytest.approx(expected, abs=1e-10)
        assert velocity[i] == pytest.approx(expected / seconds, abs=1e-10)


def frame_of(ticks: Records) -> pd.DataFrame:
    """The prints by bucket-exact time, for pandas' own windows."""
    return pd.DataFrame(
        {"price": ticks["price"], "qty": ticks["qty"], "side": ticks["side"]}, index=pd.to_datetime(np.maximum.accumulate(ticks["ts"]))
    )


def on_the_second(count: int) -> Records:
    """One print a second, at its beginning: a window of buckets is then pandas' window of time."""
    ticks = walk(count, seed=5)
    ticks["ts"] = START + np.arange(count) * SECOND
    return ticks


def test_windows_agree_with_those_of_pandas() -> None:
    ticks = on_the_second(3_000)
    frame = frame_of(ticks)
    rolling = frame["price"].rolling("60s")
    ours = over("price_window", ticks, {"from_s": 60})[60:]
    for place, theirs in enumerate((rolling.max(), rolling.min())):
        np.testing.assert_array_equal(ours[:, place], theirs.to_numpy()[60:])
    np.testing.assert_allclose(ours[:, 4], rolling.mean().to_numpy()[60:], rtol=1e-12)
    value, qty = (frame["price"] * frame["qty"]).rolling("60s").sum(), frame["qty"].rolling("60s").sum()
    np.testing.assert_allclose(over("rolling_vwap", ticks, {"window_s": 60})[60:, 0], (value / qty).to_numpy()[60:], rtol=1e-9)
    signed = (frame["qty"] * frame["side"]).rolling("60s").sum() / frame["qty"].where(frame["side"] != 0, 0.0).rolling("60s").sum()
    np.testing.assert_allclose(over("flow_imbalance", ticks)[60:, 0], signed.to_numpy()[60:], rtol=1e-9, atol=1e-9)
    lowest = 100 * (frame["price"] / rolling.min() - 1)
    np.testing.assert_allclose(over("pump", ticks)[60:, 0], lowest.to_numpy()[60:], atol=1e-10)


def test_realised_volatility_and_liquidity_agree_with_pandas() -> None:
    ticks = walk(20_000, seed=7)
    frame = frame_of(ticks)
    price = frame["price"].resample("5s").last().ffill()
    value = (frame["price"] * frame["qty"]).resample("5s").sum()
    squares = (np.log(price).diff() ** 2).rolling(60).sum()
    theirs = pd.DataFrame({
        "volatility": 100 * np.sqrt(squares),
        "traded": value.rolling(60).sum(),
        "path": (100 * price.pct_change().abs()).rolling(60).sum(),
    })  # fmt: skip
    buckets = np.maximum.accumulate(ticks["ts"]) // (5 * SECOND)
    firsts = np.flatnonzero(np.diff(buckets)) + 1  # the first print of a bucket ends the one before
    expected = theirs.reindex(pd.to_datetime((buckets[firsts] - 1) * 5 * SECOND))
    known = expected["volatility"].notna().to_numpy()
    volatility, liquidity = over("realised_volatility", ticks)[firsts], over("liquidity", ticks)[firsts]
    assert known.sum() > 500
    np.testing.assert_array_equal(~np.isnan(volatility[:, 0]), known)
    np.testing.assert_allclose(volatility[known, 0], expected["volatility"][known], rtol=1e-8)
    np.testing.assert_allclose(volatility[known, 1], expected["volatility"][known] * np.sqrt(365 * 86_400 / 300), rtol=1e-8)
    np.testing.assert_allclose(liquidity[known, 1], expected["traded"][known], rtol=1e-9)
    np.testing.assert_allclose(liquidity[known, 2], expected["path"][known], rtol=1e-8)


@given(a=st.floats(1e-8, 1e8), ratio=st.floats(1e-6, 1e6))
def test_a_logarithm_by_sums_and_products_is_the_logarithm(a: float, ratio: float) -> None:
    assert log_ratio(a * ratio, a) == pytest.approx(math.log(a * ratio / a), rel=1e-13, abs=1e-15)


def test_a_logarithm_of_what_is_no_price_is_not_known() -> None:
    for a, b in ((0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)):
        assert math.isnan(log_ratio(a, b))


def test_a_late_print_counts_at_the_newest_time_seen() -> None:
    late = ticks_of([10.0, 20.0, 14.0, 20.5], [100, 101, 99, 102])
    moved = ticks_of([10.0, 20.0, 20.0, 20.5], [100, 101, 99, 102])
    for name in ("price_window", "twpa", "volume_surge", "price_momentum", "realised_volatility"):
        settings_of = {"price_window": {"from_s": 5}}.get(name, {})
        np.testing.assert_array_equal(over(name, late, settings_of, jit=False), over(name, moved, settings_of, jit=False))


def test_after_a_silence_longer_than_the_window_nothing_of_before_is_left() -> None:
    ticks = ticks_of([0.0, 1.0, 2.0, 500.0], [100, 300, 200, 150], [1.0, 2.0, 3.0, 4.0])
    assert over("price_window", ticks, {"from_s": 3}, jit=False)[-1].tolist() == [150.0] * 5
    assert over("rolling_vwap", ticks, {"window_s": 3}, jit=False)[-1, 0] == 150.0
    assert over("price_momentum", ticks, {"window_s": 3}, jit=False)[-1, 0] == pytest.approx(-25.0)  # the price held for all that time
    assert over("twpa", ticks, {"window_s": 3}, jit=False)[-1, 0] == pytest.approx(200.0)


def test_a_window_that_ends_in_the_past_is_not_known_where_nothing_was_traded_in_it() -> None:
    ticks = ticks_of([0.0, 100.0], [100, 101])
    assert np.isnan(over("price_window", ticks, {"from_s": 20, "to_s": 10}, jit=False)[-1]).all()


def test_a_cascade_is_above_1_where_each_window_is_faster_than_the_one_around_it() -> None:
    seconds = np.arange(100.0)
    for sign in (1, -1):
        ours = over("velocity_cascade", ticks_of(seconds, 1000 + sign * 0.001 * seconds**2), jit=False)[-1]
        assert sign * ours[0] > 1
        assert (sign * ours[1:] > 0).all()
    turned = over("velocity_cascade", ticks_of(seconds, 1000 - np.abs(seconds - 95)), jit=False)[-1]
    assert turned[0] == 0.0


def test_how_far_a_price_is_pumped_up_is_told_from_the_lowest_print() -> None:
    ours = over("pump", ticks_of([0, 30, 59], [100.0, 80.0, 90.0]), {"window_s": 60}, jit=False)[-1]
    assert ours.tolist() == [pytest.approx(12.5), pytest.approx(10.0)]
