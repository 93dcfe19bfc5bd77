"""Sums of holdings are those of adding up what is left, whoever asks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.trading.exposure import Exposure, Holding

NAMES, SYMBOLS = ("a", "b", "c"), ("v:X", "v:Y", "v:Z")
HOLDINGS = st.lists(
    st.builds(Holding, st.sampled_from(NAMES), st.sampled_from(SYMBOLS), st.floats(-1e3, 1e3), st.floats(1e-3, 1e5)),
    max_size=9,
    unique_by=lambda each: (each.strategy_id, each.symbol),
)


@given(HOLDINGS, st.sampled_from(NAMES), st.sampled_from(SYMBOLS))
def test_what_others_hold_is_what_is_left_without_one_s_own(holdings: list[Holding], who: str, symbol: str) -> None:
    held = Exposure(holdings)
    own, others = held.own(who, symbol), [h for h in holdings if (h.strategy_id, h.symbol) != (who, symbol)]
    near = pytest.approx
    scale = 1e-9 * (1.0 + held.size)
    assert held.size_beside(own) == near(math.fsum(abs(h.value) for h in others), abs=scale)
    assert held.of_beside(own, who) == near(math.fsum(abs(h.value) for h in others if h.strategy_id == who), abs=scale)
    for group in ((symbol,), SYMBOLS):
        assert held.net_beside(own, group) == near(math.fsum(h.value for h in others if h.symbol in group), abs=scale)
    assert held.count - own.open == sum(h.qty != 0.0 for h in others)


def test_alone_nothing_is_left() -> None:
    held = Exposure([Holding("a", "v:X", 0.1 + 0.2, 3.3)])
    own = held.own("a", "v:X")
    assert (held.size_beside(own), held.of_beside(own, "a"), held.net_beside(own, ("v:X",)), held.count - own.open) == (0.0, 0.0, 0.0, 0)
    assert held.own("b", "v:X").value == 0.0
