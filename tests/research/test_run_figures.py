"""What a run came to beyond its account: by hand, in tables, and None where it does not exist."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_rig import MS, play, prints, terms

from core.kernels.records import FILL, REPORT, STOP_LOSS
from core.research.figures import figures, held_until
from core.research.metrics import Run
from core.research.tables import tables
from core.research.trips import TRIP, closed_trips
from core.research.underwater import Falls
from core.types import DAY, MINUTE, SECOND, Records

D0 = 19_943 * DAY  # Thursday, 2024-08-08
HOUR = 60 * MINUTE


def run(**changes: Any) -> Run:
    """Two and a half days with a capital of 1,000."""
    given: dict[str, Any] = {
        "ticks": 100, "fills": 9, "trades": 4, "wins": 3, "gross_profit": 30.0, "gross_loss": 12.0, "fees": 6.0, "equity": 1050.0,
        "capital": 1000.0, "max_drawdown": 20.0, "max_drawdown_pct": 4.0, "boundaries_ns": np.array([D0 + DAY, D0 + 2 * DAY]),
        "equities": np.array([1010.0, 1070.0]), "first_ns": D0, "last_ns": D0 + 5 * DAY // 2,
    }  # fmt: skip
    return Run(**(given | changes))


def trips_of(*results: tuple[float, float, int, int]) -> Records:
    """Trips of (gross, fees, seconds held, reason), an hour after one another, each of a value of 1,000."""
    trips = np.zeros(len(results), TRIP)
    for k, (gross, fees, seconds, why) in enumerate(results):
        trip = trips[k]
        trip["gross"], trip["fees"], trip["net"], trip["net_pct"], trip["why"] = gross, fees, gross - fees, (gross - fees) / 10, why
        trip["entry_ns"], trip["duration_ns"], trip["side"] = D0 + k * HOUR, seconds * SECOND, 1 if k % 2 == 0 else -1
        trip["exit_ns"] = trip["entry_ns"] + trip["duration_ns"]
    trips["mae_pct"], trips["mfe_pct"] = math.nan, math.nan
    return trips


def fills_of(*rows: tuple[int, float, float, float, int]) -> Records:
    """FILL reports of (ts, signed quantity, price, position after, reason)."""
    fills = np.zeros(len(rows), REPORT)
    for fill, (ts, qty, price, position, why) in zip(fills, rows, strict=True):
        fill["ts"], fill["qty"], fill["price"], fill["position"], fill["why"], fill["kind"] = ts, qty, price, position, why, FILL
    return fills


NO_FILLS = fills_of()


def test_figures_of_trades_are_of_their_results_after_fees() -> None:
    trips = trips_of((11, 1, 60, 0), (21, 1, 120, 0), (-5, 1, 30, 1), (1, 1, 30, 0), (-3, 1, 600, 1), (6, 1, 60, 0))
    found = figures(run(), trips, NO_FILLS, None)
    expected = {
        "expectancy": 25 / 6, "expectancy_gross": 31 / 6, "expectancy_pct": 25 / 60, "average_win": 35 / 3, "average_loss": 10 / 3,
        "payoff_ratio": 3.5, "largest_win": 20, "largest_loss": 6, "consecutive_wins": 2, "consecutive_losses": 3,
        "fees_share": 6 / (11 + 21 + 1 + 6), "average_holding_s": 150, "longest_holding_s": 600, "average_mae_pct": None,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == {
        name: value if value is None else pytest.approx(value) for name, value in expected.items()
    }


def test_excursions_are_averages_over_the_trades_that_were_watched() -> None:
    trips = trips_of((1, 0, 1, 0), (1, 0, 1, 0))
    trips["mae_pct"], trips["mfe_pct"] = [-1, -2], [4, 0]
    found = figures(run(), trips, NO_FILLS, None)
    assert (found["average_mae_pct"], found["average_mfe_pct"]) == (-1.5, 2.0)


def test_figures_of_days_are_of_equity_from_midnight_to_midnight() -> None:
    found = figures(run(), trips_of(), NO_FILLS, None)
    assert (found["best_day"], found["worst_day"]) == (60.0, -20.0)
    assert found["net_pnl_day"] == pytest.approx(20.0)
    assert found["cagr"] == pytest.approx(1.05 ** (365 / 2.5) - 1)
    daily = np.array([10, 60, -20]) / 1000
    assert found["volatility"] == pytest.approx(np.std(daily, ddof=1) * math.sqrt(365))
    assert found["sortino"] == pytest.approx(daily.mean() / math.sqrt(0.02**2 / 3) * math.sqrt(365))
    assert found["calmar"] == pytest.approx(found["cagr"] / 0.04)


def test_a_span_under_two_days_has_no_years_worth_and_one_of_a_day_no_best_day() -> None:
    short = figures(run(last_ns=D0 + DAY + HOUR, boundaries_ns=[D0 + DAY], equities=[1010.0]), trips_of(), NO_FILLS, None)
    assert [short[name] for name in ("cagr", "volatility", "sortino", "calmar")] == [None] * 4
    assert (short["best_day"], short["worst_day"]) == (40.0, 10.0)
    day = figures(run(last_ns=D0 + HOUR // 2, boundaries_ns=[], equities=[]), trips_of(), NO_FILLS, None)
    assert [day[name] for name in ("best_day", "worst_day", "net_pnl_day", "turnover")] == [None] * 4


def test_exposure_and_turnover_are_of_the_span() -> None:
    fills = fills_of(
        (D0 + DAY // 2, 2, 100, 2, 0), (D0 + DAY, -3, 110, -1, 0), (D0 + 3 * DAY // 2, 1, 90, 0, 0), (D0 + 2 * DAY, 1, 90, 1, 0)
    )
    found = figures(run(), trips_of(), fills, None)
    assert found["exposure"] == pytest.approx((1.0 + 0.5) / 2.5), "what is still held at the end counts"
    assert found["turnover"] == pytest.approx((200 + 330 + 90 + 90) / 1000 / 2.5)


def test_of_bars_a_fill_at_an_open_happened_when_the_bar_opened_and_a_stop_before_it_closed() -> None:
    fills = fills_of((D0 + MINUTE, 1, 100, 1, 0), (D0 + 4 * MINUTE, -1, 90, 0, STOP_LOSS))
    times = D0 + MINUTE * np.arange(6)
    assert (held_until(fills, times, MINUTE) / MINUTE).tolist() == [0, 1, 2, 3, 4, 4]
    assert (held_until(fills, times, 0) / MINUTE).tolist() == [0, 0, 1, 2, 3, 3]
    assert held_until(NO_FILLS, times, 0).tolist() == [0.0] * 6
    always = run(ticks=5, first_ns=D0, last_ns=D0 + 4 * MINUTE, interval_ns=MINUTE)
    assert figures(always, trips_of(), fills[:1], None)["exposure"] == 1.0


def test_falls_are_told_where_somebody_watched() -> None:
    found = figures(run(), trips_of(), NO_FILLS, Falls(DAY, HOUR, 2 * HOUR, True))
    assert (found["max_drawdown_s"], found["max_drawdown_recovered"]) == (7200.0, True)
    assert (found["underwater"], found["longest_underwater_s"]) == (pytest.approx(0.4), 3600.0)
    nobody = figures(run(), trips_of(), NO_FILLS, None)
    assert [nobody[name] for name in ("max_drawdown_s", "max_drawdown_recovered", "underwater", "longest_underwater_s")] == [None] * 4


def test_a_run_that_never_traded_has_none_of_what_trades_make() -> None:
    found = figures(run(ticks=1, last_ns=D0, boundaries_ns=[], equities=[], equity=1000.0), trips_of(), NO_FILLS, Falls(0, 0, None, None))
    there = {name: value for name, value in found.items() if value is not None}
    assert there == {"consecutive_wins": 0, "consecutive_losses": 0, "longest_underwater_s": 0.0}


@given(
    st.lists(st.sampled_from([0.0, -1.0, 1e308, -1e308, 5e-324, math.nan, math.inf]), max_size=5), st.sampled_from([1e308, 0.0, math.nan])
)
def test_json_never_meets_nan_or_infinity(results: list[float], equity: float) -> None:
    trips = trips_of(*((result, 0.5, 1, 0) for result in results))
    found = figures(run(equity=equity, fees=equity), trips, fills_of((D0, 1e308, 1e308, 1e308, 0)), None)
    with np.errstate(all="ignore"):
        json.dumps([found, tables(trips)], allow_nan=False)


def test_tables_add_up_to_the_whole_and_name_what_they_are_of() -> None:
    trips = trips_of((11, 1, 60, 0), (21, 1, 120, 0), (-5, 1, 30, 1), (1, 1, 30, 0), (-3, 1, 600, 1), (6, 1, 60, 2))
    trips["exit_ns"][-1] += 30 * DAY
    found = tables(trips)
    assert [row["hour"] for row in found["by_hour"]] == [0, 1, 2, 3, 4, 5]
    assert [(row["weekday"], row["trades"]) for row in found["by_weekday"]] == [("Thu", 5), ("Sat", 1)]
    assert [(row["month"], row["trades"]) for row in found["by_month"]] == [("2024-08", 5), ("2024-09", 1)]
    assert [(row["side"], row["trades"], row["net"]) for row in found["by_side"]] == [("long", 3, 0.0), ("short", 3, 25.0)]
    assert found["by_exit"][1] == {
        "reason": "stop_loss", "trades": 2, "win_rate": 0.0, "gross": -8.0, "fees": 2.0, "net": -10.0, "expectancy": -5.0,
    }  # fmt: skip
    for rows in found.values():
        assert sum(row["trades"] for row in rows) == 6
        assert sum(row["net"] for row in rows) == pytest.approx(25.0)


def test_of_bars_a_trip_belongs_to_the_bar_it_ended_in_not_to_the_hour_its_close_opens() -> None:
    trips = trips_of((1, 0, 3600, 0))
    assert [row["hour"] for row in tables(trips)["by_hour"]] == [1]
    assert [row["hour"] for row in tables(trips, HOUR)["by_hour"]] == [0]
    trips["exit_ns"] = D0
    assert tables(trips, DAY)["by_weekday"][0]["weekday"] == "Wed"


def test_no_trips_make_no_rows() -> None:
    assert set(map(len, tables(trips_of()).values())) == {0}


def test_the_figures_of_a_small_run_are_those_by_hand() -> None:
    told = play(prints([100, 100, 110, 110, 95, 95, 95], at=[k * 3_600_000 for k in range(7)]), [1, 1, 0, -2, -2, 0, 0], terms(fee_bps=100))
    account, fills = told.account, told.of(FILL)
    first, last = int(told.reports["ts"][0]), int(told.reports["ts"][0]) + 6 * 3_600_000 * MS
    what = run(fees=account.fees, equity=account.equity, first_ns=first, last_ns=last, boundaries_ns=[], equities=[])
    found = figures(what, closed_trips(fills), fills, None)
    # long 1 at 100, out at 110: 10 less 2.10; short 2 at 95, out at 95: -3.80
    assert found["expectancy"] == pytest.approx((7.9 - 3.8) / 2)
    assert found["payoff_ratio"] == pytest.approx(7.9 / 3.8)
    assert found["fees_share"] == pytest.approx(5.9 / 10)
    assert found["average_holding_s"] == 3600 * 2
    assert found["turnover"] == pytest.approx((100 + 110 + 190 + 190) / 1000 * 4)
    assert found["exposure"] == pytest.approx(4 / 6)
