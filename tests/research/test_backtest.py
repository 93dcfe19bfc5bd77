"""A backtest against a few independent lines, on generated ticks and on real bars; warming up; refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.commands import Terms
from core.errors import SourceError, UsageError
from core.research.backtest import Result, run_backtest
from core.research.order import Order
from core.strategy_files import builtin_folder

MINUTE_MS = 60_000


def run(path: Path, strategy: str = "sma_crossover", terms: Terms | None = None, **more: object) -> Result:
    """One backtest with the built-in strategies."""
    return run_backtest(Order([str(path)], strategy, [builtin_folder()], terms=terms or Terms(), **more))  # type: ignore[arg-type]


def few_lines(close: np.ndarray, fill_price: np.ndarray, fast: int, slow: int, fee: float) -> tuple[float, int]:
    """(net P&L marked at the last close, fills) of long/flat SMA crossover decided at `close[i]`, filled at `fill_price[i + 1]`."""
    series = pd.Series(close)
    difference = (series.rolling(fast).mean() - series.rolling(slow).mean()).to_numpy()
    cash, position, fills = 0.0, 0.0, 0
    for i in range(slow - 1, len(close) - 1):
        if abs(difference[i]) <= 1e-12 * close[i]:
            continue
        want = 1.0 if difference[i] > 0 else 0.0
        if want != position:
            cash -= (want - position) * fill_price[i + 1] + abs(want - position) * fill_price[i + 1] * fee
            position, fills = want, fills + 1
    return cash + position * close[-1], fills


def test_an_sma_backtest_on_ticks_agrees_with_a_few_independent_lines(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    price = np.round(20_000 + np.cumsum(rng.normal(0, 3, 20_000)), 2)
    times = 1_700_000_000_000 + np.cumsum(rng.integers(1, 60, len(price)))
    rows = [f"{k},{p:.2f},1.5,{k},{k},{t},{'true' if k % 2 else 'false'}" for k, (p, t) in enumerate(zip(price, times, strict=True))]
    path = tmp_path / "BTCUSDT-aggTrades-2023-11.csv"
    path.write_text("\n".join(rows) + "\n")
    result = run(path, params={"fast": 50, "slow": 200, "interval": "tick"})
    net, fills = few_lines(price, price, 50, 200, 4e-4)
    assert result.figures["ticks"] == 20_000
    assert result.figures["fills"] == fills > 100
    assert result.figures["net_pnl"] == pytest.approx(net, abs=1e-6)


def test_an_sma_backtest_on_real_bars_agrees_with_a_few_independent_lines(shared_data: Path) -> None:
    path = shared_data / "ohlcv" / "binance_usdm_1m_2025" / "ETHUSDT_1m.csv.gz"
    bars = pd.read_csv(path)
    result = run(path, terms=Terms(fee_bps=2))
    net, fills = few_lines(bars["close"].to_numpy(), bars["open"].to_numpy(), 5, 20, 2e-4)
    assert result.figures["ticks"] == len(bars) == 60_191
    assert result.figures["fills"] == fills > 1000
    assert result.figures["net_pnl"] == pytest.approx(net, abs=1e-6)


@pytest.mark.slow
def test_orders_that_were_too_small_are_counted_in_a_note() -> None:
    sample = Path(__file__).resolve().parents[2] / "data" / "samples" / "BTCUSDT-1m.csv"
    result = run(sample, terms=Terms(qty=0.5, lot=1))
    assert result.figures["fills"] == 0
    (note,) = [note for note in result.source.notes if "below the least order" in note]
    assert note.startswith("an order was below the least order and not placed: ")
    assert not [note for note in run(sample, terms=Terms(qty=0.5)).source.notes if "least order" in note]


@pytest.mark.slow
def test_funding_on_real_bars_is_the_sum_over_the_hours_of_the_positions_held(shared_data: Path) -> None:
    path = shared_data / "ohlcv" / "binance_usdm_1m_2025" / "ETHUSDT_1m.csv.gz"
    how = Terms(side="long_short", fee_bps=0, funding_bps=1)
    result, without = run(path, terms=how), run(path, terms=Terms(side="long_short", fee_bps=0))
    assert result.fills == without.fills
    bars = pd.read_csv(path)
    starts = bars["open_time_ms"].to_numpy(np.int64) * 1_000_000
    position = pd.Series(0.0, index=starts)
    for fill in result.fills:  # at a bar's open, so from its start on
        position.loc[(fill["ts_ns"] - 1) // 60_000_000_000 * 60_000_000_000 :] = fill["position"]
    boundaries = [
        at for at in range(int(starts[0]), int(starts[-1]) + 1, 60_000_000_000) if at % 28_800_000_000_000 == 0 and at > starts[0]
    ]
    close = bars["close"].to_numpy()
    expected = sum(position.iloc[k] * close[k] * 1e-4 for k in (int(np.searchsorted(starts, at)) - 1 for at in boundaries))
    assert len(boundaries) > 100
    assert result.figures["funding"] == result.figures["fees"] == pytest.approx(expected)
    assert result.figures["net_pnl"] == pytest.approx(without.figures["net_pnl"] - expected)
    assert "funding" not in without.figures


def test_what_lies_before_from_only_warms_up(tmp_path: Path) -> None:
    closes = np.round(100 + 10 * np.sin(np.arange(600) / 15), 2)
    path = _klines(tmp_path, closes)
    start = 1_700_000_040_000 + 300 * MINUTE_MS
    late = run(path, from_ns=start * 1_000_000)
    assert late.figures["ticks"] == 300
    assert late.fills[0]["ts_ns"] < (start + 20 * MINUTE_MS) * 1_000_000, "it did not wait for twenty more bars"
    whole = run(path)
    assert late.fills[-1]["ts_ns"] == whole.fills[-1]["ts_ns"]


def test_a_strategy_that_had_too_little_to_warm_up_is_said_to_have_been_cold(tmp_path: Path) -> None:
    closes = np.round(100 + 10 * np.sin(np.arange(600) / 15), 2)
    path = _klines(tmp_path, closes)
    cold = run(path, params={"fast": 50, "slow": 700})
    assert cold.figures["fills"] == 0
    assert cold.cold == "was never warm: it needs 700 bars of 1m and had 600"
    assert cold.source.notes == ["the strategy was never warm: it needs 700 bars of 1m and had 600"]
    start = (1_700_000_040_000 + 590 * MINUTE_MS) * 1_000_000
    assert run(path, params={"fast": 5, "slow": 20}, from_ns=start).cold == "", "what lies before --from warmed it up"
    flat = run(_klines(tmp_path, np.full(600, 100.0)))
    assert (flat.figures["fills"], flat.cold) == (0, ""), "it was warm, and had no reason to trade"


def test_figures_add_up(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    result = run(_klines(tmp_path, np.round(100 + np.cumsum(rng.normal(0, 0.3, 5000)), 2)), "rsi", Terms(side="long_short", qty=3))
    figures = result.figures
    signed = sum(fill["qty"] * (1 if fill["side"] == "buy" else -1) for fill in result.fills)
    assert signed == pytest.approx(result.fills[-1]["position"], abs=1e-9)
    assert figures["fees"] == pytest.approx(sum(fill["fee"] for fill in result.fills))
    realised = sum(fill["realised"] for fill in result.fills)
    if result.fills[-1]["position"] == 0:
        assert figures["net_pnl"] == pytest.approx(realised - figures["fees"])
    assert result.equity[-1][1] - 10_000 == pytest.approx(figures["net_pnl"])
    assert 0 <= figures["win_rate"] <= 1
    assert figures["profit_factor"] == pytest.approx(figures["gross_profit"] / figures["gross_loss"])


def test_a_span_without_data_and_a_strategy_that_is_not_there_are_refused_in_one_line(tmp_path: Path) -> None:
    path = _klines(tmp_path, np.full(50, 100.0))
    with pytest.raises(SourceError) as nothing:
        run(path, from_ns=1_800_000_000_000_000_000)
    assert "\n" not in str(nothing.value)
    with pytest.raises(UsageError, match="no strategy 'sma'; there are: "):
        run(path, "sma")
    with pytest.raises(UsageError, match="limit_then=market does nothing without entry=limit"):
        run(path, terms=Terms(limit_then="market"))


def _klines(folder: Path, closes: np.ndarray) -> Path:
    path = folder / "BTCUSDT-1m-2023-11.csv"
    opens = np.concatenate([closes[:1], closes[:-1]])
    rows = []
    for k, (o, c) in enumerate(zip(opens, closes, strict=True)):
        start = 1_700_000_040_000 + k * MINUTE_MS
        rows.append(f"{start},{o},{max(o, c)},{min(o, c)},{c},5.0,{start + MINUTE_MS - 1},500,10,2.5,250,0")
    path.write_text("\n".join(rows) + "\n")
    return path
