"""The probability of overfitting: by hand, against a plain reading of the paper, its laws, and noise against something real."""

from __future__ import annotations

import math
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.research.statistics import overfitting as module
from core.research.statistics.deflated import deflated_sharpe, moments, sharpe_variance
from core.research.statistics.overfitting import Overfitting, overfitting
from core.research.statistics.verdict import verdict

seeds = st.integers(0, 2**32 - 1)


def made(returns: NDArray[np.float64], blocks: int) -> Overfitting:
    found = overfitting(returns, blocks)
    assert found is not None
    return found


def noise(seed: int, periods: int = 240, trials: int = 12) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((periods, trials)) / 100


def few_values(seed: int, periods: int = 24, trials: int = 7) -> NDArray[np.float64]:
    """Where ties abound: whole numbers, a trial twice, one that never trades and one that trades in the first half only."""
    values = np.random.default_rng(seed).integers(-1, 2, (periods, trials)).astype(np.float64)
    values[:, 1] = values[:, 0]
    values[:, 2] = 0.0
    values[periods // 2 :, 3] = 0.0
    return values


def test_by_hand() -> None:
    """In sample each way, the best of one half (Sharpe √2, then 1/√2) is the worse of two on the other (-√2, then 0)."""
    found = made(np.array([[1.0, -1.0], [3.0, 1.0], [-1.0, 0.0], [-3.0, 2.0]]), 2)
    assert found.pbo == 1.0
    assert found.logits == pytest.approx([-math.log(2), -math.log(2)])
    assert found.in_sample == pytest.approx([math.sqrt(2), math.sqrt(0.5)])
    assert found.out_of_sample == pytest.approx([-math.sqrt(2), 0.0])
    assert found.slope == pytest.approx(-2.0)
    assert found.intercept == pytest.approx(math.sqrt(2))
    assert found.loss == 0.5
    assert found.observations == 4


def plain(returns: NDArray[np.float64], blocks: int) -> tuple[list[float], list[float], list[float]]:
    """Section 2.2 of the paper step by step, one combination at a time: logits, Sharpes in and out of sample."""
    cut = returns[len(returns) % blocks :].reshape(blocks, -1, returns.shape[1])
    logits, inside, outside = [], [], []
    for half in combinations(range(blocks), blocks // 2):
        rest = [block for block in range(blocks) if block not in half]
        one, other = (np.concatenate(cut[part]) for part in (list(half), rest))
        sharpes = [
            np.round(np.divide(x.mean(0), x.std(0, ddof=1), where=np.ptp(x, axis=0) > 0, out=np.zeros(x.shape[1])), 9) for x in (one, other)
        ]
        best = np.flatnonzero(sharpes[0] == sharpes[0].max())
        rank = scipy.stats.rankdata(sharpes[1])[best].mean() / (returns.shape[1] + 1)
        logits.append(math.log(rank / (1 - rank)))
        inside.append(sharpes[0].max())
        outside.append(sharpes[1][best].mean())
    return logits, inside, outside


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([noise, few_values]), seeds, st.sampled_from([2, 4, 6]))
def test_it_is_what_a_plain_reading_of_the_paper_gives(kind: type, seed: int, blocks: int) -> None:
    returns: NDArray[np.float64] = kind(seed)
    logits, inside, outside = plain(returns, blocks)
    found = made(returns, blocks)
    assert found.logits == pytest.approx(logits, abs=1e-12)
    assert found.in_sample == pytest.approx(inside, abs=2e-9)
    assert found.out_of_sample == pytest.approx(outside, abs=2e-9)
    assert found.pbo == np.mean(np.array(logits) <= 0)
    assert found.loss == np.mean(np.array(outside) < 0)
    if found.slope is not None:
        line = scipy.stats.linregress(inside, outside)
        assert (found.slope, found.intercept) == pytest.approx((line.slope, line.intercept), abs=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_best_of_pure_noise_is_overfit(seed: int) -> None:
    returns = noise(seed, 1000, 100)
    found = made(returns, 12)
    assert found.pbo > 0.3
    sharpes = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    best = moments(returns[:, sharpes.argmax()])
    assert best is not None
    assert verdict(found.pbo, deflated_sharpe(*best, 100, sharpe_variance(sharpes) or 0.0)) == "overfit"


def test_noise_has_a_probability_near_a_half_on_average() -> None:
    assert np.mean([made(noise(seed, 200, 20), 8).pbo for seed in range(60)]) == pytest.approx(0.5, abs=0.08)


def test_one_truly_good_trial_holds() -> None:
    returns = noise(1, 1000, 100)
    returns[:, 40] += 0.003
    found = made(returns, 12)
    assert found.pbo < 0.01
    sharpes = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    best = moments(returns[:, 40])
    assert best is not None
    assert sharpes.argmax() == 40
    assert verdict(found.pbo, deflated_sharpe(*best, 100, sharpe_variance(sharpes) or 0.0)) == "holds"


@settings(deadline=None)
@given(st.sampled_from([noise, few_values]), seeds)
def test_the_order_of_the_trials_changes_nothing(kind: type, seed: int) -> None:
    returns: NDArray[np.float64] = kind(seed)
    order = np.random.default_rng(seed + 1).permutation(returns.shape[1])
    one, other = made(returns, 6), made(returns[:, order], 6)
    assert one.pbo == other.pbo
    assert one.logits == pytest.approx(other.logits, abs=1e-12)
    assert one.out_of_sample == pytest.approx(other.out_of_sample, abs=1e-12)


@settings(deadline=None)
@given(seeds)
def test_the_order_of_the_blocks_changes_only_the_order_of_the_combinations(seed: int) -> None:
    returns = noise(seed)
    order = np.random.default_rng(seed + 1).permutation(6)
    moved = returns.reshape(6, 40, 12)[order].reshape(240, 12)
    assert np.sort(made(returns, 6).logits) == pytest.approx(np.sort(made(moved, 6).logits), abs=1e-12)


@settings(deadline=None)
@given(st.sampled_from([noise, few_values]), seeds)
def test_the_size_traded_changes_nothing(kind: type, seed: int) -> None:
    returns: NDArray[np.float64] = kind(seed)
    sizes = 2.0 ** np.random.default_rng(seed + 1).integers(-400, 400, returns.shape[1])
    assert made(returns * sizes, 6).logits.tolist() == made(returns, 6).logits.tolist()


@settings(deadline=None)
@given(seeds, st.integers(0, 11))
def test_a_trial_that_is_best_everywhere_is_chosen_and_stays_best(seed: int, good: int) -> None:
    returns = noise(seed)
    returns[:, good] = 0.1 + returns[:, good] / 10
    found = made(returns, 6)
    assert found.pbo == 0.0
    assert found.logits == pytest.approx(math.log(12))
    assert found.loss == 0.0


def test_trials_that_never_traded_have_sharpe_zero() -> None:
    found = made(np.zeros((40, 5)), 4)
    assert found.logits.tolist() == [0.0] * 6
    assert found.in_sample.tolist() == found.out_of_sample.tolist() == [0.0] * 6
    assert (found.pbo, found.loss, found.slope, found.intercept) == (1.0, 0.0, None, None), "none is above the median"


@pytest.mark.parametrize("constant", [0.1, -1 / 3, 1e-9, 1e300])
def test_returns_that_differ_by_rounding_only_have_sharpe_zero(constant: float) -> None:
    returns = noise(2)
    returns[:, 4] = constant
    same = returns.copy()
    same[:, 4] = 0.0
    assert made(returns, 6).logits.tolist() == made(same, 6).logits.tolist()


def test_the_oldest_periods_are_left_out_where_blocks_do_not_divide_them() -> None:
    returns = noise(3, 245)
    found = made(returns, 6)
    assert found.observations == 240
    assert found.logits.tolist() == made(returns[5:], 6).logits.tolist()


@pytest.mark.parametrize("cells", [1, 1000, 10**9])
def test_how_many_combinations_are_held_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    before = made(noise(4), 8)
    monkeypatch.setattr(module, "CELLS", cells)
    after = made(noise(4), 8)
    assert before.logits.tolist() == after.logits.tolist()
    assert before.out_of_sample.tolist() == after.out_of_sample.tolist()


def test_memory_does_not_grow_with_the_combinations() -> None:
    returns = noise(5, 160, 300)
    tracemalloc.start()
    made(returns, 16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_870 * 300 * 8  # all Sharpes of one side


def test_what_does_not_exist_is_none() -> None:
    assert overfitting(np.zeros((100, 1)), 4) is None, "there was no choice"
    assert overfitting(np.zeros((7, 5)), 4) is None, "a block of one period has no Sharpe"
    assert overfitting(np.empty((0, 5)), 4) is None
    broken = noise(6)
    broken[3, 3] = math.nan
    assert overfitting(broken, 4) is None


@pytest.mark.parametrize("blocks", [0, 7, 22, -2])
def test_blocks_are_even_and_not_too_many(blocks: int) -> None:
    with pytest.raises(ValueError, match=f"blocks is {blocks}: an even number from 2 to 20 is possible"):
        overfitting(np.zeros((100, 5)), blocks)


def test_returns_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"returns have 1 dimensions: \(periods, trials\) is possible"):
        overfitting(np.zeros(100), 4)
