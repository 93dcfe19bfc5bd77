"""What the desk sends is cut as the trading loop cuts what it simulates, and a refusal says why in plain words."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import Terms
from core.compile.extras import added_terms
from core.kernels import grid
from core.trading.filters import Filters, per_unit
from core.venues.venue import SymbolInfo

STEPS = st.sampled_from([1.0, 0.1, 0.01, 0.001, 1e-5, 1e-8, 0.5, 0.25, 0.05, 10.0, 0.3])


def listed(lot: float = 0.001, tick: float = 0.01, **more: Any) -> Filters:
    return Filters.of(
        "binance", SymbolInfo("BTCUSDT", more.pop("status", "TRADING"), "BTC", "USDT", tick, lot, **{"min_notional": 5.0} | more)
    )


def terms(lot: float, tick: float) -> Any:
    """The loop's own record of them."""
    asked = added_terms(Terms(lot=lot, tick_size=tick, min_notional=5.0))
    record = np.zeros(1, np.dtype([(name, "f8") for name in asked])).view(np.recarray)
    for name, value in asked.items():
        record[name] = value
    return record[0]


@given(lot=STEPS, count=st.integers(0, 10**7), off=st.floats(0, 0.999), noise=st.sampled_from([0.0, 1e-16, -1e-16, 3e-16]))
def test_quantities_are_cut_to_the_lots_of_the_loop(lot: float, count: int, off: float, noise: float) -> None:
    qty = (count + off) * lot * (1 + noise)
    qty_there, _ = grid.moved(terms(lot, 0.01), 0.0, qty)
    found = listed(lot=lot).lots_of(qty)
    assert math.isclose(float(found), qty_there, rel_tol=1e-15)
    assert float(found) == qty_there or not per_unit(Decimal(repr(lot)))
    assert not found % Decimal(repr(lot))


@given(tick=STEPS, price=st.floats(1e-7, 1e6), side=st.sampled_from(["buy", "sell"]))
def test_limits_are_on_the_ticks_of_the_loop_away_from_the_market(tick: float, price: float, side: Literal["buy", "sell"]) -> None:
    there = grid.on_tick(terms(0.001, tick), price, side == "sell")
    found = listed(tick=tick).on_tick(price, side)
    assert math.isclose(float(found), there, rel_tol=1e-15)
    assert not listed(tick=tick).off_tick(found)


@given(qty=st.integers(1, 10_000), price=st.integers(1, 10_000), closes=st.booleans())
def test_what_is_too_small_for_the_loop_is_too_small_for_the_desk(qty: int, price: int, closes: bool) -> None:
    book = np.zeros(1, [("position", "f8"), ("aim", "f8"), ("last", "f8")]).view(np.recarray)[0]
    lots, last = qty / 1000, price / 100
    book["position"] = book["aim"] = lots if closes else 0.0
    book["last"] = last
    goal, _ = grid.orderable(book, terms(0.001, 0.01), 0.0 if closes else lots, 0)
    why = listed().refusal("sell" if closes else "buy", Decimal(qty) / 1000, Decimal(price) / 100, closes=closes)
    borderline = math.isclose(lots * last, 5.0, rel_tol=1e-12)  # floats decide there, decimals here
    assert borderline or (goal != book["position"]) == (why == "")


@pytest.mark.parametrize(
    ("qty", "price", "rules", "why"),
    [
        ("0", "100", {}, "nothing to order: less than one lot of 0.001 BTC"),
        ("0.0015", "100000", {}, "0.0015 BTC is not in whole lots of 0.001"),
        ("0.001", "100", {}, "to buy for 0.1 USDT is less than the least order of 5"),
        ("1", "100", {"max_notional": 50.0}, "to buy for 100 USDT is more than the largest order of 50"),
        ("1", "100", {"min_qty": 2.0}, "1 BTC is less than the least order of 2"),
        ("3", "100", {"max_qty": 2.0}, "3 BTC is more than the largest order of 2"),
        ("1", "100", {"max_orders": 3}, "3 orders on binance:BTCUSDT work already, the venue allows 3"),
        ("1", "100", {"status": "CANCEL_ONLY"}, "binance:BTCUSDT does not trade at the venue now: CANCEL_ONLY"),
        ("1", "0", {}, "0 USDT is no price"),
        ("1", "100", {}, ""),
    ],
)
def test_a_refusal_says_why(qty: str, price: str, rules: dict[str, Any], why: str) -> None:
    assert listed(**rules).refusal("buy", Decimal(qty), Decimal(price), working=3) == why


def test_a_limit_off_its_tick_is_refused() -> None:
    assert listed().off_tick(Decimal("100.005")) == "100.005 USDT is not on a tick of 0.01"
