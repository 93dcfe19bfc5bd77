"""Decisions and what they rested on: made a second time with pandas and TA-Lib from the bars, and against a walk over the targets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib

from core.commands import Terms
from core.home import data_folder
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.research.signals import Signals
from core.strategy_files import builtin_folder
from core.types import MINUTE

BOTH = Terms(side="long_short")
BARS = Path("ohlcv") / "binance_usdm_1m_2025" / "ETHUSDT_1m.csv.gz"

Values = dict[str, np.ndarray]


def made(source: Path, strategy: str, folder: Path | None = None, **more: Any) -> Result:
    """A run whose decisions are all kept."""
    given = {"terms": BOTH, "signals": None, "cache": False, **more}
    return run_backtest(Order([str(source)], strategy, [builtin_folder(), *([folder] if folder else [])], **given))


def told(result: Result) -> Signals:
    assert result.signals is not None
    return result.signals


# Against indicators nobody here wrote


def averages(close: np.ndarray) -> Values:
    series = pd.Series(close)
    return {"fast": series.rolling(5).mean().to_numpy(), "slow": series.rolling(20).mean().to_numpy()}


def lines(close: np.ndarray) -> Values:
    line, signal, histogram = talib.MACD(close, 12, 26, 9)
    return {"line": line, "signal": signal, "histogram": histogram}


def band(middle: str) -> Callable[[np.ndarray], Values]:
    def bands(close: np.ndarray) -> Values:
        window = pd.Series(close).rolling(20)
        mean, width = window.mean().to_numpy(), 2 * window.std(ddof=0).to_numpy()
        return {"lower": mean - width, middle: mean, "upper": mean + width}

    return bands


def moved(close: np.ndarray) -> Values:
    past = pd.Series(close).shift(5).to_numpy()
    return {"past": past, "move_pct": 100 * (close - past) / past}


def strength(close: np.ndarray) -> Values:
    return {"rsi": talib.RSI(close, 14)}


ORACLES: dict[str, Callable[[np.ndarray], Values]] = {
    "sma_crossover": averages, "macd": lines, "bollinger": band("middle"), "mean_reversion": band("average"), "momentum": moved,
    "rsi": strength,
}  # fmt: skip

#: What some of them want at a bar: long, short, else flat once the last one is known. One that is none of these keeps what it wanted.
RULES: dict[str, Callable[[Values, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]] = {
    "sma_crossover": lambda v, c: (v["fast"] > v["slow"], v["fast"] < v["slow"], np.zeros(len(c), bool)),
    "macd": lambda v, c: (v["histogram"] > 0, v["histogram"] < 0, np.zeros(len(c), bool)),
    "bollinger": lambda v, c: (
        c < v["lower"],
        c > v["upper"],
        ~np.isnan(v["middle"]) & (np.isnan(v["middle"]).cumsum() == np.arange(len(c))),
    ),
}


def rows_of_decisions(wanted: np.ndarray) -> list[int]:
    """Where a target that is held becomes another one."""
    held = pd.Series(wanted).ffill()
    before = held.shift()
    return np.flatnonzero((held != before) & held.notna()).tolist()


def is_of(signals: Signals, rows: np.ndarray, oracle: Values, close: np.ndarray) -> None:
    """Each value is that of its row, and of no row beside it."""
    for name, expected in {**oracle, "close": close}.items():
        found = signals.values(name)
        np.testing.assert_allclose(found, expected[rows], rtol=1e-9, atol=1e-7)
        for beside in (rows - 1, np.minimum(rows + 1, len(close) - 1)):
            assert not np.allclose(found, expected[beside], rtol=1e-9, atol=1e-7)


def walk_file(folder: Path, count: int = 3000) -> Path:
    """A file of one-minute bars that go up and down."""
    closes = np.round(100 * np.exp(np.random.default_rng(11).normal(0, 0.002, count).cumsum()), 4)
    path = folder / "BTCUSDT_1m.csv"
    rows = (f"{1_700_000_040_000 + 60_000 * k},{c},{c},{c},{c},5\n" for k, c in enumerate(closes.tolist()))
    path.write_text("timestamp,open,high,low,close,volume\n" + "".join(rows))
    return path


@pytest.mark.parametrize("strategy", ORACLES)
def test_what_a_decision_rested_on_is_what_pandas_and_talib_say_of_its_bar(strategy: str, tmp_path: Path) -> None:
    path = walk_file(tmp_path)
    signals, table = told(made(path, strategy)), pd.read_csv(path)
    close = table["close"].to_numpy()
    rows = np.searchsorted(table["timestamp"].to_numpy() * 1_000_000, signals.fixed("ts_ns") - MINUTE // 2, side="right") - 1
    assert len(signals) > 20
    assert signals.fixed("price").tolist() == close[rows].tolist()
    is_of(signals, rows, ORACLES[strategy](close), close)


@pytest.mark.parametrize("strategy", RULES)
def test_every_change_of_the_target_is_a_decision_and_nothing_else_is(strategy: str, tmp_path: Path) -> None:
    path = walk_file(tmp_path)
    result, table = made(path, strategy), pd.read_csv(path)
    close, signals = table["close"].to_numpy(), told(result)
    long, short, flat = RULES[strategy](ORACLES[strategy](close), close)
    wanted = np.select([long, short, flat], [1.0, -1.0, 0.0], np.nan)
    rows = rows_of_decisions(wanted)
    starts = table["timestamp"].to_numpy() * 1_000_000
    assert signals.fixed("ts_ns").tolist() == (starts[rows] + MINUTE).tolist()
    assert signals.fixed("new").tolist() == wanted[rows].tolist()
    assert signals.fixed("old").tolist()[1:] == wanted[rows].tolist()[:-1]
    assert np.isnan(signals.fixed("old")[0])
    orders = {fill["order_id"] for fill in result.fills}
    assert orders <= {row["order_id"] for row in signals.rows()}, "an order of a signal is found by its id"


def test_of_prints_the_decision_is_at_the_first_one_of_a_later_minute_and_knows_nothing_of_that_minute() -> None:
    source = data_folder() / "samples" / "BTCUSDT-aggTrades-sample.csv"
    signals = told(made(source, "sma_crossover", params={"fast": 2, "slow": 3}))
    table = pd.read_csv(source)
    times, price = table["transact_time"].to_numpy() * 1_000_000, table["price"].to_numpy()
    bars = pd.Series(price).groupby(times // MINUTE).last()
    fast, slow = bars.rolling(2).mean(), bars.rolling(3).mean()
    assert len(signals) > 10
    for row in signals.rows():
        minute = row["ts_ns"] // MINUTE
        closed = bars.index[bars.index < minute][-1]
        assert row["values"] == {"close": bars[closed], "fast": pytest.approx(fast[closed]), "slow": pytest.approx(slow[closed])}
        first = int(np.searchsorted(times, minute * MINUTE))
        assert (row["ts_ns"], row["price"]) == (times[first], price[first])


def test_six_weeks_of_a_real_market_are_told_as_pandas_finds_them(shared_data: Path) -> None:
    path = shared_data / BARS
    signals, table = told(made(path, "mean_reversion", allow_gaps=True)), pd.read_csv(path)
    close = table["close"].to_numpy()
    rows = np.searchsorted(table["open_time_ms"].to_numpy() * 1_000_000, signals.fixed("ts_ns") - MINUTE // 2, side="right") - 1
    assert len(signals) > 1000
    is_of(signals, rows, ORACLES["mean_reversion"](close), close)


def test_what_only_warmed_up_is_no_decision_and_the_first_one_is_warm(tmp_path: Path) -> None:
    path = walk_file(tmp_path)
    table = pd.read_csv(path)
    close, starts = table["close"].to_numpy(), table["timestamp"].to_numpy() * 1_000_000
    since = int(starts[1000])
    signals = told(made(path, "sma_crossover", from_ns=since))
    first = signals.rows()[0]
    assert (first["ts_ns"], first["old"]) == (since + MINUTE, None)
    assert first["values"]["slow"] == pytest.approx(close[981:1001].mean())
    assert signals.fixed("ts_ns").tolist()[1:] == [
        ts for ts in told(made(path, "sma_crossover")).fixed("ts_ns").tolist() if ts > since + MINUTE
    ]


def test_asking_changes_no_bit_of_a_run(tmp_path: Path) -> None:
    path = walk_file(tmp_path)
    with_, without = made(path, "momentum"), made(path, "momentum", signals=0)
    assert without.signals is None
    assert with_.fills == without.fills
    assert with_.equity == without.equity
    assert {name: value for name, value in with_.figures.items() if name != "elapsed_s"} == {
        name: value for name, value in without.figures.items() if name != "elapsed_s"
    }
