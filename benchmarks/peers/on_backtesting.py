"""backtesting.py: orders fill at the next bar's open; a print is a bar whose four prices are equal.

    python -m benchmarks.peers.on_backtesting ticks COUNT
    python -m benchmarks.peers.on_backtesting bars|sweep|walk COUNT EVERY FOLDS

A sweep is a run after the other in one process; its `optimize` shares them out over the cores.
"""

from __future__ import annotations

import sys
from typing import Any

import backtesting  # type: ignore[import-not-found]
import backtesting.backtesting as internals  # type: ignore[import-not-found]
import pandas as pd

from benchmarks.peers.market import CAPITAL, FAST, FEE, SAME, SIZE, SLOW, bars, prints, summary
from benchmarks.peers.questions import answer, one_by_one
from benchmarks.peers.turns import serve

internals._tqdm = lambda rows, **_options: rows  # its progress bar costs time and says nothing here


def average(prices: Any, window: int) -> Any:
    """Simple moving average, there one row early: it asks for decisions from the row after the first on."""
    return pd.Series(prices).rolling(window, min_periods=window - 1).mean()


class Crossing(backtesting.Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    windows = (FAST, SLOW)

    def init(self) -> None:
        fast, slow = self.windows
        self.fast = self.I(average, self.data.Close, fast)
        self.slow = self.I(average, self.data.Close, slow)

    def next(self) -> None:
        fast, slow = self.fast[-1], self.slow[-1]
        if fast > slow + SAME:
            if not self.position:
                self.buy(size=int(SIZE))
        elif fast < slow - SAME and self.position:
            self.position.close()


def run(rows: Any, fast: int, slow: int) -> tuple[float, int]:
    """Profit and fills of one pair of windows."""
    found = backtesting.Backtest(rows, Crossing, cash=CAPITAL, commission=FEE).run(windows=(fast, slow))
    still_open = bool(found["_strategy"].position)
    return float(found["Equity Final [$]"] - CAPITAL), 2 * len(found["_trades"]) + still_open


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    if kind == "ticks":
        market = prints(count)
        columns, ms = [market.price] * 4 + [market.qty], market.ms
    else:
        minutes = bars(count)
        columns, ms = [minutes.open, minutes.high, minutes.low, minutes.close, minutes.volume], minutes.ms
    named = dict(zip(("Open", "High", "Low", "Close", "Volume"), columns, strict=True))
    rows = pd.DataFrame(named, index=pd.to_datetime(ms, unit="ms"))
    trade = one_by_one(lambda first, last, fast, slow: run(rows.iloc[first:last], fast, slow))

    def work(_: Any) -> dict[str, Any]:
        if kind == "ticks":
            return summary(*run(rows, FAST, SLOW))
        return answer(kind, count, int(sys.argv[3]), int(sys.argv[4]), trade)

    serve(backtesting.__version__, work)


if __name__ == "__main__":
    main()
