"""A round trip carries what funding cost while it was open, so that trips and what is open come to what the account has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_cases import realistic_cases
from loop_laws_rig import random_bars
from loop_rig import BARS, FULL, Run, play, prints, terms

from core.compile.module import Variant
from core.kernels.records import FILL, FUNDING
from core.research.rows import trip_rows
from core.research.tables import tables
from core.research.trips import closed_trips
from core.types import DAY, Records

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in scalar multiply:RuntimeWarning")

HOUR_MS = 3_600_000
MIDNIGHT = 1_700_000_000_000_000_000 // DAY * DAY


def trips_of(run: Run) -> Records:
    """Its closed round trips."""
    return closed_trips(run.reports[np.isin(run.reports["kind"], (FILL, FUNDING))])


def over_hours() -> Run:
    """In at 07:00, out after 08:00; in again, turned round between 08:00 and 16:00, and open over 16:00."""
    hours = [6, 7, 9, 10, 11, 12, 17, 18]
    ticks = prints([100, 100, 100, 110, 110, 100, 100, 100], at=[hour * HOUR_MS for hour in hours], start=MIDNIGHT)
    return play(ticks, [2, 2, 0, 1, -1, -1, -1, -1], terms(funding_bps=100, fee_bps=10))


def test_funding_belongs_to_the_trip_that_was_open_then() -> None:
    run = over_hours()
    over, between = trips_of(run)
    assert (over["funding"], between["funding"]) == (2.0, 0.0)
    assert over["fees"] == pytest.approx(2.0 + 0.2 + 0.22)
    assert (over["gross"], over["net"]) == (pytest.approx(20.0), pytest.approx(20.0 - 2.42))
    assert run.book.trip_fees == pytest.approx(0.1 - 1.0), "the open one was paid"


def test_without_the_reports_of_funding_trips_have_their_fills_fees_alone() -> None:
    assert closed_trips(over_hours().of(FILL))["funding"].tolist() == [0.0, 0.0]


def test_lists_and_tables_tell_it_where_it_was_asked_for() -> None:
    trips = trips_of(over_hours())
    assert [row["funding"] for row in trip_rows(trips, "sma", funding=True)] == [2.0, 0.0]
    assert "funding" not in trip_rows(trips, "sma")[0]
    (hour, day) = (tables(trips, funding=True)[name] for name in ("by_hour", "by_weekday"))
    assert [row["funding"] for row in hour] == [2.0, 0.0]
    assert [(row["funding"], row["fees"]) for row in day] == [(2.0, pytest.approx(trips["fees"].sum()))]
    assert "funding" not in tables(trips)["by_hour"][0]


@pytest.mark.parametrize("variant", [FULL, BARS], ids=["ticks", "bars"])
@settings(max_examples=60)
@given(data=st.data())
def test_trips_and_what_is_open_come_to_what_the_account_has(variant: Variant, data: st.DataObject) -> None:
    ticks, wanted, how = data.draw(realistic_cases("funded", *data.draw(st.sampled_from([(), ("lots", "resting"), ("held",)]))))
    if variant is BARS:
        ticks = random_bars(data)
        ticks["start"] += np.arange(len(ticks)) * (DAY // 6)
        ticks["ts"] += np.arange(len(ticks)) * (DAY // 6)
        wanted = (wanted * len(ticks))[: len(ticks)]
    run = play(ticks, wanted, how, variant=variant)
    trips, account, book = trips_of(run), run.account, run.book
    assert len(trips) == account.trades
    assert (trips["net"] > 0).sum() == account.wins
    profit = loss = 0.0
    for net in trips["net"].tolist():
        profit, loss = (profit + net, loss) if net > 0.0 else (profit, loss - net)
    assert (profit, loss) == (account.gross_profit, account.gross_loss), "to the bit"
    still_open = book.trip_realised - book.trip_fees + book.unrealised
    assert trips["net"].sum() + still_open == pytest.approx(account.equity - account.capital, abs=1e-9)
    if book.position == 0.0:
        assert trips["funding"].sum() == pytest.approx(account.funding, abs=1e-9)
    assert trips["fees"].sum() + book.trip_fees == pytest.approx(account.fees, abs=1e-9)
