"""White's and Hansen's tests against the arch library and the formulas of the papers, their laws, and what does not exist is None.

The frozen p-values are from arch 8.0.0: `SPA(zeros(200), -excess, block_size=10, reps=100_000, seed=1)`. It does not divide its
statistic by the errors (`studentize` there is about the recentring only), so that Hansen's own statistic was had from it by giving
it the differences already divided by its errors, with seed 2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from fixed_returns import excess_returns
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.research.statistics import reality, stationary
from core.research.statistics.reality import Superiority, long_run_variances, reality_check, superior_ability

DRAWS = 20_000
EXCESS = excess_returns()
FEW, ALL = [0, 3, 5, 6], list(range(8))

seeds = st.integers(0, 2**32 - 1)


def generator(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def hansen(excess: NDArray[np.float64], draws: int = DRAWS, studentised: bool = True) -> Superiority:
    found = superior_ability(excess, generator(), block=10, draws=draws, studentised=studentised)
    assert found is not None
    return found


def within(expected: float) -> float:
    """Four times the error of a share of so many draws."""
    return 4 * math.sqrt(expected * (1 - expected) / DRAWS)


@pytest.mark.parametrize(
    ("columns", "studentised", "expected"),
    [
        (FEW, False, (0.21890, 0.21890, 0.22144)), (ALL, False, (0.02832, 0.02832, 0.02832)),
        (FEW, True, (0.04552, 0.05025, 0.06239)), (ALL, True, (0.01020, 0.01073, 0.01171)),
    ],
)  # fmt: skip
def test_the_p_values_are_those_of_arch(columns: list[int], studentised: bool, expected: tuple[float, float, float]) -> None:
    found = hansen(EXCESS[:, columns], studentised=studentised)
    for figure, value in zip((found.lower, found.consistent, found.upper), expected, strict=True):
        assert figure == pytest.approx(value, abs=within(value))


@pytest.mark.parametrize(("columns", "expected"), [(FEW, 0.22144), (ALL, 0.02832)])
def test_the_reality_check_is_that_of_arch(columns: list[int], expected: float) -> None:
    found = reality_check(EXCESS[:, columns], generator(), block=10, draws=DRAWS)
    assert found == pytest.approx(expected, abs=within(expected))


def test_the_errors_are_those_of_arch() -> None:
    """`sqrt(SPA(...)._loss_diff_var)` of the same."""
    frozen = [0.007718507609323377, 0.014833768416869545, 0.0097969155536703, 0.004035225716214626,
              0.021322013387981065, 0.008103691505509854, 0.02531250351538266, 0.005087244116044206]  # fmt: skip
    assert np.sqrt(long_run_variances(EXCESS, 10)) == pytest.approx(frozen, rel=1e-11)


@settings(deadline=None)
@given(st.integers(3, 40), seeds, st.floats(0, 1))
def test_the_errors_are_those_of_the_formula(periods: int, seed: int, part: float) -> None:
    """Hansen 2005, section 3: autocovariances weighted by the kernel of the stationary bootstrap."""
    values = generator(seed).standard_normal((periods, 2))
    block = 1 + part * (periods - 1)
    centred = values - values.mean(axis=0)
    expected = np.square(centred).mean(axis=0)
    for lag in range(1, periods):
        kernel = (1 - lag / periods) * (1 - 1 / block) ** lag + lag / periods * (1 - 1 / block) ** (periods - lag)
        expected += 2 * kernel * (centred[lag:] * centred[:-lag]).sum(axis=0) / periods
    assert long_run_variances(values, block) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_statistic_is_that_of_the_best_trial() -> None:
    excess = EXCESS
    scores = excess.mean(axis=0) * math.sqrt(200) / np.sqrt(long_run_variances(excess, 10))
    found = hansen(excess, draws=10)
    assert (found.statistic, found.best) == (pytest.approx(scores.max(), rel=1e-12), scores.argmax())
    means = excess.mean(axis=0) * math.sqrt(200)
    found = hansen(excess, draws=10, studentised=False)
    assert (found.statistic, found.best) == (pytest.approx(means.max(), rel=1e-12), means.argmax())


@settings(deadline=None)
@given(seeds, st.booleans())
def test_the_three_p_values_ascend(seed: int, studentised: bool) -> None:
    excess = generator(seed).standard_normal((30, 5)) - np.array([0, 0.2, 0.5, 1, 3])
    found = hansen(excess, draws=200, studentised=studentised)
    assert 0 <= found.lower <= found.consistent <= found.upper <= 1


@settings(deadline=None)
@given(seeds)
def test_the_upper_p_value_of_plain_means_is_the_reality_check(seed: int) -> None:
    excess = generator(seed).standard_normal((30, 5))
    excess[:, 0] += abs(excess[:, 0].mean()) + 0.01
    assert hansen(excess, draws=200, studentised=False).upper == reality_check(excess, generator(), block=10, draws=200)


def test_very_poor_trials_hide_a_good_one_from_the_reality_check_only() -> None:
    good = EXCESS[:, [2]]
    poor = 5 * np.roll(EXCESS[:, [5] * 40], 7, axis=0) * np.linspace(0.5, 1.5, 40)
    both = np.hstack([good, poor])
    alone, hidden = (reality_check(excess, generator(), block=10, draws=2000) for excess in (good, both))
    assert alone is not None
    assert hidden is not None
    assert alone < 0.05 < hidden
    assert hansen(both, draws=2000).consistent < 0.05


def test_under_the_hypothesis_small_p_values_are_as_rare_as_they_say() -> None:
    rng = generator(8)
    found = [superior_ability(rng.standard_normal((100, 5)), rng, block=1, draws=200) for _ in range(300)]
    assert np.mean([test.consistent <= 0.1 for test in found if test]) == pytest.approx(0.1, abs=0.07)
    assert np.mean([reality_check(rng.standard_normal((100, 5)), rng, block=1, draws=200) for _ in range(300)]) == pytest.approx(
        0.5, abs=0.07
    )


def test_where_no_trial_is_above_the_benchmark_nothing_speaks_for_one() -> None:
    found = hansen(EXCESS[:, [3, 5]], draws=100)
    assert (found.lower, found.consistent, found.upper, found.statistic) == (1.0, 1.0, 1.0, 0.0)


def test_the_same_seed_gives_the_same_figures() -> None:
    assert hansen(EXCESS, draws=300) == hansen(EXCESS, draws=300)


@pytest.mark.parametrize("cells", [1, 5000, 10**7])
def test_how_much_is_held_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    before = hansen(EXCESS, draws=500)
    monkeypatch.setattr(stationary, "CELLS", cells)
    monkeypatch.setattr(reality, "CELLS", cells)
    after = hansen(EXCESS, draws=500)
    assert (before.lower, before.consistent, before.upper) == (after.lower, after.consistent, after.upper)


@settings(deadline=None)
@given(st.integers(-300, 300))
def test_the_unit_of_the_returns_changes_no_p_value(exponent: int) -> None:
    excess = EXCESS * 2.0**exponent
    assert hansen(excess, draws=100) == hansen(EXCESS, draws=100)


def test_a_trial_that_never_differs_from_the_benchmark_is_left_out_of_hansens_test() -> None:
    excess = np.insert(EXCESS, 1, 0.01, axis=1)
    found = hansen(excess, draws=300)
    assert found.left_out == 1
    assert found.best == hansen(EXCESS, draws=300).best + 1
    assert found.consistent == hansen(EXCESS, draws=300).consistent
    assert superior_ability(np.full((50, 3), 0.1), generator()) is None


def test_a_constant_gain_always_beats_the_benchmark_and_none_never_does() -> None:
    assert reality_check(np.full((50, 1), 0.5), generator(), draws=50) == 0.0
    assert reality_check(np.zeros((50, 3)), generator(), draws=50) == 1.0


@pytest.mark.parametrize("excess", [np.zeros((1, 3)), np.zeros((50, 0)), np.zeros((0, 3)), np.full((5, 2), math.inf)])
def test_what_does_not_exist_is_none(excess: NDArray[np.float64]) -> None:
    assert reality_check(excess, generator()) is None
    assert superior_ability(excess, generator()) is None


def test_two_periods_are_too_few_for_hansens_bound() -> None:
    assert superior_ability(np.array([[0.1], [0.2]]), generator()) is None


def test_extreme_returns_lead_to_no_infinity() -> None:
    extreme = np.array([[1e308, 1e-320], [-1e307, 0.0], [1.7e308, 2e-320], [1e308, 0.0]])
    assert superior_ability(extreme, generator(), draws=50, studentised=False) is None
    found = superior_ability(extreme, generator(), draws=50)
    assert found is not None
    assert math.isfinite(found.statistic)
    assert reality_check(extreme, generator(), draws=50) is not None


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"excess has 1 dimensions: \(periods, trials\) is possible"):
        reality_check(np.zeros(5), generator())
    with pytest.raises(ValueError, match="draws is 0: at least 1 is possible"):
        superior_ability(EXCESS, generator(), draws=0)
    with pytest.raises(ValueError, match="block is 900: from 1 to 200 periods is possible"):
        superior_ability(EXCESS, generator(), block=900)
