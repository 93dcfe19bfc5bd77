"""How returns go together, on arrays: against NumPy, by hand at the edges, and whatever the order of the legs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.research.portfolio.marks import covered, step_of, total
from core.research.portfolio.together import contributions, correlation, diversification, netting, overdrawn, pearson
from core.types import DAY, MINUTE, SECOND

WALKS = np.random.default_rng(4).normal(0, 3, (4, 60))
EVERYWHERE = np.ones((4, 60), np.bool_)

CHANGES = arrays(np.float64, (3, 8), elements=st.floats(-1e6, 1e6).map(lambda value: round(value, 2)))


def test_correlations_are_those_of_numpy() -> None:
    assert np.array(correlation(WALKS, EVERYWHERE), np.float64) == pytest.approx(np.corrcoef(WALKS), abs=1e-12)


def test_a_leg_is_one_with_itself_and_minus_one_with_its_mirror_and_nothing_with_one_that_stands_still() -> None:
    legs = np.array([WALKS[0], -WALKS[0], 2 * WALKS[0], np.full(60, 4.2), np.zeros(60)])
    matrix = correlation(legs, np.ones(legs.shape, np.bool_))
    assert [matrix[0][j] for j in range(3)] == [1.0, -1.0, 1.0]
    assert matrix[3] == matrix[4] == [None] * 5
    assert [row[3] for row in matrix] == [None] * 5


def test_only_periods_that_both_cover_count_and_three_of_them_are_needed() -> None:
    reach = np.ones((2, 60), np.bool_)
    reach[0, :40], reach[1, 50:] = False, False
    matrix = correlation(WALKS[:2], reach)
    assert matrix[0][1] == pytest.approx(np.corrcoef(WALKS[0, 40:50], WALKS[1, 40:50])[0, 1])
    reach[1, 42:] = False
    assert correlation(WALKS[:2], reach)[0][1] is None


def test_tiny_and_huge_and_missing_numbers_are_correlated_or_not_but_never_wrong() -> None:
    assert pearson(WALKS[0] * 1e-200, WALKS[1] * 1e200) == pytest.approx(np.corrcoef(WALKS[0], WALKS[1])[0, 1])
    assert pearson(np.array([1.0, np.nan, 2.0]), WALKS[0, :3]) is None
    assert pearson(np.array([5.0, 5.0 + 1e-15, 5.0]), WALKS[0, :3]) is None, "rounding is no movement"


@given(CHANGES)
def test_shares_of_variance_add_up_to_one(changes: np.ndarray) -> None:
    parts = contributions(changes, changes.sum(axis=1).tolist())
    shares = [part.of_variance for part in parts]
    whole = changes.sum(axis=0)
    if None in shares:
        assert shares == [None] * 3
    elif float(np.abs(changes).max()) < 1e3 * float(whole.std()):  # else hardly anything is left of what they cancel
        assert sum(share for share in shares if share is not None) == pytest.approx(1.0, abs=1e-6)


@given(CHANGES)
def test_deviations_together_are_never_more_than_one_by_one(changes: np.ndarray) -> None:
    found = diversification(changes)
    assert found is None or found >= 1 - 1e-9


def test_equal_legs_do_not_diversify_and_independent_ones_by_the_root_of_their_number() -> None:
    assert diversification(np.array([WALKS[0]] * 3)) == pytest.approx(1.0)
    orthogonal = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]])
    assert diversification(orthogonal) == pytest.approx(math.sqrt(2))
    assert diversification(np.array([WALKS[0], -WALKS[0]])) is None
    assert diversification(WALKS[:, :2]) is None


@given(CHANGES, st.permutations(range(3)))
def test_the_order_of_legs_changes_no_bit(changes: np.ndarray, order: list[int]) -> None:
    mixed, reach = changes[order], np.ones(changes.shape, np.bool_)
    pnl = changes.sum(axis=1)
    assert total(mixed).tobytes() == total(changes).tobytes()
    assert diversification(mixed) == diversification(changes)
    parts, others = contributions(changes, pnl.tolist()), contributions(mixed, pnl[order].tolist())
    assert others == [parts[k] for k in order]
    matrix, other = correlation(changes, reach), correlation(mixed, reach)
    assert other == [[matrix[i][j] for j in order] for i in order]


def test_what_cancels_is_the_part_held_against_another_leg() -> None:
    value = np.array([[10.0, 10.0, 0.0, 20.0], [-10.0, 10.0, -5.0, -5.0], [7.0, 7.0, 7.0, 7.0]])
    found = netting(value, ["x:A", "x:A", "x:B"])
    assert list(found) == ["x:A"]
    one = found["x:A"]
    assert (one.legs, one.gross, one.net, one.opposed) == ((0, 1), 70 / 4, 40 / 4, 0.5)
    assert one.cancels == pytest.approx(30 / 70)


def test_borrowing_is_told_by_stretches_with_their_worst_moment() -> None:
    times = np.arange(7) * 10
    gross = np.array([0.0, 120.0, 150.0, 80.0, 110.0, 30.0, 0.0])
    equity = np.array([100.0, 100.0, 100.0, 100.0, 90.0, -20.0, -20.0])
    first, second = overdrawn(times, gross, equity)
    assert (first.from_ns, first.to_ns, first.worst_ns, first.leverage) == (10, 20, 20, 1.5)
    assert (second.from_ns, second.to_ns, second.worst_ns, second.leverage) == (40, 50, 50, None)


@pytest.mark.parametrize(
    ("span", "interval", "step"),
    [
        (3600 * SECOND, 0, SECOND), (3600 * SECOND, MINUTE, MINUTE), (30 * DAY, 0, MINUTE), (30 * DAY, 15 * MINUTE, 15 * MINUTE),
        (365 * DAY, MINUTE, 5 * MINUTE), (3650 * DAY, DAY, DAY), (3650 * DAY, 7 * DAY, DAY), (90_000 * DAY * 10, 0, DAY),
    ],
)  # fmt: skip
def test_marks_are_as_close_as_there_is_room_for_and_no_closer_than_bars(span: int, interval: int, step: int) -> None:
    assert step_of(span, interval) == step
    assert DAY % step == 0


def test_a_period_counts_for_a_leg_that_was_there_for_nine_tenths_of_it() -> None:
    edges = np.array([100, 200, 300])
    assert covered(0, 299, 0, 299, edges).tolist() == [True, True, True]
    assert covered(9, 285, 0, 299, edges).tolist() == [True, True, False]
    assert covered(11, 295, 0, 299, edges).tolist() == [False, True, True]
