"""backtesting.py: a print is a bar whose four prices are equal; orders fill at the next one's open."""

from __future__ import annotations

import sys
from typing import Any

import backtesting  # type: ignore[import-not-found]
import backtesting.backtesting as internals  # type: ignore[import-not-found]
import pandas as pd

from benchmarks.peers.market import CAPITAL, FAST, FEE, SAME, SIZE, SLOW, prints, summary
from benchmarks.peers.turns import serve

internals._tqdm = lambda rows, **_options: rows  # its progress bar costs time and says nothing here


def average(prices: Any, window: int) -> Any:
    """Simple moving average, there one row early: it asks for decisions from the row after the first on."""
    return pd.Series(prices).rolling(window, min_periods=window - 1).mean()


class Crossing(backtesting.Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    def init(self) -> None:
        self.fast = self.I(average, self.data.Close, FAST)
        self.slow = self.I(average, self.data.Close, SLOW)

    def next(self) -> None:
        fast, slow = self.fast[-1], self.slow[-1]
        if fast > slow + SAME:
            if not self.position:
                self.buy(size=int(SIZE))
        elif fast < slow - SAME and self.position:
            self.position.close()


def main() -> None:
    market = prints(int(sys.argv[1]))
    price = market.price
    columns = {"Open": price, "High": price, "Low": price, "Close": price, "Volume": market.qty}
    rows = pd.DataFrame(columns, index=pd.to_datetime(market.ms, unit="ms"))
    backtest = backtesting.Backtest(rows, Crossing, cash=CAPITAL, commission=FEE)

    def work(_: Any) -> dict[str, Any]:
        found = backtest.run()
        still_open = bool(found["_strategy"].position)
        return summary(found["Equity Final [$]"] - CAPITAL, 2 * len(found["_trades"]) + still_open)

    serve(backtesting.__version__, work)


if __name__ == "__main__":
    main()
