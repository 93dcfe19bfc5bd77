"""Two peers on a file of real bars, for figures a test compares ours with: `python -m benchmarks.peers.on_real_bars PEER FILE`.

PEER is vectorbt or backtesting. One unit, long while the fast average (5) is above the slow one (20), each decision at a close filled at
the next bar's open, fee 0.02 % of the value, capital a million. FILE is a CSV of bars with a header, packed or not. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd

CAPITAL, FEE, FAST, SLOW = 1e6, 2e-4, 5, 20

#: Averages closer than this share of the price are equal, as ours are.
SAME = 1e-12


def opinion(close: Any) -> Any:
    """+1 above, -1 below, 0 no opinion, a row each."""
    lead = (pd.Series(close).rolling(FAST).mean() - pd.Series(close).rolling(SLOW).mean()).to_numpy()
    return np.where(np.isnan(lead) | (np.abs(lead) <= SAME * close), 0, np.sign(lead))


def with_vectorbt(bars: Any) -> dict[str, Any]:
    """As columns."""
    import vectorbt as vbt  # type: ignore[import-not-found]

    said = np.concatenate([[0], opinion(bars["close"].to_numpy())[:-1]])
    portfolio = vbt.Portfolio.from_signals(
        bars["close"], said > 0, said < 0, price=bars["open"], size=1.0, size_type="amount", fees=FEE, init_cash=CAPITAL, freq="1min"
    )
    fills = portfolio.orders.records_arr
    return {
        "peer": f"vectorbt {vbt.__version__}",
        "fills": len(fills),
        "net_pnl": float(portfolio.final_value() - CAPITAL),
        "fees": float(fills["fees"].sum()),
    }


def with_backtesting(bars: Any) -> dict[str, Any]:
    """Bar by bar."""
    import backtesting  # type: ignore[import-not-found]

    said = opinion(bars["close"].to_numpy())

    class Crossing(backtesting.Strategy):  # type: ignore[misc]
        """Does what was said of the bar that closes."""

        def init(self) -> None:
            pass

        def next(self) -> None:
            now = said[len(self.data) - 1]
            if now > 0 and not self.position:
                self.buy(size=1)
            elif now < 0 and self.position:
                self.position.close()

    columns = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
    rows = bars.rename(columns=columns)[list(columns.values())]
    rows.index = pd.date_range("2025-01-01", periods=len(rows), freq="min")
    found = backtesting.Backtest(rows, Crossing, cash=CAPITAL, commission=FEE).run()
    still_open = bool(found["_strategy"].position)
    return {
        "peer": f"backtesting.py {backtesting.__version__}", "fills": 2 * len(found["_trades"]) + still_open,
        "net_pnl": float(found["Equity Final [$]"] - CAPITAL), "fees": float(found.get("Commissions [$]", float("nan"))),
    }  # fmt: skip


def main() -> None:
    bars = pd.read_csv(sys.argv[2])
    found = {"vectorbt": with_vectorbt, "backtesting": with_backtesting}[sys.argv[1]](bars)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
