"""The streaming line through two series is that of each window alone, however many went by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_runs import stream
from numpy.lib.stride_tricks import sliding_window_view

from core.kernels.rolling_line import ROLLING_LINE, rolling_line


def each_window(x: Any, y: Any, period: int) -> tuple[Any, Any]:
    """(slope, z of the newest residual) of every window, in extended precision, each from its own values."""
    slopes, scores = [], []
    for start in range(0, len(x) - period + 1, 10_000):
        part = slice(start, start + 10_000 + period - 1)
        xs, ys = (sliding_window_view(values[part].astype(np.longdouble), period) for values in (x, y))
        dx, dy = xs - xs.mean(axis=1, keepdims=True), ys - ys.mean(axis=1, keepdims=True)
        slope = (dx * dy).sum(axis=1) / (dx * dx).sum(axis=1)
        left = dy - slope[:, None] * dx
        slopes.append(slope)
        scores.append(left[:, -1] / np.sqrt((left * left).sum(axis=1) / (period - 1)))
    return np.concatenate(slopes).astype(float), np.concatenate(scores).astype(float)


def ours(x: Any, y: Any, period: int) -> tuple[Any, Any]:
    """The same by the kernel, from the first full window on."""
    out = stream(rolling_line, ROLLING_LINE, (period,), x, y, work=5 * period, fields=("zscore",))
    assert np.isnan(out[:, : period - 1]).all()
    return out[0, period - 1 :], out[1, period - 1 :]


@pytest.mark.parametrize(("period", "count"), [(60, 200_000), (500, 30_000)])
def test_the_line_is_that_of_each_window_after_any_number_of_bars(period: int, count: int) -> None:
    rng = np.random.default_rng(1)
    x = np.log(3_000) + np.cumsum(rng.normal(0, 1e-3, count))
    y = 2.0 + 0.8 * x + np.cumsum(rng.normal(0, 1e-4, count))
    slope, score = ours(x, y, period)
    right = each_window(x, y, period)
    np.testing.assert_allclose(slope, right[0], rtol=1e-9)
    np.testing.assert_allclose(score, right[1], rtol=1e-9, atol=1e-9)


def test_prices_as_they_are_lose_no_digits_either() -> None:
    rng = np.random.default_rng(2)
    x = 60_000 + np.cumsum(rng.normal(0, 1, 20_000))
    y = 0.05 * x + rng.normal(0, 1e-4, 20_000)
    slope, score = ours(x, y, 60)
    right = each_window(x, y, 60)
    np.testing.assert_allclose(slope, right[0], rtol=1e-9)
    np.testing.assert_allclose(score, right[1], rtol=1e-6, atol=1e-6)  # what is left is a ten-billionth of what was given


def test_a_jump_leaves_no_error_behind() -> None:
    rng = np.random.default_rng(3)
    x, y = (np.repeat([5.0, 12.0, 20.0, 1.0], 105) + rng.normal(0, 1e-3, 420) for _ in range(2))
    slope, score = ours(x, y, 10)
    right = each_window(x, y, 10)
    within = np.flatnonzero([len(set((np.arange(k, k + 10) // 105).tolist())) == 1 for k in range(len(slope))])
    np.testing.assert_allclose(slope[within], right[0][within], rtol=1e-9)
    np.testing.assert_allclose(score[within], right[1][within], rtol=1e-9, atol=1e-9)


def test_a_still_leg_has_no_line_and_legs_that_are_one_no_distance() -> None:
    moving = np.log(100 + np.random.default_rng(4).integers(-50, 50, 300) / 100)
    still = np.full(300, np.log(70))
    assert np.isnan(ours(still, moving, 20)[0]).all()
    slope, score = ours(moving, still, 20)
    np.testing.assert_allclose(slope, 0.0, atol=1e-12)
    assert np.isnan(score).all()
    slope, score = ours(moving, moving.copy(), 20)
    np.testing.assert_allclose(slope, 1.0, rtol=1e-12)
    assert np.isnan(score).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), period=st.integers(3, 40), slope=st.floats(-3, 3), noise=st.floats(-5, 0))
def test_any_two_series_agree(seed: int, period: int, slope: float, noise: float) -> None:
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.normal(0, 1, 200))
    y = slope * x + rng.normal(0, 10.0**noise, 200)
    right = each_window(x, y, period)
    found = ours(x, y, period)
    np.testing.assert_allclose(found[0], right[0], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found[1], right[1], rtol=1e-6, atol=1e-6)
