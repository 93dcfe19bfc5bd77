"""backtrader: an order given on one bar fills at the next one's open; a print is a bar whose four prices are equal.

    python -m benchmarks.peers.on_backtrader ticks COUNT
    python -m benchmarks.peers.on_backtrader bars|sweep|walk COUNT EVERY FOLDS

Its averages are its own indicators, computed as columns before the strategy runs (`runonce`, its usual way). A strategy is asked from the
first bar on that all of them have a value for.
"""

from __future__ import annotations

import sys
from typing import Any

import backtrader as bt  # type: ignore[import-not-found]

from benchmarks.peers.market import CAPITAL, FAST, FEE, SAME, SIZE, SLOW, bars, prints, summary
from benchmarks.peers.questions import answer, one_by_one
from benchmarks.peers.turns import serve


class Rows(bt.feed.DataBase):  # type: ignore[misc]
    """Bars out of lists: opens, highs, lows, closes, volumes."""

    params = (("columns", ()), ("first", 0), ("last", 0))

    def start(self) -> None:
        super().start()
        self._at = self.p.first

    def _load(self) -> bool:
        at = self._at
        if at >= self.p.last:
            return False
        lines = self.lines
        lines.datetime[0] = 730_000.0 + at / 1440  # days; a minute each
        lines.open[0], lines.high[0], lines.low[0], lines.close[0], lines.volume[0] = (column[at] for column in self.p.columns)
        lines.openinterest[0] = 0.0
        self._at = at + 1
        return True


class Crossing(bt.Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    params = (("fast", FAST), ("slow", SLOW))

    def __init__(self) -> None:
        self.fast = bt.indicators.SMA(self.data.close, period=self.p.fast)
        self.slow = bt.indicators.SMA(self.data.close, period=self.p.slow)
        self.fills = 0

    def notify_order(self, order: Any) -> None:
        self.fills += order.status == order.Completed

    def next(self) -> None:
        fast, slow = self.fast[0], self.slow[0]
        if fast > slow + SAME:
            if not self.position:
                self.buy(size=SIZE)
        elif fast < slow - SAME and self.position:
            self.close()


def run(columns: Any, first: int, last: int, fast: int, slow: int) -> tuple[float, int]:
    """Profit and fills of one pair of windows."""
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(Rows(columns=columns, first=first, last=last))
    cerebro.addstrategy(Crossing, fast=fast, slow=slow)
    cerebro.broker.setcash(CAPITAL)
    cerebro.broker.setcommission(commission=FEE)
    (strategy,) = cerebro.run()
    return cerebro.broker.getvalue() - CAPITAL, strategy.fills


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    if kind == "ticks":
        market = prints(count)
        columns: Any = [market.price.tolist()] * 4 + [market.qty.tolist()]
        serve(bt.__version__, lambda _: summary(*run(columns, 0, count, FAST, SLOW)))
        return
    every, folds, minutes = int(sys.argv[3]), int(sys.argv[4]), bars(count)
    columns = [column.tolist() for column in (minutes.open, minutes.high, minutes.low, minutes.close, minutes.volume)]
    trade = one_by_one(lambda *words: run(columns, *words))
    serve(bt.__version__, lambda _: answer(kind, count, every, folds, trade))


if __name__ == "__main__":
    main()
