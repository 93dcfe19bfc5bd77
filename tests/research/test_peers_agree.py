"""The same rules over real bars as two peers: their figures, as `benchmarks/peers/on_real_bars.py` printed them, and ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands import Terms
from core.research.backtest import run_backtest
from core.research.order import Order
from core.strategy_files import builtin_folder

#: By symbol: fills, net P&L, fees. vectorbt 1.2.0; backtesting.py 0.6.6 says the same, but counts no fee of a trade that is still open.
VECTORBT = {
    "BTCUSDT": (2817, -65236.12097999966, 58798.62098),
    "ETHUSDT": (3862, -1455.8459899999434, 1924.0759900000003),
    "SOLUSDT": (2703, -65.02557399997022, 90.215574),
}
BACKTESTING = {
    "BTCUSDT": (2817, -65236.12098000059),
    "ETHUSDT": (3862, -1455.845989999012),
    "SOLUSDT": (2703, -65.02557399915531),
}


@pytest.mark.parametrize("symbol", VECTORBT)
def test_a_crossover_of_averages_trades_as_it_does_in_vectorbt_and_backtesting_py(shared_data: Path, symbol: str) -> None:
    source = shared_data / "ohlcv" / "binance_usdm_1m_2025" / f"{symbol}_1m.csv.gz"
    terms = Terms(fee_bps=2, capital=1e6)
    found = run_backtest(Order([str(source)], "sma_crossover", [builtin_folder()], terms=terms)).figures
    fills, pnl, fees = VECTORBT[symbol]
    assert (found["fills"], found["fills"]) == (fills, BACKTESTING[symbol][0])
    assert found["net_pnl"] == pytest.approx(pnl, rel=1e-9)
    assert found["net_pnl"] == pytest.approx(BACKTESTING[symbol][1], rel=1e-9)
    assert found["fees"] == pytest.approx(fees, rel=1e-9)
