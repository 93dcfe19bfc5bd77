"""The quantile of classes is that of all values, sorted, to the class; and what was long ago weighs less."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernels.quantiles import AN_OCTAVE, CLASSED, CLASSES, FIRST, LAST, class_of, count, fade, quantile, upper_edge

values = st.lists(st.floats(2.0**-30, 2.0**45), min_size=1, max_size=60)


class Counted:
    """Values counted in plain Python."""

    def __init__(self) -> None:
        self.state, self.mem = np.zeros(1, CLASSED).view(np.recarray)[0], np.zeros(CLASSES + 3)

    def take(self, xs: Any) -> Counted:
        for x in xs:
            count(self.state, self.mem, 3, x)
        return self

    def fade(self, kept: float) -> Counted:
        fade(self.state, self.mem, 3, kept)
        return self

    def at(self, share: float) -> float:
        return quantile(self.state, self.mem, 3, share)


@given(x=st.floats(2.0**FIRST, 2.0**LAST, exclude_max=True))
def test_a_value_lies_in_its_class(x: float) -> None:
    place = class_of(x)
    assert x < upper_edge(place) <= x * (1 + 1 / AN_OCTAVE)
    assert place == 0 or x >= upper_edge(place - 1)


def test_what_is_out_of_range_counts_in_the_outermost_classes() -> None:
    assert [class_of(x) for x in (5e-324, 2.0**FIRST, 2.0**LAST, 1e300)] == [0, 0, CLASSES - 1, CLASSES - 1]


@given(xs=values, share=st.sampled_from([0.5, 0.75, 0.9, 0.95]))
def test_it_is_the_sorted_values_quantile_to_the_class(xs: list[float], share: float) -> None:
    exact = sorted(xs)[math.ceil(len(xs) * share - 1e-9) - 1]
    found = Counted().take(xs).at(share)
    assert exact < found <= exact * (1 + 1 / AN_OCTAVE)


@given(xs=values)
def test_the_order_of_values_does_not_matter(xs: list[float]) -> None:
    assert Counted().take(xs).mem.tobytes() == Counted().take(reversed(xs)).mem.tobytes()


def test_newer_values_weigh_more() -> None:
    counted = Counted().take([1.0] * 90 + [100.0] * 10)
    assert counted.at(0.85) < 2
    counted.fade(0.01).take([100.0] * 10)
    assert counted.at(0.5) > 100
    assert counted.mem.sum() == pytest.approx(11.0)


def test_what_hardly_weighs_is_forgotten() -> None:
    counted = Counted().take([3.0])
    for _ in range(30):
        counted.fade(0.3)
    assert not counted.mem.any()
    assert math.isnan(counted.at(0.5))


@pytest.mark.parametrize("x", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_size_counts_in_nothing(x: float) -> None:
    counted = Counted().take([x])
    assert math.isnan(counted.at(0.5))
    assert not counted.mem.any()


def test_alike_values_are_all_below_it() -> None:
    assert Counted().take([8.0] * 50).at(0.95) == 9.0
