"""What is left of a position when the oldest was closed first: a queue of lots, each a quantity at its price."""

from __future__ import annotations

from collections import deque
from math import fsum

#: Lots kept of a position. Beyond, neighbours become one at their average price: what all of them cost stays the same, only which of
#: the two was sold first is not told apart any more.
MOST = 4096


class Lots:
    """The lots of one position, the oldest first; neighbours at one price are one lot.

    An execution costs as many steps as it closes lots, so one on average: each lot is opened once and closed once.
    """

    def __init__(self) -> None:
        self._lots: deque[tuple[float, float]] = deque()
        self._cost: float | None = None

    def __len__(self) -> int:
        return len(self._lots)

    @property
    def cost(self) -> float | None:
        """Average price of what is left; None when nothing is."""
        if self._cost is None and self._lots:
            self._cost = fsum(qty * price for qty, price in self._lots) / fsum(qty for qty, _ in self._lots)
        return self._cost

    def move(self, before: float, qty: float, after: float, price: float) -> float:
        """Take an execution that leads from one position to another, all signed; returns what it realised, in quote currency."""
        self._cost = None
        lots = self._lots
        if before == 0.0 or (before > 0.0) == (qty > 0.0):
            self._open(abs(qty), price)
            return 0.0
        left, realised, paid = abs(qty), 0.0, price
        while left > 0.0 and lots:
            size, paid = lots[0]
            closed = min(size, left)
            realised += closed * (price - paid)
            left -= closed
            if closed == size:
                lots.popleft()
            else:
                lots[0] = (size - closed, paid)
        if after == 0.0:
            lots.clear()
        elif (after > 0.0) != (before > 0.0):
            lots.clear()
            lots.append((abs(after), price))
        elif not lots:  # rounding took the last of it
            lots.append((abs(after), paid))
        return realised if before > 0.0 else -realised

    def _open(self, size: float, price: float) -> None:
        lots = self._lots
        if lots and lots[-1][1] == price:
            size += lots.pop()[0]
        lots.append((size, price))
        if len(lots) > MOST:
            pairs = list(lots)
            odd = pairs.pop() if len(pairs) % 2 else None
            lots.clear()
            for (a, first), (b, second) in zip(pairs[::2], pairs[1::2], strict=True):
                lots.append((a + b, (a * first + b * second) / (a + b)))
            if odd is not None:
                lots.append(odd)
