"""Levels: a crossing is found however the figures come, once each, and neither before nor after it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.levels import Crossing, Levels

figures = st.integers(-6, 6).map(float)


def one(side: str, level: float, last: float | None = None) -> Levels:
    levels = Levels(last)
    levels.add(side, level, "r")
    return levels


def test_a_level_is_crossed_once_and_again_only_after_the_way_back() -> None:
    levels = one("above", 10.0, 9.0)
    assert levels.value(10.0) == [Crossing("r", 0, 10.0)]
    assert levels.value(12.0) == []
    assert levels.value(9.99) == []
    assert levels.value(11.0) == [Crossing("r", 0, 11.0)]


def test_a_batch_that_crosses_and_comes_back_is_not_missed() -> None:
    assert one("above", 10.0, 9.0).values(np.array([9.5, 10.5, 9.5])) == [Crossing("r", 1, 10.5)]
    assert one("below", 8.0, 9.0).values(np.array([9.5, 7.5, 9.5])) == [Crossing("r", 1, 7.5)]


def test_what_is_beyond_from_the_first_figure_on_did_not_cross() -> None:
    assert one("above", 10.0).values(np.array([11.0, 12.0])) == []
    assert one("above", 10.0).value(11.0) == []


def test_a_dropped_rule_is_told_nothing() -> None:
    levels = one("above", 10.0, 9.0)
    levels.add("above", 10.0, "other")
    levels.drop(["r"])
    assert [crossing.rule for crossing in levels.value(10.0)] == ["other"]


@given(st.lists(figures, min_size=1, max_size=40), st.data())
def test_any_batching_finds_the_crossings_of_one_figure_after_another(path: list[float], data: st.DataObject) -> None:
    rules = [(side, float(level)) for side in ("above", "below") for level in range(-5, 6)]
    alone, batched = Levels(), Levels()
    for side, level in rules:
        alone.add(side, level, f"{side} {level}")
        batched.add(side, level, f"{side} {level}")
    expected = []
    before: float | None = None
    for at, value in enumerate(path):
        for side, level in rules:
            if before is not None and (before < level <= value if side == "above" else before > level >= value):
                expected.append((at, f"{side} {level}"))
        before = value
    one_by_one = [(at, crossing.rule) for at, value in enumerate(path) for crossing in alone.value(value)]
    found, at = [], 0
    while at < len(path):
        size = data.draw(st.integers(1, 7))
        found += [(at + crossing.at, crossing.rule) for crossing in batched.values(np.array(path[at : at + size]))]
        at += size
    assert sorted(found) == sorted(one_by_one) == sorted(expected)
