"""What came of advice: laws that hold whatever the figures are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.copilot import laws
from core.copilot.couples import LEAST_MINUTES, correlations
from core.copilot.usual import LEAST, STRETCH_S, Usual

money = st.floats(-5_000, 5_000, allow_nan=False)
BEFORE = {"equity": 10_000.0, "capital": 10_000.0, "position": 2.0, "price": 100.0}


@given(money)
def test_a_warning_of_loss_is_right_exactly_where_more_than_nothing_was_lost(change: float) -> None:
    outcome = laws.loses_more(BEFORE, {"equity": 10_000.0 + change}, "")
    assert outcome.hit is (change < -1.0 - 1e-9) or abs(change + 1.0) < 1e-6


@given(st.floats(1, 200))
def test_flattening_is_right_exactly_where_the_position_would_have_lost(price: float) -> None:
    outcome = laws.loses_more(BEFORE, {"equity": 10_000.0, "price": price}, "flatten")
    moved = 2.0 * (price - 100.0)
    assert outcome.hit is None if abs(moved) < 1.0 else outcome.hit is (moved < 0)
    if outcome.hit is not None:
        assert f"{abs(moved):,.2f}" in outcome.words


@given(money)
def test_a_short_position_that_was_closed_is_judged_the_other_way_round(change: float) -> None:
    long_, short_ = (
        laws.loses_more(BEFORE | {"position": held}, {"equity": 0.0, "price": 100.0 + change}, "flatten").hit for held in (2.0, -2.0)
    )
    assert (long_ is None) == (short_ is None)
    assert long_ is None or long_ is not short_


def test_a_pause_is_judged_by_the_position_it_kept_and_by_nothing_where_it_kept_none() -> None:
    assert laws.loses_more(BEFORE, {"equity": 9_900.0}, "pause") == (True, "lost 100.00 more on the position it kept")
    assert laws.loses_more(BEFORE | {"position": 0.0}, {"equity": 10_000.0}, "pause").hit is None


@given(money, money)
def test_two_that_are_one_bet_both_win_or_both_lose(one: float, other: float) -> None:
    before = {"equity": 0.0, "other": 0.0, "capital": 10_000.0}
    outcome = laws.moved_together(before, {"equity": one, "other": other}, "")
    assert outcome.hit is (None if min(abs(one), abs(other)) < 1.0 else one * other > 0)


@pytest.mark.parametrize(
    ("seconds", "over", "acted", "hit"),
    [(59.0, 1.0, "", False), (60.0, 1.0, "", True), (5.0, 1.0, "pause", True), (600.0, 0.0, "", True)],
)
def test_what_passes_by_itself_within_a_minute_was_no_news(seconds: float, over: float, acted: str, hit: bool) -> None:
    assert laws.lasted({}, {"lasted_s": seconds, "over": over}, acted).hit is hit


@pytest.mark.parametrize(
    ("law", "before", "wrong", "right"),
    [
        (laws.stayed_wide, {}, {"ratio": 1.49}, {"ratio": 1.5}),
        (laws.stayed_apart, {"zscore": -3.0}, {"zscore": 1.5}, {"zscore": -1.51}),
        (laws.stayed_silent, {"fills": 4.0}, {"fills": 5.0}, {"fills": 4.0}),
        (laws.shrank, {"free": 2e9}, {"free": 2e9}, {"free": 1.9e9}),
        (laws.still_dear, {"assumed": 4.0}, {"paid": 4.0}, {"paid": 4.1}),
        (laws.was_used, {"registered": 2.0}, {"registered": 2.0}, {"registered": 3.0}),
    ],
)
def test_each_law_has_a_line_between_right_and_wrong(
    law: laws.Outcome, before: dict[str, float], wrong: dict[str, float], right: dict[str, float]
) -> None:
    assert law(before, wrong, "").hit is False  # type: ignore[operator]
    assert law(before, right, "").hit is True  # type: ignore[operator]


@pytest.mark.parametrize(
    "law", [laws.loses_more, laws.moved_together, laws.stayed_wide, laws.stayed_apart, laws.stayed_silent, laws.shrank, laws.still_dear]
)
def test_nothing_is_claimed_where_the_figures_are_gone(law: laws.Outcome) -> None:
    assert law({}, {}, "").hit is None  # type: ignore[operator]


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_correlations_are_numpys_where_all_minutes_are_known(seed: int, rows: int) -> None:
    changes = np.random.default_rng(seed).normal(size=(rows, 60))
    r, minutes = correlations(changes)
    np.testing.assert_allclose(r, np.corrcoef(changes), atol=1e-9)
    assert (minutes == 60).all()


def test_minutes_that_one_of_them_did_not_see_do_not_count_and_too_few_tell_nothing() -> None:
    changes = np.random.default_rng(1).normal(size=(2, 60))
    changes[1, : 60 - LEAST_MINUTES] = np.nan
    r, minutes = correlations(changes)
    assert minutes[0, 1] == LEAST_MINUTES
    tail = changes[:, 60 - LEAST_MINUTES :]
    assert r[0, 1] == pytest.approx(np.corrcoef(tail)[0, 1])
    changes[1, 60 - LEAST_MINUTES] = 0.0  # it stood still then
    assert np.isnan(correlations(changes)[0][0, 1])


def test_a_strategy_that_stands_still_goes_with_nothing() -> None:
    changes = np.vstack([np.random.default_rng(1).normal(size=60), np.full(60, 3.0)])
    assert np.isnan(correlations(changes)[0][0, 1])


def test_what_is_usual_is_known_after_half_an_hour_and_one_wild_stretch_does_not_move_it() -> None:
    usual = Usual()
    for at in range(0, int(STRETCH_S) * LEAST, 10):
        usual.put(float(at), 1.0)
        assert usual.usual is None
    begun = int(STRETCH_S) * LEAST
    for at in range(begun, begun + int(STRETCH_S) + 10, 10):
        usual.put(float(at), 9.0)
    assert usual.usual == 1.0
    assert usual.now == pytest.approx(9.0)
