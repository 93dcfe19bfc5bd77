"""The deflated Sharpe and its relations against the examples their authors published, and what does not exist is None."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from fixed_returns import daily_returns, noise
from hypothesis import given
from hypothesis import strategies as st

from core.research.statistics.deflated import (
    deflated_sharpe,
    effective_trials,
    expected_maximum_sharpe,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_variance,
)

# Bailey, López de Prado 2014, "A numerical example": 5 years of 250 days, an annual Sharpe of 2.5, an annual variance of 1/2.
SHARPE, VARIANCE, DAYS = 2.5 / math.sqrt(250), 0.5 / 250, 1250

DAILY = daily_returns()

sharpes = st.floats(-0.5, 0.5)


def test_the_published_example_is_not_convincing_after_100_trials() -> None:
    assert expected_maximum_sharpe(100, VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(SHARPE, -3, 10, DAYS, 100, VARIANCE) == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize(("trials", "skewness", "kurtosis"), [(46, -3, 10), (88, 0, 3)], ids=["as it is", "were it normal"])
def test_the_published_example_would_have_been_convincing_after_fewer(trials: int, skewness: float, kurtosis: float) -> None:
    assert deflated_sharpe(SHARPE, skewness, kurtosis, DAYS, trials, VARIANCE) == pytest.approx(0.9505, abs=5e-5)


@pytest.mark.parametrize(("trials", "expected"), [(10, 1.57), (100, 2.53)])
def test_the_best_of_worthless_trials(trials: int, expected: float) -> None:
    """Bailey, Borwein, López de Prado, Zhu, "Pseudo-Mathematics and Financial Charlatanism", 2014: 1.57 of 10 trials."""
    assert expected_maximum_sharpe(trials, 1.0) == pytest.approx(expected, abs=5e-3)


def test_it_is_about_what_drawing_brings() -> None:
    best = np.random.default_rng(4).standard_normal((4000, 200)).max(axis=1).mean()
    assert expected_maximum_sharpe(200, 1.0) == pytest.approx(best, abs=0.03)


@pytest.mark.parametrize(
    ("months", "skewness", "kurtosis", "expected"), [(24, 0, 3, 0.982), (24, -2.448, 10.164, 0.913), (36, -2.448, 10.164, 0.953)]
)
def test_the_published_probabilistic_sharpe(months: int, skewness: float, kurtosis: float, expected: float) -> None:
    """Bailey, López de Prado 2012, section 4: a fund with a monthly Sharpe of 0.458."""
    assert probabilistic_sharpe(0.458, skewness, kurtosis, months) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(
    ("a_year", "skewness", "kurtosis", "years"), [(250, 0, 3, 2.73), (52, 0, 3, 2.83), (12, 0, 3, 3.24), (12, -0.72, 5.78, 4.99)]
)
def test_the_published_lengths_of_track_record(a_year: int, skewness: float, kurtosis: float, years: float) -> None:
    """Bailey, López de Prado 2012, section 5: until an annual Sharpe of 2 is above 1 with 95 %."""
    length = minimum_track_record(2 / math.sqrt(a_year), skewness, kurtosis, 1 / math.sqrt(a_year))
    assert length is not None
    assert length / a_year == pytest.approx(years, abs=5e-3)


@given(sharpes.filter(lambda sharpe: sharpe > 0.01), st.floats(0.5, 0.999))
def test_a_record_of_the_minimum_length_has_exactly_the_confidence(sharpe: float, confidence: float) -> None:
    length = minimum_track_record(sharpe, -0.5, 5, 0.0, confidence)
    assert length is not None
    if length >= 2:
        error = math.sqrt((1 + 0.5 * sharpe + sharpe * sharpe) / (length - 1))
        assert scipy.stats.norm.cdf(sharpe / error) == pytest.approx(confidence, abs=1e-9)


@given(sharpes, st.integers(2, 5000), st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0, 0.01))
def test_more_trials_never_make_a_sharpe_more_convincing(sharpe: float, days: int, a: float, b: float, variance: float) -> None:
    few, many = sorted((a, b))
    less, more = (deflated_sharpe(sharpe, -0.3, 4, days, trials, variance) for trials in (few, many))
    assert less is not None
    assert more is not None
    assert less >= more


@given(sharpes, st.integers(2, 5000))
def test_of_one_trial_nothing_is_deflated(sharpe: float, days: int) -> None:
    assert deflated_sharpe(sharpe, 0, 3, days, 1, 0.25) == probabilistic_sharpe(sharpe, 0, 3, days)


def test_the_variance_of_the_trials_is_that_of_a_sample() -> None:
    assert sharpe_variance([0.1, 0.2, 0.4]) == pytest.approx(0.07 / 3, rel=1e-12)


def test_small_probabilities_keep_their_digits() -> None:
    assert probabilistic_sharpe(-0.5, 0, 3, 500) == pytest.approx(scipy.stats.norm.cdf(-0.5 * math.sqrt(499 / 1.125)), rel=1e-10)


def test_what_does_not_exist_is_none() -> None:
    assert probabilistic_sharpe(0.1, 0, 3, 1) is None
    assert probabilistic_sharpe(2.0, 1.0, 1.0, 100) is None, "no error of estimation is left"
    assert probabilistic_sharpe(math.nan, 0, 3, 100) is None
    assert probabilistic_sharpe(0.1, 0, 3, 100, math.inf) is None
    assert minimum_track_record(0.1, 0, 3, 0.1) is None, "it is not above the benchmark, however long it goes on"
    assert expected_maximum_sharpe(10, math.inf) is None
    assert deflated_sharpe(0.1, 0, 3, 100, 10, math.nan) is None
    assert sharpe_variance([0.1]) is None
    assert sharpe_variance([0.1, math.inf]) is None
    assert sharpe_variance([1e300, -1e300]) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_maximum_sharpe(0, 1.0), "trials is 0: at least 1 was made"),
        (lambda: expected_maximum_sharpe(5, -1.0), "variance is -1.0: at least 0 is possible"),
        (lambda: minimum_track_record(0.1, 0, 3, confidence=1.0), "confidence is 1.0: at least 0.5 and under 1 is possible"),
        (lambda: effective_trials([1.0, 2.0]), "returns have 1 dimensions: (periods, trials) is possible"),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=r"possible|made") as refused:
        call()  # type: ignore[operator]
    assert str(refused.value) == message


def test_the_moments_are_those_of_scipy() -> None:
    returns = DAILY
    found = moments(returns)
    assert found is not None
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1), rel=1e-12)
    assert found.skewness == pytest.approx(scipy.stats.skew(returns), rel=1e-10)
    assert found.kurtosis == pytest.approx(scipy.stats.kurtosis(returns, fisher=False), rel=1e-12)
    assert found.observations == 500


@given(st.integers(-300, 300))
def test_the_moments_do_not_depend_on_the_unit(exponent: int) -> None:
    assert moments(DAILY * 2.0**exponent) == moments(DAILY)


@pytest.mark.parametrize("returns", [[], [0.1], [0.0, 0.0], [0.1, 0.1, 0.1], [0.1, math.nan], [0.1, math.inf]])
def test_without_differing_returns_there_are_no_moments(returns: list[float]) -> None:
    assert moments(returns) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=8))
def test_moments_of_any_numbers_lead_to_no_nan(returns: list[float]) -> None:
    found = moments(returns)
    if found is not None:
        assert all(map(math.isfinite, found))
        probability = probabilistic_sharpe(*found)
        assert probability is None or 0 <= probability <= 1


def correlated(share: float) -> np.ndarray:
    own = noise(400 * 6, 3).reshape(400, 6)
    return share * noise(400, 9)[:, None] + (1 - share) * own


def test_effective_trials_follow_the_average_correlation() -> None:
    returns = correlated(0.5)
    average = np.corrcoef(returns.T)[~np.eye(6, dtype=bool)].mean()
    assert effective_trials(returns) == pytest.approx(average + (1 - average) * 6, rel=1e-12)


def test_copies_are_one_trial_and_independent_ones_are_many() -> None:
    assert effective_trials(correlated(1.0)) == pytest.approx(1.0, abs=1e-9)
    independent = effective_trials(correlated(0.0))
    assert independent is not None
    assert 5.8 < independent <= 6.0


def test_trials_that_never_traded_are_not_counted_as_independent() -> None:
    idle = np.zeros((400, 3))
    assert effective_trials(np.hstack([correlated(0.5), idle])) == pytest.approx(effective_trials(correlated(0.5)), rel=1e-12)
    assert effective_trials(idle) is None
    assert effective_trials(np.hstack([correlated(0.5)[:, :1], idle])) == 1.0


def test_effective_trials_of_nothing_or_of_nan_do_not_exist() -> None:
    assert effective_trials(np.empty((0, 3))) is None
    assert effective_trials(np.array([[0.1, math.nan], [0.2, 0.1]])) is None


@given(st.integers(2, 12), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_effective_trials_lie_between_one_and_all(periods: int, trials: int, seed: int) -> None:
    count = effective_trials(np.random.default_rng(seed).standard_normal((periods, trials)))
    assert count is not None
    assert 1 <= count <= trials
