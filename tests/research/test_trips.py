"""Round trips made of fills: as by hand, and to the bit what the account counted."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_cases import cases
from loop_rig import MS, T0, Run, play, prints, scripted, terms

from core.kernels.records import FILL, SIGNAL, TRAILING
from core.research.rows import trip_rows
from core.research.trips import closed_trips, parts_of

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")


def test_a_trip_is_from_flat_to_flat_and_what_is_still_open_is_none() -> None:
    run = play(prints([100, 110, 120, 130, 140]), [1, 0, 1, 1, 1], terms(fee_bps=10))
    (trip,) = closed_trips(run.of(FILL))
    assert (trip["entry"], trip["exit"], trip["qty"], trip["side"], trip["fills"]) == (110, 120, 1, 1, 2)
    assert (trip["entry_ns"], trip["exit_ns"], trip["duration_ns"]) == (T0 + 1000 * MS, T0 + 2000 * MS, 1000 * MS)
    assert trip["gross"] == 10
    assert trip["fees"] == pytest.approx(0.11 + 0.12)
    assert trip["net"] == pytest.approx(9.77)
    assert trip["net_pct"] == pytest.approx(100 * 9.77 / 110)
    assert (trip["first_fill"], trip["last_fill"]) == (1, 2)
    assert np.isnan(trip["mae"]), "nobody watched"


def test_a_flip_ends_one_trip_and_begins_the_next_and_its_fee_is_shared_by_quantity() -> None:
    run = play(prints([100, 100, 110, 104, 104]), [1, -3, 0, 0, 0], terms(fee_bps=100))
    one, two = closed_trips(run.of(FILL))
    assert (one["side"], one["entry"], one["exit"], one["gross"]) == (1, 100, 110, 10)
    assert one["fees"] == pytest.approx(1.0 + 4.4 / 4), "a quarter of the fee of four units"
    assert (two["side"], two["entry"], two["exit"], two["qty"], two["gross"]) == (-1, 110, 104, 3, 18)
    assert two["fees"] == pytest.approx(4.4 * 3 / 4 + 3.12)
    assert one["last_fill"] == two["first_fill"] == 2
    assert one["exit_ns"] == two["entry_ns"]


def test_prices_are_averages_over_all_that_went_in_and_out() -> None:
    run = play(prints([0, 100, 110, 120, 90, 80, 80]), [1, 3, 2, 4, 0, 0, 0], terms())
    (trip,) = closed_trips(run.of(FILL))
    assert trip["entry"] == pytest.approx((100 + 2 * 110 + 2 * 90) / 5)
    assert trip["exit"] == pytest.approx((120 + 4 * 80) / 5)
    assert trip["value"] == 500
    assert (trip["qty"], trip["fills"]) == (4, 5)
    assert trip["gross"] == pytest.approx(120 + 4 * 80 - 500)


def test_partial_fills_belong_to_the_trip_they_build_up() -> None:
    run = play(prints([100, 101, 102, 103, 104, 105, 106], qty=1.0), [1, 1, 1, 0, 0, 0, 0], terms(participation=0.5))
    (trip,) = closed_trips(run.of(FILL))
    assert (trip["fills"], trip["qty"]) == (4, 1)
    assert (trip["entry"], trip["exit"]) == (101.5, 104.5)


def test_the_reason_is_that_of_the_fill_that_ended_it() -> None:
    run = play(prints([100, 100, 110, 98, 98, 98, 97]), [1, 1, 1, 1, 1, 2, 0], terms(trailing_pct=5))
    assert closed_trips(run.of(FILL))["why"].tolist() == [TRAILING]
    run = play(prints([100, 100, 110, 111]), [1, 1, 0, 0], terms(trailing_pct=5))
    assert closed_trips(run.of(FILL))["why"].tolist() == [SIGNAL]


def test_without_fills_or_before_the_first_exit_there_are_none() -> None:
    for targets in ([0, 0, 0], [1, 1, 1]):
        assert len(closed_trips(play(prints([100, 101, 102]), targets, terms()).of(FILL))) == 0


@settings(max_examples=150)
@given(data=st.data())
def test_the_account_counted_the_same_trips_to_the_bit(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(cases())
    run = Run(told := scripted(wanted, how), told.feed(ticks))
    trips = closed_trips(run.of(FILL))
    assert len(trips) == run.account.trades
    assert (trips["net"] > 0).sum() == run.account.wins
    profit = loss = 0.0
    for net in trips["net"].tolist():
        profit, loss = (profit + net, loss) if net > 0.0 else (profit, loss - net)
    assert (profit, loss) == (run.account.gross_profit, run.account.gross_loss)
    for before, after in pairwise(trips):
        assert before["exit_ns"] <= after["entry_ns"]
    assert (trips["qty"] > 0).all()
    assert (trips["value"] >= 0).all()


@settings(max_examples=100)
@given(data=st.data())
def test_what_the_parts_of_the_fills_come_to_is_what_the_fills_came_to(data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(cases())
    fills = play(ticks, wanted, how).of(FILL)
    parts = parts_of(fills)
    assert parts.fee.sum() == pytest.approx(fills["fee"].sum())
    assert parts.qty.sum() == pytest.approx(np.abs(fills["qty"]).sum())
    trips = closed_trips(fills)
    for trip in trips:
        assert trip["gross"] == pytest.approx(trip["side"] * (trip["exit"] - trip["entry"]) * trip["value"] / trip["entry"], abs=1e-6)


def test_rows_are_json_and_the_newest_keep_their_numbers() -> None:
    run = play(prints([100, 100, 110, 104, 104, 104]), [1, -3, 0, 0, 0, 0], terms(fee_bps=100))
    rows = trip_rows(closed_trips(run.of(FILL)), "sma")
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert [row["trade"] for row in rows] == [1, 2]
    assert rows[0] | {"fees": 0, "net": 0, "net_pct": 0} == {
        "trade": 1, "side": "long", "entry_ns": T0 + 1000 * MS, "exit_ns": T0 + 2000 * MS, "duration_ns": 1000 * MS, "fills": 2,
        "entry": 100.0, "exit": 110.0, "qty": 1.0, "gross": 10.0, "fees": 0, "net": 0, "net_pct": 0, "mae": None, "mfe": None,
        "mae_pct": None, "mfe_pct": None, "reason": "signal", "first_fill": "sma:1", "last_fill": "sma:2",
    }  # fmt: skip
    assert trip_rows(closed_trips(run.of(FILL)), "sma", 1) == rows[1:]
    assert math.isfinite(rows[1]["net_pct"])
