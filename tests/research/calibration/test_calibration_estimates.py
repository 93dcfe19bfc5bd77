"""Estimates are those of others where others have them, and say how sure they are."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from core.research.calibration.estimates import least_squares, spread


@given(st.integers(0, 2**32 - 1), st.integers(10, 200))
def test_standard_errors_are_those_of_statsmodels(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.1, 1.0, count)
    y = 2.0 + 3.0 * x + rng.uniform(-1.0, 1.0, count) * x
    columns = np.column_stack([np.ones(count), x])
    found = least_squares(columns, y)
    assert found is not None
    assert found.kept.all()
    oracle = sm.OLS(y, columns).fit(cov_type="HC3")
    np.testing.assert_allclose(found.values, oracle.params, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(found.errors, oracle.bse, rtol=1e-6)


def test_a_few_wild_orders_are_left_out_and_counted() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(2.0, 0.5, 500)
    spoiled = np.concatenate([values, [900.0, -700.0]])
    found, clean = spread(spoiled), spread(values)
    assert found is not None
    assert clean is not None
    assert (found.count, found.wild) == (502, 2)
    assert (found.mean, found.error) == (clean.mean, clean.error)


def test_values_that_are_mostly_alike_lose_none() -> None:
    found = spread(np.array([1.0] * 40 + [3.0] * 10))
    assert found is not None
    assert (found.median, found.mean, found.wild) == (1.0, pytest.approx(1.4), 0)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=80), st.integers(-50, 50))
def test_a_spread_moves_with_its_values_and_holds_its_median(values: list[float], shift: int) -> None:
    found, moved = spread(np.array(values)), spread(np.array(values) + shift)
    assert found is not None
    assert moved is not None
    assert min(values) <= found.low <= found.median <= found.high <= max(values)
    assert found.median <= found.p90 <= found.p95 <= max(values)
    assert moved.median == pytest.approx(found.median + shift, abs=1e-9)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(1000):
        found = spread(rng.exponential(1.0, 40))
        assert found is not None
        held += found.low <= np.log(2.0) <= found.high
    assert 940 <= held <= 1000


def test_what_cannot_be_told_apart_is_not_fitted() -> None:
    same = np.column_stack([np.ones(20), np.full(20, 0.3)])
    assert least_squares(same, np.arange(20.0)) is None
    assert least_squares(np.ones((1, 1)), np.ones(1)) is None
    assert spread(np.array([])) is None
