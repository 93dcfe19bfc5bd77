"""In what market a trade was entered: against pandas over the same prices, by prices from before the entry alone, in any batches."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_cases import cuts
from loop_rig import BARS, FULL, bars, prints, scripted, terms

from core.compile.module import Variant
from core.home import data_folder
from core.kernels.records import FILL, REPORT
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.research.regimes import FLAT, LEAST, TRENDS, VOLATILITIES, WINDOW, Regimes, regimes_at, step_of
from core.research.trips import closed_trips
from core.research.watch import Watch
from core.strategy_files import builtin_folder
from core.types import MINUTE, Records

BUYS = [1.0] * 3 + [0.0] * 4


def told(rows: Records, at: list[int] | None = None, source_ns: int = 0, variant: Variant = FULL) -> list[tuple[str, str]]:
    """(volatility, trend) of each trade of a run that buys and sells by the count of rows, the rows cut at these places."""
    how = terms()
    run, regimes = scripted(np.resize(BUYS, len(rows)), how, variant=variant), Regimes(step_of(0, source_ns), source_ns)
    watch, parts = Watch(how, regimes), [np.empty(0, REPORT)]
    for start, stop in pairwise([0, *sorted(at or []), len(rows)]):
        if stop > start:
            parts.append(run.feed(rows[start:stop].copy()))
            watch.take(rows[start:stop], parts[-1])
    reports = np.concatenate(parts)
    codes = regimes.of(closed_trips(reports[reports["kind"] == FILL]))
    return [(VOLATILITIES[volatility], TRENDS[trend]) for volatility, trend in zip(*codes, strict=True)]


def by_pandas(closes: pd.Series[float]) -> tuple[str, str]:
    """What is said of a moment at which these steps were over, by rolling windows and ranks."""
    returns = np.log(closes).diff()
    values = ((returns**2).rolling(WINDOW).sum() / WINDOW) ** 0.5
    values = values.iloc[WINDOW:]
    if not len(values):
        return "n/a", "n/a"
    trend = returns.iloc[-WINDOW:].sum() / math.sqrt((returns.iloc[-WINDOW:] ** 2).sum())
    word = "up" if trend > FLAT else "down" if trend < -FLAT else "flat"
    before = values.iloc[:-1]
    if len(before) < LEAST:
        return "n/a", word
    share = (before < values.iloc[-1]).mean()
    return "low" if share < 1 / 3 else "mid" if share < 2 / 3 else "high", word


def walk(count: int, seed: int, at: Any = None) -> Records:
    """Prints of a walk whose steps are calm and wild by turns, 20 s apart or at these ms."""
    draw = np.random.default_rng(seed)
    sizes = np.repeat([0.0002, 0.002, 0.0007], -(-count // 3))[:count]
    return prints(100 * np.exp(np.cumsum(draw.normal(0, sizes))), at=np.arange(count) * 20_000 if at is None else at)


def test_regimes_of_prints_are_those_of_pandas_over_the_minutes_before_the_entry() -> None:
    draw = np.random.default_rng(5)
    ticks = walk(900, 5, np.cumsum(draw.integers(0, 60_000, 900)).tolist())
    minutes = ticks["ts"] // MINUTE
    closes = pd.Series(ticks["price"]).groupby(minutes).last()
    found = told(ticks, [100, 101, 640])
    entered = [k + 1 for k in range(0, len(ticks), len(BUYS))][: len(found)]  # decided on a print, filled on the next
    assert found == [by_pandas(closes[closes.index < minutes[row]]) for row in entered]
    assert set(TRENDS[:3]) < {trend for _, trend in found}
    assert set(VOLATILITIES) == {volatility for volatility, _ in found}


def test_of_bars_as_long_as_a_step_each_is_one() -> None:
    closes = walk(300, 8)["price"]
    rows = bars([(close, close, close, close) for close in closes], length=3 * MINUTE)
    found = told(rows, [7], 3 * MINUTE, BARS)
    entered = [k + 1 for k in range(0, len(rows), len(BUYS))][: len(found)]
    assert found == [by_pandas(pd.Series(closes[:row])) for row in entered]


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.data())
def test_any_batches_give_the_same_regimes(data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.sampled_from([0, 1, 20_000, 60_000, 200_000, -30_000]), min_size=80, max_size=240))
    ticks = walk(len(gaps), data.draw(st.integers(0, 9)), np.cumsum(gaps).tolist())
    assert told(ticks, data.draw(cuts(len(ticks)))) == told(ticks)


@pytest.mark.slow
@settings(max_examples=60)
@given(row=st.integers(0, 299), seed=st.integers(0, 9), factor=st.sampled_from([0.5, 1.01, 3.0]))
def test_what_comes_with_or_after_an_entry_changes_nothing_of_its_regime(row: int, seed: int, factor: float) -> None:
    ticks = walk(300, seed)
    other = ticks.copy()
    other["price"][row:] *= factor ** np.random.default_rng(seed).normal(size=300 - row)
    before = (row - 1) // len(BUYS) + 1 if row else 0  # trades entered at this row or before it
    assert told(ticks)[:before] == told(other)[:before]


def test_thirds_are_of_the_values_before_and_equals_count_half() -> None:
    still = np.full(200, 100.0)
    volatility, trend = regimes_at(still, np.array([0, WINDOW, WINDOW + 1, WINDOW + LEAST, WINDOW + LEAST + 1, 200]))
    assert [VOLATILITIES[code] for code in volatility] == ["n/a"] * 4 + ["mid"] * 2
    assert [TRENDS[code] for code in trend] == ["n/a"] * 2 + ["flat"] * 4


def test_a_long_history_is_ranked_as_a_short_one() -> None:
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.001, 9000)))
    asked = np.random.default_rng(4).integers(0, 9000, 150)
    volatility, _ = regimes_at(closes, asked)
    returns = np.diff(np.log(closes))
    values = np.array([np.sqrt(np.mean(returns[k : k + WINDOW] ** 2)) for k in range(len(returns) - WINDOW + 1)])
    for known, code in zip(asked.tolist(), volatility.tolist(), strict=True):
        at = known - 1 - WINDOW
        expected = 3 if at < LEAST else int(3 * np.mean(values[:at] < values[at]))
        assert code == expected


def test_a_price_without_a_logarithm_makes_what_rests_on_it_unknown_and_nothing_else() -> None:
    closes = np.array(walk(400, 2)["price"])
    closes[200] = -1.0
    volatility, trend = regimes_at(closes, np.arange(401))
    gone = [known for known in range(401) if trend[known] == 3]
    assert gone == [*range(WINDOW + 1), *range(201, 201 + WINDOW + 1)]
    assert (volatility[232:] < 3).all()


def result_of(source: Path, **more: Any) -> Result:
    """A watched run of a crossover."""
    return run_backtest(Order([str(source)], "sma_crossover", [builtin_folder()], cache=False, watched=True, **more))


def test_every_trade_of_a_run_is_in_one_row_of_each_table_and_pandas_agrees() -> None:
    source = data_folder() / "samples" / "BTCUSDT-1m.csv"
    result = result_of(source, params={"fast": 3, "slow": 8})
    table = pd.read_csv(source)
    starts, closes = table["open_time"].to_numpy(np.int64) * 1_000_000, table["close"]
    before = np.searchsorted(starts, result.trips["entry_ns"] - MINUTE // 2, side="right") - 1  # a fill at an open has its bar's close time
    expected = [by_pandas(closes[:count]) for count in before]
    for name, titles, k in (("by_volatility", VOLATILITIES, 0), ("by_trend", TRENDS, 1)):
        rows = result.tables[name]
        title = name.removeprefix("by_")
        assert {row[title]: row["trades"] for row in rows} == {one: n for one in titles if (n := [pair[k] for pair in expected].count(one))}
        assert sum(row["net"] for row in rows) == pytest.approx(result.trips["net"].sum())
    assert len(result.tables["by_volatility"]) == 4


def test_steps_are_as_long_as_the_bars_of_the_strategy_where_those_are_longer() -> None:
    assert (step_of(0, 0), step_of(5 * MINUTE, 0), step_of(MINUTE, 60 * MINUTE), step_of(0, MINUTE // 60)) == (
        MINUTE, 5 * MINUTE, 60 * MINUTE, MINUTE,
    )  # fmt: skip


def test_a_run_nobody_watches_has_no_such_tables() -> None:
    order = Order([str(data_folder() / "samples" / "BTCUSDT-1m.csv")], "sma_crossover", [builtin_folder()], cache=False)
    assert "by_trend" not in run_backtest(order).tables
