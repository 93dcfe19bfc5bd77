"""The figures of runs over recorded markets, made a second time with pandas from nothing but the source's own rows and the fills."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.commands import Terms
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.strategy_files import builtin_folder

BARS = Path("ohlcv") / "binance_usdm_1m_2025" / "ETHUSDT_1m.csv.gz"
TICKS = Path("trades") / "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz"

BAR_TERMS = Terms(side="long_short", fee_bps=2, stop_loss_pct=0.7, take_profit_pct=1.5)
TICK_TERMS = Terms(qty=5_000, side="long_short", fee_bps=1, capital=100, latency_ms=400, participation=0.5)


@lru_cache
def over_bars(folder: Path) -> Result:
    """Six weeks of minutes, with stops."""
    return run_backtest(Order([str(folder / BARS)], "sma_crossover", [builtin_folder()], terms=BAR_TERMS, watched=True))


@lru_cache
def over_ticks(folder: Path) -> Result:
    """Two days of prints, with latency and fills in parts."""
    params = {"fast": 5, "slow": 20, "interval": "1m"}
    return run_backtest(Order([str(folder / TICKS)], "sma_crossover", [builtin_folder()], params, TICK_TERMS, watched=True))


@pytest.fixture(params=[over_bars, over_ticks], ids=["bars", "ticks"])
def result(request: pytest.FixtureRequest, shared_data: Path) -> Result:
    """A run over each."""
    found: Result = request.param(shared_data)
    return found


def ledger(result: Result) -> list[dict[str, Any]]:
    """Trips by a queue of lots at average cost, one fill after the other."""
    trips: list[dict[str, Any]] = []
    qty = cost = 0.0
    open_trip: dict[str, Any] = {}
    for fill in result.fills:
        left = fill["qty"] * (1 if fill["side"] == "buy" else -1)
        fee_of_one = fill["fee"] / abs(left)
        if qty * left < 0:
            out = min(abs(left), abs(qty))
            gain = out * (fill["price"] - cost) * (1 if qty > 0 else -1)
            open_trip["gross"] += gain
            open_trip["fees"] += fee_of_one * out
            open_trip |= {"exit_ns": fill["ts_ns"], "reason": fill["reason"], "fills": open_trip["fills"] + 1}
            left += out if qty > 0 else -out
            qty += -out if qty > 0 else out
            if abs(qty) < 1e-9:
                trips.append(open_trip)
                qty, open_trip = 0.0, {}
            if abs(left) < 1e-9:
                continue
        if not open_trip:
            open_trip = {"entry_ns": fill["ts_ns"], "gross": 0.0, "fees": 0.0, "fills": 0, "side": 1 if left > 0 else -1}
        cost = (cost * abs(qty) + fill["price"] * abs(left)) / (abs(qty) + abs(left))
        qty += left
        open_trip["fees"] += fee_of_one * abs(left)
        open_trip["fills"] += 1
    return trips


def test_trips_and_their_figures_are_those_of_a_plain_ledger(result: Result) -> None:
    again, trips = pd.DataFrame(ledger(result)), result.trips
    assert len(again) == len(trips) == result.figures["trades"] > 50
    for name in ("entry_ns", "exit_ns", "fills", "side"):
        assert again[name].tolist() == trips[name].tolist()
    for name in ("gross", "fees"):
        np.testing.assert_allclose(trips[name], again[name], rtol=0, atol=1e-9 * result.figures["gross_loss"])
    net = again["gross"] - again["fees"]
    found = result.figures
    assert found["expectancy"] == pytest.approx(net.mean(), rel=1e-9)
    assert found["gross_profit"] == pytest.approx(net[net > 0].sum(), rel=1e-9)
    assert found["gross_loss"] == pytest.approx(-net[net <= 0].sum(), rel=1e-9)
    assert found["payoff_ratio"] == pytest.approx(net[net > 0].mean() / -net[net <= 0].mean(), rel=1e-9)
    rows = (net > 0).groupby((net > 0).ne((net > 0).shift()).cumsum()).agg(["first", "size"])
    assert found["consecutive_wins"] == rows.loc[rows["first"], "size"].max()
    assert found["consecutive_losses"] == rows.loc[~rows["first"], "size"].max()
    held = (again["exit_ns"] - again["entry_ns"]) / 1e9
    assert (found["average_holding_s"], found["longest_holding_s"]) == (pytest.approx(held.mean()), held.max())


def test_tables_are_those_of_pandas_groups(result: Result) -> None:
    again = pd.DataFrame(ledger(result))
    ended = pd.to_datetime(again["exit_ns"] - result.source.interval_ns, utc=True)
    again["net"] = again["gross"] - again["fees"]
    keys = {
        "by_hour": ("hour", ended.dt.hour), "by_weekday": ("weekday", ended.dt.strftime("%a")),
        "by_month": ("month", ended.dt.strftime("%Y-%m")), "by_exit": ("reason", again["reason"]),
    }  # fmt: skip
    for table, (name, key) in keys.items():
        expected = again.groupby(key)["net"].agg(["size", "sum"])
        rows = {row[name]: row for row in result.tables[table]}
        assert rows.keys() == set(expected.index)
        for at, row in rows.items():
            assert row["trades"] == expected.loc[at, "size"]
            assert row["net"] == pytest.approx(expected.loc[at, "sum"], abs=1e-6)


def test_excursions_over_bars_are_those_of_pandas_slices(shared_data: Path) -> None:
    result = over_bars(shared_data)
    bars = pd.read_csv(shared_data / BARS)
    row_of = {fill["fill_id"]: fill["seq"] - 1 for fill in result.fills}
    name = result.plan.name
    for trip in result.trips[::7]:
        first, last = row_of[f"{name}:{trip['first_fill']}"], row_of[f"{name}:{trip['last_fill']}"]
        through = bars.iloc[first:last]
        seen = [*through["low"], *through["high"], bars["open"].iloc[last], trip["exit"]]
        worst, best = (min(seen), max(seen)) if trip["side"] > 0 else (max(seen), min(seen))
        assert trip["mae"] == pytest.approx(min(0.0, trip["side"] * (worst - trip["entry"])), abs=1e-9)
        assert trip["mfe"] == pytest.approx(max(0.0, trip["side"] * (best - trip["entry"])), abs=1e-9)


def prints(folder: Path) -> pd.DataFrame:
    """The recorded trades, by time."""
    with gzip.open(folder / TICKS) as file:
        rows = [row["info"] for row in json.load(file)]
    return pd.DataFrame(
        {"ts": [row["T"] * 1_000_000 for row in rows], "id": [row["a"] for row in rows], "price": [float(row["p"]) for row in rows]}
    )


def test_equity_over_prints_lies_under_water_as_pandas_finds_it(shared_data: Path) -> None:
    result, ticks = over_ticks(shared_data), prints(shared_data)
    fills = pd.DataFrame(result.fills)
    fills["cash"] = -fills["qty"] * fills["side"].map({"buy": 1, "sell": -1}) * fills["price"] - fills["fee"]
    fills["id"] = fills["tick_id"]
    rows = ticks.merge(fills[["id", "cash", "position"]], on="id", how="left").sort_values(["ts", "id"])
    position = rows["position"].ffill().fillna(0.0)
    equity = TICK_TERMS.capital + rows["cash"].fillna(0.0).cumsum() + position * rows["price"]
    assert equity.iloc[-1] - TICK_TERMS.capital == pytest.approx(result.figures["net_pnl"], abs=1e-9)
    peak = equity.cummax().clip(lower=TICK_TERMS.capital)
    below = (peak - equity > 1e-9).to_numpy()
    after = np.diff(rows["ts"], append=rows["ts"].iloc[-1])
    span = rows["ts"].iloc[-1] - rows["ts"].iloc[0]
    assert result.figures["underwater"] == pytest.approx(after[below].sum() / span, abs=1e-9)
    assert result.figures["exposure"] == pytest.approx(after[(position != 0).to_numpy()].sum() / span, abs=1e-9)
    assert result.figures["max_drawdown"] == pytest.approx((peak - equity).max(), abs=1e-9)
    deepest = int((peak - equity).to_numpy().argmax())
    begins = deepest - int(below[: deepest + 1][::-1].argmin()) + 1
    later = np.flatnonzero(~below[deepest:])
    ends = deepest + int(later[0]) if len(later) else len(rows) - 1
    assert result.figures["max_drawdown_s"] == pytest.approx((rows["ts"].iloc[ends] - rows["ts"].iloc[begins]) / 1e9)
    assert result.figures["max_drawdown_recovered"] is bool(len(later))


def test_a_year_and_its_days_are_those_of_pandas(shared_data: Path) -> None:
    result = over_bars(shared_data)
    equity = pd.Series([value for _, value in result.equity], index=pd.to_datetime([ns for ns, _ in result.equity], utc=True))
    changes = np.diff([BAR_TERMS.capital, *equity])
    found = result.figures
    assert (found["best_day"], found["worst_day"]) == (pytest.approx(changes.max()), pytest.approx(changes.min()))
    returns = pd.Series(changes / BAR_TERMS.capital)
    assert found["volatility"] == pytest.approx(returns.std() * 365**0.5)
    assert found["sortino"] == pytest.approx(returns.mean() / (returns.clip(upper=0) ** 2).mean() ** 0.5 * 365**0.5)
    span = (60_191 * pd.Timedelta("1min")) / pd.Timedelta("365D")
    assert found["cagr"] == pytest.approx((equity.iloc[-1] / BAR_TERMS.capital) ** (1 / span) - 1)
    assert found["calmar"] == pytest.approx(found["cagr"] / (found["max_drawdown_pct"] / 100))


def test_watching_changes_no_bit_of_a_run(shared_data: Path) -> None:
    watched = over_bars(shared_data)
    plain = run_backtest(Order([str(shared_data / BARS)], "sma_crossover", [builtin_folder()], terms=BAR_TERMS))
    assert plain.fills == watched.fills
    only = {"elapsed_s", "average_mae_pct", "average_mfe_pct", "max_drawdown_s", "max_drawdown_recovered", "underwater"}
    for name in plain.figures.keys() - only - {"longest_underwater_s"}:
        assert plain.figures[name] == watched.figures[name]
    assert np.isnan(plain.trips["mae"]).all()
