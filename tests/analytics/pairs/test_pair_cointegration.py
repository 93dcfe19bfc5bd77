"""ADF, Engle-Granger and Johansen are those of statsmodels; what cannot be tested is said in words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pair_series import Floats, cointegrated, ornstein_uhlenbeck, walk
from statsmodels.tsa.adfvalues import mackinnonp
from statsmodels.tsa.stattools import adfuller, coint
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from core.analytics.pairs import adf as module
from core.analytics.pairs.absent import Absent
from core.analytics.pairs.adf import adf
from core.analytics.pairs.engle_granger import engle_granger
from core.analytics.pairs.johansen import LARGEST, TRACE, johansen
from core.analytics.pairs.mackinnon import p_value

SERIES = {
    "walk": lambda n: walk(n, 1),
    "walk of prices": lambda n: walk(n, 2, step=50.0, start=60_000.0),
    "comes back": lambda n: ornstein_uhlenbeck(n, 10.0, 3),
    "comes back at once": lambda n: np.random.default_rng(4).normal(size=n),
    "long memory": lambda n: np.convolve(np.random.default_rng(5).normal(size=n + 30), np.linspace(1, 0, 30), "same")[15 : n + 15],
    "trends": lambda n: walk(n, 6) + np.arange(n) * 1e-3,
}


@pytest.mark.parametrize("count", [30, 31, 60, 250, 1000, 5000])
@pytest.mark.parametrize("name", SERIES)
def test_adf_is_statsmodels_to_a_billionth(count: int, name: str) -> None:
    values = SERIES[name](count)
    found = adf(values)
    stat, pvalue, lags, *_ = adfuller(values, result_object=False)
    assert found.lags == lags
    assert found.stat == pytest.approx(stat, rel=1e-9, abs=1e-9)
    assert found.pvalue == pytest.approx(pvalue, rel=1e-9, abs=1e-9)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(30, 400), st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]))
def test_adf_is_statsmodels_on_whatever_is_drawn(seed: int, count: int, again: float) -> None:
    noise = np.random.default_rng(seed).standard_t(4, size=count)
    values = np.empty(count)
    values[0] = noise[0]
    for i in range(1, count):
        values[i] = again * values[i - 1] + noise[i]
    found = adf(values)
    stat, pvalue, lags, *_ = adfuller(values, result_object=False)
    assert (found.lags, found.stat, found.pvalue) == (lags, pytest.approx(stat, rel=1e-9, abs=1e-9), pytest.approx(pvalue, abs=1e-9))


def test_adf_does_not_depend_on_how_many_rows_are_laid_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = walk(1000, 8)
    whole = adf(values)
    monkeypatch.setattr(module, "_ROWS", 37)
    parts = adf(values)
    assert (parts.lags, parts.stat) == (whole.lags, pytest.approx(whole.stat, rel=1e-9))


@pytest.mark.parametrize("series", [1, 2])
def test_p_values_are_mackinnons(series: int) -> None:
    for stat in np.linspace(-25, 4, 800).tolist():
        assert p_value(stat, series) == pytest.approx(mackinnonp(stat, regression="c", N=series), abs=1e-12)


@pytest.mark.parametrize("count", [30, 100, 1000, 4000])
@pytest.mark.parametrize("tied", [True, False])
def test_engle_granger_is_statsmodels_coint(count: int, tied: bool) -> None:
    y, x = cointegrated(count, 21) if tied else (walk(count, 22), walk(count, 23))
    found = engle_granger(y, x)
    stat, pvalue, _ = coint(y, x)
    assert found.stat == pytest.approx(stat, rel=1e-9, abs=1e-9)
    assert found.pvalue == pytest.approx(pvalue, rel=1e-9, abs=1e-9)


def test_engle_granger_tells_legs_that_go_together_from_those_that_do_not() -> None:
    assert engle_granger(*cointegrated(1000, 25)).pvalue < 0.001
    wrong = [engle_granger(walk(300, 2 * seed), walk(300, 2 * seed + 1)).pvalue < 0.05 for seed in range(200)]
    assert 2 <= sum(wrong) <= 22, "about 5 % of walks that have nothing to do with each other pass by chance"


@pytest.mark.parametrize("count", [30, 100, 1000])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_johansen_is_statsmodels(count: int, scale: float) -> None:
    y, x = cointegrated(count, 27)
    found = johansen(y * scale, x)
    oracle = coint_johansen(np.column_stack([y * scale, x]), 0, 1)
    assert found.trace == pytest.approx(tuple(oracle.lr1), rel=1e-7)
    assert found.largest == pytest.approx(tuple(oracle.lr2), rel=1e-7)
    assert found.hedge_ratio == pytest.approx(-oracle.evec[1, 0] / oracle.evec[0, 0], rel=1e-6)
    np.testing.assert_allclose(TRACE, oracle.cvt)
    np.testing.assert_allclose(LARGEST, oracle.cvm)


def test_johansen_counts_the_relations() -> None:
    assert johansen(*cointegrated(1000, 25)).relations == 1
    assert johansen(walk(1000, 31), walk(1000, 32)).relations == 0
    assert johansen(ornstein_uhlenbeck(1000, 5, 33), ornstein_uhlenbeck(1000, 5, 34)).relations == 2
    y, x = cointegrated(1000, 25)
    assert johansen(x, y).trace == pytest.approx(johansen(y, x).trace), "whichever leg is called the first"


LEG = walk(200, 41)


@pytest.mark.parametrize("test", [engle_granger, johansen])
@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        (LEG[:16], LEG[:16] ** 2, "PENDING: 14 more bars needed"),
        (LEG[:29], LEG[:29] ** 2, "PENDING: 1 more bar needed"),
        (LEG, np.full(200, 7.0), "the second leg did not move"),
        (np.full(200, 7.0), LEG, "the first leg did not move"),
        (2 * LEG + 1, LEG, "move as one"),
        (np.append(LEG[:-1], np.nan), LEG, "not finite"),
    ],
)
def test_what_cannot_be_tested_is_said(test: Callable[[Floats, Floats], object], y: Floats, x: Floats, words: str) -> None:
    with pytest.raises(Absent, match=words):
        test(y, x)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.arange(20.0), "PENDING: 10 more bars needed"),
        (np.full(100, 2.5), "it does not move"),
        (np.arange(100.0), "it moves without chance"),
        (np.tile([1.0, 2.0], 50), "it moves without chance"),
        (np.append(np.zeros(99), 1.0), "it moves without chance"),
        (np.append(np.arange(99.0), np.inf), "not finite"),
    ],
)
def test_a_series_without_chance_has_no_adf(values: Floats, words: str) -> None:
    with pytest.raises(Absent, match=words):
        adf(values)
