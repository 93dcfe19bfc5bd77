"""Measured costs take the place of terms where those terms are in force."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import Terms
from core.research.calibration.costs import Costs
from core.research.calibration.measure import Calibration, Measured

MEASURED = Measured(
    symbol="binance:X", fills=99, orders=99, first_ns=1, last_ns=2, fee={}, slippage=None, from_decision=None, buckets=[], impact=None,
    latency=None, missing={}, terms={"fee_bps": 3.0, "maker_fee_bps": -1.0}, plain={},
)  # fmt: skip


@pytest.mark.parametrize(
    ("how", "rests"),
    [
        ({}, False),
        ({"entry": "stop"}, False),
        ({"entry": "limit"}, True),
        ({"exits": "resting", "take_profit_pct": 1.0}, True),
    ],
    ids=["market", "stop orders", "limit orders", "take-profits that rest"],
)
def test_a_makers_fee_is_that_of_what_rests(how: dict[str, Any], rests: bool) -> None:
    found = Costs(Calibration("home", 30, {}, [MEASURED])).terms("binance:X", Terms(**how))
    assert (found.fee_bps, found.maker_fee_bps) == (3.0, -1.0 if rests else None)
