"""Sizes of positions: the risk score scales them in proportion between its steps, money bounds them, volatility's rank makes the score."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.trading.position_size import USUAL, multiplier, risk_score, value_of


@pytest.mark.parametrize(("score", "expected"), [(0, 1.2), (20, 1.2), (35, 1.1), (50, 1.0), (60, 0.775), (70, 0.55), (100, 0.55)])
def test_the_riskier_the_smaller_in_proportion_between_the_steps(score: float, expected: float) -> None:
    assert multiplier(score) == pytest.approx(expected, rel=1e-12)


def test_a_half_percent_of_the_capital_within_bounds_of_money() -> None:
    assert value_of(10_000.0, 0.5, 1.0, 50.0, 10.0, 1_000.0) == 50.0
    assert value_of(10_000.0, 0.5, 2.0, 70.0, 10.0, 1_000.0) == pytest.approx(55.0)
    assert value_of(1_000.0, 0.5, 1.0, 70.0, 10.0, 1_000.0) == 10.0
    assert value_of(1_000_000.0, 0.5, 1.0, 20.0, 10.0, 1_000.0) == 1_000.0


@given(st.floats(0, 100), st.floats(0, 100))
def test_more_risk_is_never_more_size(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert multiplier(high) <= multiplier(low)


def test_the_score_is_the_rank_of_the_newest_volatility() -> None:
    rng = np.random.default_rng(5)
    calm, wild = rng.normal(0, 0.001, 200), rng.normal(0, 0.02, 30)
    up = np.exp(np.cumsum(np.concatenate([calm, wild]))).tolist()
    down = np.exp(np.cumsum(np.concatenate([wild, calm, rng.normal(0, 1e-5, 30)]))).tolist()
    assert risk_score(up) > 90.0
    assert risk_score(down) < 10.0
    assert risk_score([100.0] * 100) == 50.0
    assert risk_score([100.0] * 20) == USUAL
    deviations = [np.std(np.diff(np.log(up))[at : at + 24], ddof=1) for at in range(len(up) - 24)]
    below = sum(value < deviations[-1] for value in deviations[:-1])
    assert math.isclose(risk_score(up), 100.0 * below / (len(deviations) - 1))
