"""A side is taken beyond one threshold and left at another; how sure and why is told with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernels.opinions import BACK, LONG, NEUTRAL, OPINION, SHORT, UNKNOWN, beyond, lean, stand_aside

measures = st.lists(st.one_of(st.floats(-2, 2), st.sampled_from([0.0, 0.25, 0.5, 1.0, -0.25, -0.5, math.nan])), max_size=40)


def walked(xs: list[float], enter: float = 0.5, leave: float = 0.25) -> list[tuple[float, float, int]]:
    state = np.zeros(1, OPINION).view(np.recarray)[0]
    return [(lean(state, x, enter, leave), float(state.confidence), int(state.reason)) for x in xs]


def test_a_side_is_held_between_the_thresholds() -> None:
    walk = walked([0.3, 0.5, 0.75, 0.4, 0.25, 0.4, -1.5, -0.3, 0.6, math.nan, 0.0])
    assert [target for target, _, _ in walk] == [0, 0, 1, 1, 0, 0, -1, -1, 1, 0, 0]
    assert [sure for _, sure, _ in walk] == pytest.approx([0, 0, 0.5, 0, 0, 0, 1, 0, 0.2, 0, 0])
    assert [why for _, _, why in walk] == [NEUTRAL, NEUTRAL, LONG, LONG, BACK, NEUTRAL, SHORT, SHORT, LONG, UNKNOWN, NEUTRAL]


@given(xs=measures)
def test_the_opposite_measure_wants_the_opposite_as_surely(xs: list[float]) -> None:
    other = {LONG: SHORT, SHORT: LONG}
    assert walked([-x for x in xs]) == [(-target, sure, other.get(why, why)) for target, sure, why in walked(xs)]


@given(xs=measures)
def test_confidence_is_a_share_and_there_is_none_without_a_side(xs: list[float]) -> None:
    for x, (target, sure, why) in zip(xs, walked(xs), strict=True):
        assert 0 <= sure <= 1
        assert (sure > 0) <= (abs(x) > 0.5 and target == np.sign(x))
        assert (target != 0) == (why in (LONG, SHORT))


def test_standing_aside_forgets_the_side() -> None:
    state = np.zeros(1, OPINION).view(np.recarray)[0]
    lean(state, 0.9, 0.5, 0.1)
    assert stand_aside(state, 7) == 0.0
    assert (float(state.target), float(state.confidence), int(state.reason)) == (0.0, 0.0, 7)
    assert lean(state, 0.3, 0.5, 0.1) == 0.0


def test_how_far_beyond() -> None:
    assert [beyond(x, 2.0) for x in (0.0, 2.0, 3.0, 4.0, 9.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
