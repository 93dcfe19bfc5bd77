"""vectorbt: moving averages and signals as whole columns, then its simulation in numba.

Signals act one row later, as an order decided on one print fills on the next. `sweep` simulates all windows of the grid as
columns, at the open of the bar after the signal, ten at a time: bigger chunks were slower, all at once takes several GB.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt  # type: ignore[import-not-found]

from benchmarks.peers.market import CAPITAL, FAST, FEE, GRID, SAME, SIZE, SLOW, bars, prints, summary
from benchmarks.peers.turns import serve

TERMS = {"size": SIZE, "size_type": "amount", "fees": FEE, "init_cash": CAPITAL, "freq": "1ms"}


def later(signals: Any) -> Any:
    """The same signals a row later."""
    moved = np.zeros_like(signals)
    moved[1:] = signals[:-1]
    return moved


def crossing(close: Any, price: Any, fast: Any, slow: Any) -> Any:
    """The portfolio of one or several pairs of windows."""
    fast_average = vbt.MA.run(close, fast, short_name="fast", run_unique=True)
    lead = fast_average.ma.values - vbt.MA.run(close, slow, short_name="slow", run_unique=True).ma.values
    return vbt.Portfolio.from_signals(close, later(lead > SAME), later(lead < -SAME), price=price, **TERMS)


def main() -> None:
    kind, count, chunk = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10
    if kind == "ticks":
        market = prints(count)
        close = pd.Series(market.price, index=pd.to_datetime(market.ms, unit="ms"))

        def work(_: Any) -> dict[str, Any]:
            portfolio = crossing(close, market.price, FAST, SLOW)
            return summary(portfolio.final_value() - CAPITAL, len(portfolio.orders.records_arr))
    else:
        minutes = bars(count)
        close = pd.Series(minutes.close, index=pd.to_datetime(minutes.ms, unit="ms"))
        opens = minutes.open[:, None]

        def work(_: Any) -> dict[str, Any]:
            pnl, fills = [], 0
            for at in range(0, len(GRID), chunk):
                fast, slow = zip(*GRID[at : at + chunk], strict=True)
                portfolio = crossing(close, opens, list(fast), list(slow))
                pnl += (np.asarray(portfolio.final_value()) - CAPITAL).tolist()
                fills += len(portfolio.orders.records_arr)
            return summary(sum(pnl), fills) | {"each": pnl}

    serve(vbt.__version__, work)


if __name__ == "__main__":
    main()
