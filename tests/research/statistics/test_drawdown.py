"""Falls below the peak before them, against a plain walk along the path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.research.statistics.drawdown import falls

paths = st.lists(st.lists(st.integers(-200, 300), min_size=6, max_size=6), min_size=1, max_size=4)


def walk(path: list[int], start: int) -> tuple[float, float, int]:
    peak, deepest, share, longest, below = start, 0.0, 0.0, 0, 0
    for equity in path:
        peak = max(peak, equity)
        deepest, share = max(deepest, peak - equity), max(share, (peak - equity) / peak)
        below = below + 1 if equity < peak else 0
        longest = max(longest, below)
    return deepest, share, longest


@given(paths, st.integers(1, 200))
def test_depth_and_length_are_those_of_a_walk_along_the_path(equities: list[list[int]], start: int) -> None:
    found = falls(np.array(equities, np.float64), start)
    assert list(zip(*(figure.tolist() for figure in found), strict=True)) == [walk(path, start) for path in equities]


def test_the_start_is_a_peak_too() -> None:
    found = falls(np.array([[90.0, 95.0, 99.0]]), 100.0)
    assert (found.deepest[0], found.deepest_share[0], found.longest[0]) == (10.0, pytest.approx(0.1), 3)


def test_equity_that_is_back_but_for_rounding_is_back() -> None:
    equity = 1 + np.cumsum([[0.1, 0.2, -0.2, 0.0, -0.1, 0.1]], axis=1)
    assert equity[0, 5] < equity[0, 1], "the sums round"
    assert falls(1 + np.cumsum([[0.1, 0.2, -0.1, 0.1 - 1e-16, -0.1, 0.1]], axis=1), 1.0).longest[0] == 1
