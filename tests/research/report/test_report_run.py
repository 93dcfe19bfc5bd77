"""What the page of a backtest holds: the figures as the report in text has them, the curve, and the newest trades."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_rig import HOSTILE, data_of, prices

from core.commands import Terms
from core.research.backtest import Result, run_backtest
from core.research.curve import Curve
from core.research.order import Order
from core.research.report.run import run_document, run_page
from core.research.report_text import Setting
from core.research.service import Detail
from core.strategy_files import builtin_folder


def setting(**changes: Any) -> Setting:
    given: dict[str, Any] = dict(
        strategy="s", params={"k": 1}, terms=Terms(), source="prices.csv", symbol="BTCUSDT", kind="bars", form="OHLCV",
        interval_ns=60 * 10**9, first_ns=0, last_ns=10**15, notes=["a hole of 3 bars"],
    )  # fmt: skip
    return Setting(**(given | changes))


def run(folder: Path, signals: int = 0, **params: Any) -> tuple[Result, Curve]:
    curve = Curve()
    given = {"fast": 3, "slow": 9, **params}
    order = Order([str(prices(folder))], "sma_crossover", [builtin_folder()], given, Terms(qty=0.5), watched=True, signals=signals)
    return run_backtest(order, curve=curve), curve


def test_a_page_has_what_the_run_came_to(tmp_path: Path) -> None:
    result, curve = run(tmp_path)
    data = data_of(run_page(result, setting(), curve))
    assert dict(data["figures"])["net_pnl"] == result.figures["net_pnl"]
    assert set(dict(data["figures"])) == set(result.figures)
    assert data["curve"]["equity"][-1] == pytest.approx(10_000 + result.figures["net_pnl"])
    assert len(data["curve"]["time"]) == len(data["curve"]["drawdown"]) == len(data["curve"]["underwater"]) == len(data["curve"]["held"])
    assert data["trips_total"] == len(data["trips"]) == result.figures["trades"] > 0
    assert data["trips"][0]["trade"] == result.figures["trades"]
    assert sum(trip["net"] for trip in data["trips"]) == pytest.approx(float(result.trips["net"].sum()))
    assert [name for name, _ in data["facts"]][:3] == ["net P&L", "Sharpe", "max drawdown"]
    assert data["notes"] == ["a hole of 3 bars"]
    assert "fee" in [name for name, _, _ in data["assumptions"]]


def test_a_page_lists_the_newest_decisions_with_the_values_they_rested_on(tmp_path: Path) -> None:
    result, curve = run(tmp_path)
    data = data_of(run_page(result, setting(), curve))
    assert (data["signals"], data["signals_total"]) == ([], 0), "nobody asked"
    result, curve = run(tmp_path, signals=5)
    data = data_of(run_page(result, setting(), curve))
    assert result.signals is not None
    assert data["signals_total"] == result.signals.total > 5
    assert [row["signal"] for row in data["signals"]] == [data["signals_total"] - k for k in range(5)]
    for row in data["signals"]:
        values = dict(row["values"])
        assert (values["fast"] > values["slow"]) == (row["new"] == 1.0)
        assert row["new"] != row["old"]


def test_no_trade_is_a_page(tmp_path: Path) -> None:
    result, curve = run(tmp_path, slow=600, fast=2)
    assert result.figures["trades"] == 0
    data = data_of(run_page(result, setting(), curve))
    assert (data["trips"], data["trips_total"]) == ([], 0)


def test_a_figure_nobody_knows_yet_is_listed_by_its_key(tmp_path: Path) -> None:
    result, _ = run(tmp_path)
    data = run_document(result.figures | {"omega": 1.25, "whys": [1, 2]}, setting(), Detail([], [], 0))
    assert ("omega", 1.25) in data["figures"]
    assert "whys" not in dict(data["figures"])


def test_hostile_text_of_a_source_stays_text(tmp_path: Path) -> None:
    result, curve = run(tmp_path)
    whole = run_page(result, setting(strategy=HOSTILE, source=HOSTILE, params={HOSTILE: HOSTILE}, notes=[HOSTILE]), curve)
    assert whole.count(b"<script") == whole.count(b"</script") == 2
