"""Change points: found where they were made, and hardly any where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.analytics.trend.changes import LEAST, PENALTY, PLACES, change_points, tamed

Floats = NDArray[np.float64]


def normal(seed: int, count: int) -> Floats:
    return np.random.default_rng(seed).standard_normal(count)


@pytest.mark.parametrize("count", [120, 300, 1000, 5000])
def test_a_spread_that_triples_is_found_where_it_does(count: int) -> None:
    returns = normal(count, count) / 1000
    returns[count // 2 :] *= 3
    (found,) = change_points(returns)
    assert abs(found - count // 2) <= max(count // 50, 5)


def test_a_mean_that_turns_is_found() -> None:
    returns = normal(5, 600) / 1000
    returns[:300] += 0.0006
    returns[300:] -= 0.0006
    (found,) = change_points(returns)
    assert abs(found - 300) <= 15


def test_each_of_several_changes_is_found() -> None:
    returns = normal(8, 900)
    returns[200:350] *= 4
    returns[600:] *= 0.25
    found = change_points(returns)
    assert len(found) == 3
    assert all(abs(at - made) <= 12 for at, made in zip(found, (200, 350, 600), strict=True))


@pytest.mark.parametrize("tails", [3, 5, 100])
def test_hardly_any_is_found_where_nothing_changed(tails: int) -> None:
    rng = np.random.default_rng(tails)
    false = sum(bool(change_points(rng.standard_t(tails, 400))) for _ in range(100))
    assert false <= 8


def test_one_wild_print_is_no_change() -> None:
    returns = normal(2, 400)
    returns[200] = 80.0
    assert change_points(returns) == []


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 400), st.floats(0.1, 6.0))
def test_stretches_are_never_shorter_than_the_least(seed: int, count: int, penalty: float) -> None:
    found = change_points(normal(seed, count), penalty)
    edges = [0, *found, count]
    assert found == sorted(set(found))
    assert not found or min(np.diff(edges)) >= LEAST


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(2 * LEAST, PLACES))
def test_no_other_one_change_costs_less(seed: int, count: int) -> None:
    """Beside trying all: where one change is found, it is the best one; where none is, no one change is worth the penalty."""
    returns = normal(seed, count)
    returns[count // 2 :] *= 1 + seed % 5
    x = tamed(returns)

    def cost(part: Floats) -> float:
        return len(part) * float(np.log(part.var()))

    gains = {at: cost(x) - cost(x[:at]) - cost(x[at:]) for at in range(LEAST, count - LEAST + 1)}
    found = change_points(returns)
    if len(found) == 1:
        assert gains[found[0]] == pytest.approx(max(gains.values()), rel=1e-6)
    elif not found:
        assert max(gains.values()) <= PENALTY * np.log(count) * (1 + 1e-9)


@pytest.mark.parametrize("returns", [np.zeros(0), np.zeros(5), np.zeros(300), np.full(300, 0.01)])
def test_too_few_returns_or_such_that_do_not_vary_have_none(returns: Floats) -> None:
    assert change_points(returns) == []
