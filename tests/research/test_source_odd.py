"""The median of what passes batch by batch: exact of few values, in a fixed space of many, and the same however they are cut."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.research.source_odd import SAMPLED, Middle


def middle_of(values: NDArray[Any], cuts: list[int]) -> Middle:
    middle = Middle()
    for part in np.split(values, sorted(cuts)):
        middle.take(part)
    return middle


@given(st.lists(st.integers(0, 9), max_size=40), st.lists(st.integers(0, 40), max_size=4))
def test_of_few_values_it_is_the_upper_median_of_those_above_zero(values: list[int], cuts: list[int]) -> None:
    above = sorted(value for value in values if value > 0)
    assert middle_of(np.array(values, np.int64), cuts).value == (above[len(above) // 2] if above else 0.0)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 5 * SAMPLED), max_size=6))
def test_however_many_values_are_cut_the_median_is_the_same_and_near_the_true_one(seed: int, cuts: list[int]) -> None:
    values = np.abs(np.random.default_rng(seed).normal(size=5 * SAMPLED + seed % 1000))
    found = middle_of(values, cuts)
    assert found.value == middle_of(values, []).value
    assert abs(found.value - float(np.median(values))) < 0.05
    assert sum(len(part) for part in found._kept) <= SAMPLED
