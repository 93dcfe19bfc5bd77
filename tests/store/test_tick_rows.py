"""A tick goes into a row and comes back the same in every bit."""

from __future__ import annotations

import math
import sqlite3

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_ticks import assert_same, stored, tick, ticks_of

from core.store.tick_rows import SELECT, why_unfit
from core.types import TICK

POSITIVE = st.floats(min_value=5e-324, max_value=1e299, allow_nan=False) | st.integers(1, 10**15).map(lambda n: n / 1e8)
QUOTES = st.floats(allow_infinity=False, allow_nan=False) | st.just(math.nan) | st.integers(0, 10**15).map(lambda n: n / 1e8)
TIMES = st.integers(0, 2**63 - 1)


@given(
    price=POSITIVE, qty=POSITIVE, bid=QUOTES, ask=QUOTES, ts=TIMES, recv=TIMES, seq=TIMES,
    id=st.integers(-(2**63), 2**63 - 1), side=st.sampled_from([-1, 0, 1]), origin=st.integers(0, 4),
)  # fmt: skip
@example(price=60_000.01, qty=0.00001, bid=60_000.0, ask=60_000.02, ts=1, recv=0, seq=1, id=1, side=1, origin=0)
@example(price=1.0, qty=1.0, bid=-0.0, ask=0.0, ts=0, recv=2**63 - 1, seq=0, id=0, side=0, origin=4)
@example(price=9e7 + 0.5, qty=0.1 + 0.2, bid=math.nan, ask=1e-9, ts=0, recv=0, seq=0, id=0, side=-1, origin=1)
def test_any_tick_comes_back_bit_for_bit(**values: float) -> None:
    ticks = tick(**values)
    db = stored(ticks)
    found = np.fromiter(db.execute(f"SELECT {SELECT} FROM tick_rows t"), TICK)
    found["symbol"] = 0
    assert_same(found, ticks)
    shown = db.execute("SELECT ts_ns, recv_ns, seq, trade_id, price, qty, bid, ask, 0, 0, side, origin FROM ticks")
    assert_same(np.fromiter(shown, TICK), ticks)


def test_a_quote_that_is_not_known_is_null_in_the_database() -> None:
    db = stored(tick(bid=math.nan, ask=2.0))
    assert db.execute("SELECT bid, ask FROM ticks").fetchall() == [(None, 2.0)]


def test_prices_with_a_venues_decimals_are_stored_as_integers() -> None:
    db = stored(ticks_of(500))
    assert db.execute("SELECT DISTINCT typeof(price), typeof(qty) FROM tick_rows").fetchall() == [("integer", "integer")]


def test_the_view_has_the_columns_promised() -> None:
    columns = [row[1] for row in stored(ticks_of(1)).execute("PRAGMA table_info(ticks)")]
    assert columns == ["symbol", "stream", "ts_ns", "recv_ns", "seq", "trade_id", "price", "qty", "bid", "ask", "side", "origin"]


@pytest.mark.parametrize("count", [1, 31, 32, 255, 256, 257, 1000])
def test_any_number_of_ticks_is_inserted_whole(count: int) -> None:
    ticks = ticks_of(count)
    ticks["id"] = np.arange(count)
    found = np.fromiter(stored(ticks).execute(f"SELECT {SELECT} FROM tick_rows t ORDER BY id"), TICK)
    found["symbol"] = ticks["symbol"]
    assert_same(found, ticks)


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": math.nan}, {"price": math.inf}, {"price": 0.0}, {"price": -1.0}, {"qty": math.nan}, {"qty": math.inf}, {"qty": 0.0},
        {"bid": math.inf}, {"ask": -math.inf}, {"ts": -1}, {"recv": -1}, {"seq": -1},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_no_market_has_is_found(wrong: dict[str, float]) -> None:
    ticks = np.concatenate((ticks_of(3), tick(id=77, **wrong)))
    assert (why_unfit(ticks) or "").startswith("tick 77 has a value no tape may hold")
    assert why_unfit(ticks[:3]) is None


@pytest.mark.parametrize("column", ["price", "qty"])
def test_the_database_itself_refuses_a_price_that_is_none(column: str) -> None:
    for value in (math.nan, math.inf, 0.0, -1.0):
        with pytest.raises(sqlite3.IntegrityError):
            stored(tick(**{column: value}))
