"""Each validator alone: what it measures, and what it says of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ensembles.validators import (
    FAILED,
    FRESHNESS,
    LIQUIDITY,
    PASSED,
    SLICES,
    VOLATILITY,
    age_s,
    agrees,
    at_least,
    at_most,
    older,
    spread_pct,
    traded,
    trend_pct,
    volatility_pct,
    within,
)
from core.kernels.averages import EMA
from core.kernels.heard import HEARD

NAN = math.nan
SECOND = 1_000_000_000
T0 = 1_700_000_000 * SECOND


def record(kind: Any) -> Any:
    return np.zeros(1, kind).view(np.recarray)[0]


def test_a_spread_is_in_percent_of_the_middle_and_not_known_without_quotes() -> None:
    assert spread_pct(99.0, 101.0) == 2.0
    assert math.isnan(spread_pct(NAN, 101.0))
    assert math.isnan(spread_pct(0.0, 0.0))


def test_volatility_is_the_root_of_the_average_squared_return() -> None:
    state = record(VOLATILITY)
    found = [volatility_pct(state, 2, close) for close in (100.0, 101.0, 101.0, 102.01)]
    assert [math.isnan(value) for value in found] == [True, True, False, False]
    assert found[2] == pytest.approx(math.sqrt(0.5))  # of 1 % and none
    assert found[3] == pytest.approx(math.sqrt(0.5 + (1.0 - 0.5) * 2 / 3))


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 100)), min_size=1, max_size=80))
def test_liquidity_is_what_was_traded_in_the_window_and_known_once_it_was_watched_so_long(rows: list[tuple[int, int]]) -> None:
    state, mem = record(LIQUIDITY), np.zeros(SLICES)
    times = np.cumsum([gap for gap, _ in rows]) * 10_000_000 + T0
    slice_ns = 30 * SECOND // SLICES
    for i, (at, (_, value)) in enumerate(zip(times.tolist(), rows, strict=True)):
        found = traded(state, mem, 30.0, at, float(value))
        inside = [rows[k][1] for k in range(i + 1) if times[k] // slice_ns > at // slice_ns - SLICES]
        if at // slice_ns - T0 // slice_ns - rows[0][0] * 10_000_000 // slice_ns >= SLICES:
            assert found == sum(inside)
        elif math.isfinite(found):
            assert at // slice_ns - times[0] // slice_ns >= SLICES - 1
            assert found == sum(inside)


def test_a_trend_is_how_far_the_close_is_above_the_average() -> None:
    state = record(EMA)
    assert math.isnan(trend_pct(state, 2, 100.0))
    assert trend_pct(state, 2, 104.0) == pytest.approx(100.0 * 2.0 / 102.0)


def test_age_is_since_the_print_before_and_a_late_print_is_none() -> None:
    state = record(FRESHNESS)
    found = [age_s(state, T0 + second * SECOND) for second in (0, 3, 1, 4)]
    assert math.isnan(found[0])
    assert found[1:] == [3.0, 0.0, 1.0]  # the late one leaves the newest time as it is


def test_a_source_whose_word_still_counts_is_as_old_as_its_word() -> None:
    heard = record(HEARD)
    assert older(2.0, heard, T0) == 2.0
    heard.at, heard.until = T0, T0 + 9 * SECOND
    assert older(2.0, heard, T0 + 5 * SECOND) == 5.0
    assert older(7.0, heard, T0 + 5 * SECOND) == 7.0
    assert older(2.0, heard, T0 + 10 * SECOND) == 2.0
    assert math.isnan(older(NAN, heard, T0 + 5 * SECOND))


NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.just(NAN))


@given(NUMBERS, st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_verdicts_say_which_side_of_its_bounds_a_number_is_on_and_nothing_of_what_is_not_known(
    value: float, low: float, width: float
) -> None:
    high = low + width
    verdicts = at_least(value, low), at_most(value, high), within(value, low, high)
    if math.isnan(value):
        assert all(math.isnan(verdict) for verdict in verdicts)
    elif abs(value - low) > 1e-9 * abs(low) and abs(value - high) > 1e-9 * abs(high):
        assert verdicts == (float(value > low), float(value < high), float(low < value < high))


def test_a_number_at_its_bound_passes_though_it_was_rounded() -> None:
    assert at_most(0.1 + 0.2, 0.3) == at_least(0.3, 0.1 + 0.2) == within(0.1 + 0.2, 0.0, 0.3) == PASSED


@pytest.mark.parametrize(
    ("value", "least", "vote", "verdict"),
    [(1.0, 0.0, 0.5, PASSED), (1.0, 0.0, -0.5, FAILED), (-1.0, 0.0, -0.5, PASSED), (1.0, 2.0, 0.5, FAILED), (2.0, 2.0, 0.5, PASSED),
     (0.0, 0.0, 0.5, FAILED), (NAN, 0.0, 0.5, NAN), (1.0, 0.0, 0.0, NAN), (1.0, 0.0, NAN, NAN)],
)  # fmt: skip
def test_a_trend_agrees_with_a_vote_for_its_side(value: float, least: float, vote: float, verdict: float) -> None:
    assert str(agrees(value, least, vote)) == str(verdict)
