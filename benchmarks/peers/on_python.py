"""What one writes first: a callback a print in plain Python, and a broker of ten lines. No book, no log, no costs but the fee."""

from __future__ import annotations

import platform
import sys
from collections import deque
from typing import Any

from benchmarks.peers.market import FAST, FEE, SAME, SLOW, prints, summary
from benchmarks.peers.turns import serve


class Average:
    """Simple moving average, by a running sum."""

    __slots__ = ("total", "values", "window")

    def __init__(self, window: int) -> None:
        self.window = window
        self.values: deque[float] = deque()
        self.total = 0.0

    def add(self, value: float) -> float:
        """The average with this value."""
        self.values.append(value)
        self.total += value
        if len(self.values) > self.window:
            self.total -= self.values.popleft()
        return self.total / self.window


class Broker:
    """Fills an order at the next print."""

    def __init__(self) -> None:
        self.cash = self.position = self.wanted = 0.0
        self.fills = 0

    def fill(self, price: float) -> None:
        """Fill what was ordered."""
        self.cash -= self.wanted * price + abs(self.wanted) * price * FEE
        self.position += self.wanted
        self.wanted = 0.0
        self.fills += 1


class Crossing:
    """Long while the fast average is above the slow one."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.fast, self.slow = Average(FAST), Average(SLOW)
        self.seen = 0

    def on_tick(self, _ms: int, price: float, _qty: float) -> None:
        fast, slow = self.fast.add(price), self.slow.add(price)
        self.seen += 1
        if self.seen < SLOW:
            return
        if fast > slow + SAME:
            if self.broker.position == 0.0:
                self.broker.wanted = 1.0
        elif fast < slow - SAME and self.broker.position > 0.0:
            self.broker.wanted = -1.0


def main() -> None:
    market = prints(int(sys.argv[1]))

    def work(_: Any) -> dict[str, Any]:
        broker = Broker()
        on_tick = Crossing(broker).on_tick
        for ms, price, qty in zip(market.ms.tolist(), market.price.tolist(), market.qty.tolist(), strict=True):
            if broker.wanted:
                broker.fill(price)
            on_tick(ms, price, qty)
        return summary(broker.cash + broker.position * float(market.price[-1]), broker.fills)

    serve(platform.python_version(), work)


if __name__ == "__main__":
    main()
