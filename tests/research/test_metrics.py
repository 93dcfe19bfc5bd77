"""The figures of a run against pandas and the statistics module, and what does not exist is None."""

from __future__ import annotations

import json
import math
import statistics
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.research.metrics import Run, daily_changes, metrics, sharpe_daily
from core.types import DAY, MINUTE, SECOND

D0 = 19_943 * DAY  # 2024-08-08


def run(**changes: Any) -> Run:
    given: dict[str, Any] = {
        "ticks": 100, "fills": 9, "trades": 4, "wins": 3, "gross_profit": 30.0, "gross_loss": 12.0, "fees": 1.5, "equity": 1017.25,
        "capital": 1000.0, "max_drawdown": 20.0, "max_drawdown_pct": 1.9, "boundaries_ns": np.array([D0 + DAY]),
        "equities": np.array([1010.0]), "first_ns": D0 + 5, "last_ns": D0 + 2 * DAY - 7,
    }  # fmt: skip
    return Run(**(given | changes))


def test_the_figures_have_the_agreed_names_and_follow_from_the_account() -> None:
    figures = metrics(run(), 0.25)
    assert list(figures) == [
        "ticks", "trades", "fills", "win_rate", "gross_profit", "gross_loss", "fees", "net_pnl", "profit_factor",
        "max_drawdown", "max_drawdown_pct", "sharpe", "elapsed_s",
    ]  # fmt: skip
    assert figures["win_rate"] == 0.75
    assert figures["net_pnl"] == 17.25
    assert figures["profit_factor"] == 2.5
    assert figures["sharpe"] == pytest.approx(statistics.mean([10, 7.25]) / statistics.stdev([10, 7.25]) * math.sqrt(365), rel=1e-12)
    assert figures["elapsed_s"] == 0.25


def test_what_does_not_exist_is_none() -> None:
    idle = metrics(run(fills=0, trades=0, wins=0, gross_profit=0.0, gross_loss=0.0, fees=0.0, equity=1000.0, equities=[1000.0]), 0.1)
    assert (idle["win_rate"], idle["profit_factor"], idle["sharpe"]) == (None, None, None)
    assert metrics(run(gross_loss=0.0), 0.1)["profit_factor"] is None
    assert metrics(run(ticks=0, boundaries_ns=[], equities=[]), 0.1)["sharpe"] is None


@given(
    st.sampled_from(["equity", "gross_profit", "gross_loss", "fees", "max_drawdown"]),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308]),
)
def test_json_never_meets_nan_or_infinity(name: str, value: float) -> None:
    figures = metrics(run(**{name: value}), 0.1)
    json.dumps(figures, allow_nan=False)


def test_sharpe_needs_two_days_and_changes_that_differ() -> None:
    assert sharpe_daily([], [], 1100.0, D0, D0 + DAY - 1, 1000.0) is None
    assert sharpe_daily([D0 + DAY], [1100.0], 1050.0, D0, D0 + DAY, 1000.0) is not None
    assert sharpe_daily([D0 + DAY], [1000.0], 1000.0, D0, D0 + DAY, 1000.0) is None
    assert sharpe_daily([D0 + DAY, D0 + 2 * DAY], [1000.1, 1000.2], 1000.3, D0, D0 + 2 * DAY, 1000.0) is None  # differ by rounding only


def test_a_span_under_two_days_has_no_sharpe_however_many_days_it_touches() -> None:
    late, early = D0 + DAY - MINUTE, D0 + DAY + MINUTE
    assert metrics(run(first_ns=late, last_ns=early), 0.1)["sharpe"] is None
    assert (
        metrics(run(first_ns=late, last_ns=early + DAY, boundaries_ns=[D0 + DAY, D0 + 2 * DAY], equities=[1010.0, 1012.0]), 0.1)["sharpe"]
        is None
    )
    bars = run(first_ns=D0, last_ns=D0 + DAY, boundaries_ns=[D0 + DAY], equities=[1010.0], interval_ns=DAY)
    assert metrics(bars, 0.1)["sharpe"] is not None, "two bars of a day are two days"


def test_days_without_ticks_count_as_zero_change() -> None:
    changes = daily_changes([D0 + DAY, D0 + 4 * DAY], [1010.0, 1030.0], 1025.0, D0, D0 + 4 * DAY + 1, 1000.0)
    assert changes.tolist() == [10.0, 0.0, 0.0, 20.0, -5.0]


points = st.lists(st.tuples(st.integers(0, 20 * 86_400), st.floats(500, 1500)), min_size=2, max_size=60)


@given(points)
def test_sharpe_agrees_with_pandas(curve: list[tuple[int, float]]) -> None:
    """The equity after every tick, resampled to UTC days by pandas, gives the ratio that the marks give."""
    ordered = sorted(dict(curve).items())
    times = [D0 + second * SECOND for second, _ in ordered]
    values = [value for _, value in ordered]
    days = [ns // DAY for ns in times]
    marks = [((days[i - 1] + 1) * DAY, values[i - 1]) for i in range(1, len(times)) if days[i] > days[i - 1]]
    ours = sharpe_daily([ns for ns, _ in marks], [equity for _, equity in marks], values[-1], times[0], times[-1], 1000.0)

    equity = pd.Series(values, index=pd.to_datetime(times, utc=True)).resample("1D").last().ffill()
    returns = equity.diff().fillna(equity.iloc[0] - 1000.0) / 1000.0
    deviation = returns.std()
    if len(returns) < 2 or deviation <= 1e-12 * returns.abs().max():
        assert ours is None
    else:
        assert ours == pytest.approx(returns.mean() / deviation * math.sqrt(365), rel=1e-9, abs=1e-12)


@given(points)
def test_daily_changes_add_up_to_the_whole(curve: list[tuple[int, float]]) -> None:
    ordered = sorted(dict(curve).items())
    days = sorted({second // 86_400 for second, _ in ordered})
    marks = [(D0 + (day + 1) * DAY, 900.0 + day) for day in days[:-1]]
    changes = daily_changes([ns for ns, _ in marks], [e for _, e in marks], 1234.5, D0 + days[0] * DAY, D0 + days[-1] * DAY, 1000.0)
    assert len(changes) == days[-1] - days[0] + 1
    assert changes.sum() == pytest.approx(234.5)
