"""Laws of disturbed prints: whatever is done to them, each that was not told to stay out goes out."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exchange.alterations import poison, retyped
from core.exchange.disturbances import Disturbances, Event
from core.exchange.rows import TRADE, Kind, Segment, in_order

PRINTS = 60

acts = st.lists(
    st.tuples(st.integers(0, PRINTS), st.sampled_from(["skip", "duplicate", "reorder", "poison", "rename"]), st.integers(1, 12)),
    max_size=12,
)


def market() -> tuple[Segment, list[Event]]:
    rows = np.zeros(PRINTS, TRADE)
    rows["when"] = rows["id"] = np.arange(PRINTS)
    segment = in_order({(Kind.TRADE, 0): rows}, None, PRINTS)
    return segment, [(Kind.TRADE, 0, number) for number in range(PRINTS)]


@settings(max_examples=50, deadline=None)
@given(acts, st.integers(1, 20))
def test_what_is_not_left_out_goes_out_once_and_what_is_repeated_twice(told: list[tuple[int, str, int]], batch: int) -> None:
    segment, events = market()
    disturbances = Disturbances(lambda: 0.0)
    out: list[int] = []
    skipped = repeated = 0
    for at in range(0, PRINTS, batch):
        for _, what, count in (act for act in told if at <= act[0] < at + batch):
            if what == "skip":
                disturbances.withhold(0, count)
                skipped += count
            elif what == "duplicate":
                disturbances.repeat(0, count)
                repeated += count
            elif what == "reorder":
                disturbances.reorder(0, count)
            elif what == "poison":
                disturbances.poison(0, count, poison("nan"))
            else:
                disturbances.rename(0, 1.0, retyped("p"))
        out += [_number(event) for event in disturbances.apply(segment, events[at : at + batch])]
    out += [_number(event) for event in disturbances.held_back()]
    counts = Counter(out)
    assert PRINTS - len(counts) == min(skipped, PRINTS - len(counts)) <= skipped
    assert sum(counts.values()) - len(counts) <= repeated
    assert max(counts.values(), default=1) <= 2
    if not skipped:
        assert set(counts) == set(range(PRINTS))
    if not any(what == "reorder" for _, what, _ in told):
        assert out == sorted(out)


def _number(event: object) -> int:
    return event.row[3] if hasattr(event, "row") else event[2]  # type: ignore[index,no-any-return]


def test_undisturbed_events_are_passed_on_as_they_are() -> None:
    segment, events = market()
    assert Disturbances().apply(segment, events) is events
