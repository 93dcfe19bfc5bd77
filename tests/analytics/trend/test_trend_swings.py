"""Volatility, its place in its own past, and the width of a range."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from core.analytics.trend.swings import a_year, against_past, range_ratio, volatility
from core.types import DAY, MINUTE


def test_volatility_is_the_root_of_the_mean_square() -> None:
    assert volatility(np.array([0.03, -0.04])) == pytest.approx(math.sqrt(0.00125))
    assert math.isnan(volatility(np.empty(0)))


def test_a_year_has_365_days() -> None:
    assert a_year(0.01, DAY) == pytest.approx(0.01 * math.sqrt(365))
    assert a_year(0.01, MINUTE) == pytest.approx(0.01 * math.sqrt(365 * 1440))


def test_the_past_is_every_stretch_as_long_before_the_newest_one() -> None:
    returns = np.random.default_rng(4).standard_normal(200) / 100
    found = against_past(returns, 25)
    past = np.sqrt((pd.Series(returns[:-25]) ** 2).rolling(25).mean()).dropna()
    assert found.values == len(past) == 151
    assert found.now == pytest.approx(math.sqrt((returns[-25:] ** 2).mean()))
    assert found.ratio == pytest.approx(found.now / past.median())
    assert found.percentile == pytest.approx(100 * (past < found.now).mean())


def test_swings_that_widen_are_above_all_of_their_past() -> None:
    returns = np.random.default_rng(4).standard_normal(200) / 100
    returns[-20:] *= 5
    found = against_past(returns, 20)
    assert found.percentile == 100.0
    assert found.ratio == pytest.approx(5.0, rel=0.5)


def test_without_a_past_nothing_is_compared() -> None:
    found = against_past(np.full(20, 0.01), 10)
    assert math.isnan(found.ratio)
    assert math.isnan(found.percentile)


def test_a_past_that_stood_still_has_no_ratio() -> None:
    returns = np.zeros(100)
    returns[-10:] = 0.01
    found = against_past(returns, 20)
    assert math.isnan(found.ratio)
    assert found.percentile == 100.0


def test_a_random_walk_has_a_range_of_about_1_6() -> None:
    walks = np.cumsum(np.random.default_rng(6).standard_normal((400, 2000)) / 100, axis=1)
    ratios = [range_ratio(walk, volatility(np.diff(walk))) for walk in walks]
    assert np.mean(ratios) == pytest.approx(math.sqrt(8 / math.pi), rel=0.08)  # less, as only its closes are looked at


def test_a_price_that_keeps_its_level_has_less_and_a_line_has_more() -> None:
    noise = np.random.default_rng(6).standard_normal(1000) / 100
    assert range_ratio(noise, volatility(np.diff(noise))) < 0.5
    line = np.linspace(0, 1, 1000)
    assert range_ratio(line, volatility(np.diff(line))) == pytest.approx(math.sqrt(999))
    assert math.isnan(range_ratio(np.zeros(9), 0.0))
