"""A book on paper is the one that the loop keeps for a strategy that trades alone: one unit, no costs, no latency, no stops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_rig import BARS, FULL, bars, prints, scripted, terms

from core.kernels.paper import PAPER, opened_at_of_bar, show, since_of_bar, want
from core.kernels.records import OWN
from core.types import Records

TARGETS = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, np.nan])


def record(kind: Any) -> Any:
    return np.zeros(1, kind).view(np.recarray)[0]


def on_paper(rows: Records, targets: list[float]) -> list[tuple[float, float, float]]:
    """(position, aim, entry) as shown on each row."""
    own, paper, found = record(OWN), record(PAPER), []
    for row, target in zip(rows.view(np.recarray), targets, strict=True):
        show(own, paper, row)
        found.append((float(own.position), float(own.aim), float(own.entry)))
        if target == target:
            want(paper, row, target)
    return found


@given(st.lists(st.tuples(st.integers(90, 110), st.integers(-1500, 2000), TARGETS), min_size=1, max_size=30))
def test_on_prints_late_ones_too(rows: list[tuple[int, int, float]]) -> None:
    at = np.cumsum([gap for _, gap, _ in rows])
    ticks = prints([price for price, _, _ in rows], at=at - at.min())
    targets = [target for _, _, target in rows]
    shown = on_paper(ticks, targets)
    made = scripted(targets, terms(), variant=FULL)
    for i in range(len(ticks)):
        aim = float(made.books[0].aim)
        made.feed(ticks[i : i + 1])
        assert shown[i] == (float(made.books[0].position), aim, float(made.books[0].entry))


@given(st.lists(st.tuples(st.integers(90, 110), st.integers(90, 110), TARGETS), min_size=1, max_size=30))
def test_on_bars_at_their_opens(rows: list[tuple[int, int, float]]) -> None:
    source = bars([(a, max(a, b), min(a, b), b) for a, b, _ in rows])
    targets = [target for _, _, target in rows]
    with pytest.MonkeyPatch.context() as patched:  # what compiling for bars puts in their place
        patched.setattr("core.kernels.paper.since", since_of_bar)
        patched.setattr("core.kernels.paper.opened_at", opened_at_of_bar)
        shown = on_paper(source, targets)
    made = scripted(targets, terms(), variant=BARS)
    for i in range(len(source)):
        aim = float(made.books[0].aim)
        made.feed(source[i : i + 1])
        assert shown[i] == (float(made.books[0].position), aim, float(made.books[0].entry))
