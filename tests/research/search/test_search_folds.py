"""Dividing the time of a study: what is chosen on is never what it is judged by, nor next to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.research.search.folds import WAYS, folds


@given(st.sampled_from(WAYS), st.integers(40, 400), st.integers(2, 6), st.floats(0.3, 0.8), st.integers(0, 2))
def test_whatever_is_tested_is_not_trained_on_nor_near_it(way: str, periods: int, count: int, train: float, embargo: int) -> None:
    if way == "combinatorial":
        count = max(count, 4)  # of three blocks, two of which are tested, little is left
    for one in folds(way, periods, count, train, embargo):
        gap = np.abs(one.train[:, None] - one.test[None, :]).min()
        assert gap > embargo
        assert min(one.train[0], one.test[0]) >= 0
        assert max(one.train[-1], one.test[-1]) < periods
        if way in ("split", "rolling", "anchored"):
            assert one.train[-1] < one.test[0]


def test_a_split_is_the_first_part_and_the_rest() -> None:
    ((train, test),) = folds("split", 10, 1, 0.7, 0)
    assert (train.tolist(), test.tolist()) == (list(range(7)), [7, 8, 9])


def test_rolling_windows_move_on_by_their_tests_and_reach_the_end() -> None:
    found = folds("rolling", 40, 4, 0.5, 0)
    assert [(one.train[0], one.train[-1], one.test[0], one.test[-1]) for one in found] == [
        (0, 7, 8, 15), (8, 15, 16, 23), (16, 23, 24, 31), (24, 31, 32, 39),
    ]  # fmt: skip


def test_anchored_windows_begin_at_the_beginning() -> None:
    found = folds("anchored", 30, 2, embargo=1)
    assert [(one.train[0], one.train[-1], one.test[0], one.test[-1]) for one in found] == [(0, 8, 10, 19), (0, 18, 20, 29)]


def test_each_period_is_tested_once_by_purged_blocks_and_as_often_as_pairs_have_it_by_combinations() -> None:
    once = np.concatenate([one.test for one in folds("purged", 40, 5)])
    assert sorted(once.tolist()) == list(range(40))
    pairs = folds("combinatorial", 40, 5)
    assert len(pairs) == 10
    assert np.bincount(np.concatenate([one.test for one in pairs])).tolist() == [4] * 40


@pytest.mark.parametrize(
    ("way", "count", "train", "embargo", "said"),
    [
        ("walk", 5, 0.7, 1, "there are: split, rolling, anchored, purged, combinatorial"),
        ("rolling", 1, 0.7, 1, "at least 2"),
        ("rolling", 5, 1.0, 1, "a share above 0 and under 1"),
        ("rolling", 5, 0.7, -1, "0 periods or more"),
        ("anchored", 40, 0.7, 1, "48 periods are too few"),
        ("combinatorial", 48, 0.7, 0, "at most 1,000"),
    ],
)
def test_what_cannot_be_divided_is_one_line(way: str, count: int, train: float, embargo: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        folds(way, 48, count, train, embargo)
