"""A market's own time: as the wall clock's until it is hurried, never backwards, and what is past stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exchange.generated import GeneratedMarket
from core.exchange.rows import TRADE, Kind
from core.exchange.scenario import Instrument, Scenario
from core.exchange.timeline import Timeline
from core.types import MINUTE, SECOND

NOON = 1_795_262_400_000_000_000

rates = st.sampled_from([0.25, 0.5, 1.0, 1.5, 3.3, 10.0, 100.0])
changes = st.lists(st.tuples(st.integers(0, 100 * SECOND), rates), max_size=6)
moments = st.lists(st.integers(-200 * SECOND, 2000 * SECOND), min_size=1, max_size=20)


def hurried(steps: list[tuple[int, float]]) -> Timeline:
    timeline = Timeline()
    wall = NOON
    for step, rate in steps:
        wall += step
        timeline.set_rate(rate, wall)
    return timeline


@settings(max_examples=50, deadline=None)
@given(changes, moments)
def test_the_wall_clock_of_a_market_time_is_the_first_at_which_it_has_come(steps: list[tuple[int, float]], offsets: list[int]) -> None:
    timeline = hurried(steps)
    for market in (NOON + offset for offset in offsets):
        wall = timeline.wall(market)
        assert timeline.market(wall) >= market
        assert timeline.market(wall - 1) < market or wall in {NOON + sum(step for step, _ in steps[: n + 1]) for n in range(len(steps))}


@settings(max_examples=50, deadline=None)
@given(changes, moments)
def test_neither_goes_backwards(steps: list[tuple[int, float]], offsets: list[int]) -> None:
    timeline = hurried(steps)
    ordered = sorted(NOON + offset for offset in offsets)
    for mapped in ([timeline.wall(moment) for moment in ordered], [timeline.market(moment) for moment in ordered]):
        assert mapped == sorted(mapped)


@settings(max_examples=50, deadline=None)
@given(changes, rates, moments)
def test_what_is_past_stays_as_it_was(steps: list[tuple[int, float]], rate: float, offsets: list[int]) -> None:
    timeline = hurried(steps)
    now = NOON + 1000 * SECOND
    past = [moment for moment in (NOON + offset for offset in offsets) if moment < now]
    before = [timeline.market(moment) for moment in past]
    rows = np.zeros(len(past), TRADE)
    rows["when"] = np.sort(np.array(before, np.int64))
    was = timeline.at_wall(rows)["when"].tolist()
    timeline.set_rate(rate, now)
    assert [timeline.market(moment) for moment in past] == before
    assert timeline.at_wall(rows)["when"].tolist() == was


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_time_goes_forward(rate: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Timeline().set_rate(rate, NOON)


def test_a_hurried_market_keeps_its_ids_and_prices_and_its_times_are_when_they_were_released() -> None:
    now = NOON + 30 * SECOND
    scenario = Scenario(instruments=[Instrument(base="BTC", price=100.0)])
    calm, market = (GeneratedMarket(scenario, lambda: now) for _ in range(2))
    market.timeline.set_rate(10.0, now)
    market.timeline.set_rate(1.0, now + 3 * SECOND)
    number = NOON // MINUTE
    before, after = calm.rows(Kind.TRADE, 0, number), market.rows(Kind.TRADE, 0, number)
    for field in ("id", "price", "qty", "maker"):
        assert (before[field] == after[field]).all()
    early, late = before["when"] <= now, before["when"] > now
    assert (before[early] == after[early]).all()
    assert late.any()
    # Ten times as near to the moment it was hurried.
    assert (after["when"][late] == now - (-(before["when"][late] - now) // 10)).all()
    assert (after["time"] == after["when"] // 1000).all()
    assert market.segment(number).end == now + 3 * SECOND  # type: ignore[union-attr]
    assert market.number_at(now + 3 * SECOND) == number + 1
    assert market.number_at(now + 3 * SECOND - 1) == number
