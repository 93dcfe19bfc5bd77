"""vectorbt: moving averages and signals as whole columns, then its simulation in numba.

    python -m benchmarks.peers.on_vectorbt ticks COUNT
    python -m benchmarks.peers.on_vectorbt bars|sweep|walk COUNT EVERY FOLDS

Signals act one row later, as an order decided on one print fills on the next. Of bars several pairs of windows are simulated as columns, at
the open of the bar after the signal, ten at a time: bigger chunks were slower, all at once takes several GB.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt  # type: ignore[import-not-found]

from benchmarks.peers.market import CAPITAL, FAST, FEE, SAME, SIZE, SLOW, bars, prints, summary
from benchmarks.peers.questions import answer
from benchmarks.peers.turns import serve

TERMS = {"size": SIZE, "size_type": "amount", "fees": FEE, "init_cash": CAPITAL, "freq": "1ms"}

#: Pairs of windows simulated together.
CHUNK = 10


def later(signals: Any) -> Any:
    """The same signals a row later."""
    moved = np.zeros_like(signals)
    moved[1:] = signals[:-1]
    return moved


def crossing(close: Any, price: Any, fast: Any, slow: Any) -> Any:
    """The portfolio of one or several pairs of windows."""
    fast_average = vbt.MA.run(close, fast, short_name="fast", run_unique=True)
    lead = fast_average.ma.values - vbt.MA.run(close, slow, short_name="slow", run_unique=True).ma.values
    lead = lead.reshape(len(lead), *np.shape(price)[1:]) if lead.ndim < np.ndim(price) else lead  # a single pair's has lost its column
    return vbt.Portfolio.from_signals(close, later(lead > SAME), later(lead < -SAME), price=price, **TERMS)


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
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

        def trade(first: int, last: int, some: Sequence[tuple[int, int]]) -> list[tuple[float, int]]:
            found: list[tuple[float, int]] = []
            for at in range(0, len(some), CHUNK):
                fast, slow = zip(*some[at : at + CHUNK], strict=True)
                portfolio = crossing(close.iloc[first:last], opens[first:last], list(fast), list(slow))
                pnl = np.atleast_1d(np.asarray(portfolio.final_value())) - CAPITAL
                fills = np.bincount(portfolio.orders.records_arr["col"], minlength=len(fast))
                found += zip(pnl.tolist(), fills.tolist(), strict=True)
            return found

        def work(_: Any) -> dict[str, Any]:
            return answer(kind, count, int(sys.argv[3]), int(sys.argv[4]), trade)

    serve(vbt.__version__, work)


if __name__ == "__main__":
    main()
