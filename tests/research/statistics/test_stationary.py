"""The stationary bootstrap draws every period alike, in blocks of the mean length asked for."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from core.research.statistics import stationary
from core.research.statistics.stationary import block_length, draw


def drawn(periods: int, paths: int, block: float, seed: int = 1, width: int = 0) -> NDArray[np.int64]:
    return np.concatenate(list(draw(periods, paths, block, np.random.default_rng(seed), width)))


def test_every_period_is_drawn_equally_often_at_every_step() -> None:
    indices = drawn(10, 20_000, 4)
    for step in (0, 1, 9):
        assert scipy.stats.chisquare(np.bincount(indices[:, step], minlength=10)).pvalue > 1e-3


@pytest.mark.parametrize("block", [1.0, 2.5, 20.0])
def test_a_block_has_the_mean_length_asked_for(block: float) -> None:
    indices = drawn(50, 4000, block)
    goes_on = (indices[:, 1:] == (indices[:, :-1] + 1) % 50).mean()
    assert goes_on == pytest.approx(1 - 1 / block + 1 / block / 50, abs=0.005)


@pytest.mark.parametrize("cells", [1, 333, 10**7])
def test_how_many_paths_are_held_at_once_changes_no_draw(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    before = drawn(40, 60, 5)
    monkeypatch.setattr(stationary, "CELLS", cells)
    assert np.array_equal(before, drawn(40, 60, 5))
    assert np.array_equal(before, drawn(40, 60, 5, width=900))


def test_fewer_paths_are_held_where_each_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stationary, "CELLS", 1000)
    assert [len(some) for some in draw(10, 25, 2, np.random.default_rng(1), width=100)] == [10, 10, 5]


def test_the_same_seed_draws_the_same_and_another_something_else() -> None:
    assert np.array_equal(drawn(40, 6, 5, seed=3), drawn(40, 6, 5, seed=3))
    assert not np.array_equal(drawn(40, 6, 5, seed=3), drawn(40, 6, 5, seed=4))


def test_the_length_of_a_block_is_the_root_of_the_periods_where_none_is_given() -> None:
    assert block_length(400, None) == 20
    assert block_length(400, 7.5) == 7.5


@pytest.mark.parametrize("block", [0.5, 401, float("nan")])
def test_a_block_is_not_longer_than_the_series(block: float) -> None:
    with pytest.raises(ValueError, match=f"block is {block}: from 1 to 400 periods is possible"):
        block_length(400, block)
