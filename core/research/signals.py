"""The decisions of a run: when its target became another one, from what to what, and the values it rested on; kept by column."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.research.metrics import finite

#: What is known of every decision, before its values: times in ns UTC, prices in quote currency, targets in units, 0 for no order.
FIXED = {"ts_ns": "q", "price": "d", "old": "d", "new": "d", "order": "q"}


class Signals:
    """Takes decisions one after the other; some 100 bytes each.

    Args:
        most: only the newest so many are kept; None: all of them.

    Attributes:
        strategy: name of what decided.
        total: decisions there were.
        names: of the values, in the order they first came.
    """

    def __init__(self, strategy: str, most: int | None = None) -> None:
        self.strategy = strategy
        self.total = 0
        self.names: list[str] = []
        self._most = most
        self._fixed: dict[str, array[Any]] = {name: array(code) for name, code in FIXED.items()}
        self._values: dict[str, array[Any]] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._fixed["ts_ns"])

    def take(self, fixed: tuple[int, float, float, float, int], values: Mapping[str, float]) -> None:
        """The next decision.

        Args:
            fixed: its time, the price of its print (of bars: the close), the target before (NaN: none yet) and after it, the number of the
                order it placed (0: none).
            values: what it rested on, by name; NaN is not known.
        """
        self.total += 1
        for name in values:
            if name not in self._values:
                self.names.append(name)
                self._values[name] = array("d", [np.nan]) * len(self)
        for column, value in zip(self._fixed.values(), fixed, strict=True):
            column.append(value)
        for name, known in self._values.items():
            known.append(values.get(name, np.nan))
        if self._most is not None and len(self) > 2 * self._most:
            self._forget(len(self) - self._most)

    def _forget(self, count: int) -> None:
        for column in (*self._fixed.values(), *self._values.values()):
            del column[:count]

    def fixed(self, name: str, most: int | None = None) -> NDArray[Any]:
        """A column of `FIXED`, oldest first; with `most` of the newest so many."""
        return np.array(self._fixed[name][-most:] if most else self._fixed[name], FIXED[name])

    def values(self, name: str, most: int | None = None) -> NDArray[np.float64]:
        """The values of a name in the same way, NaN where it had none."""
        return np.array(self._values[name][-most:] if most else self._values[name], np.float64)

    def rows(self, most: int | None = None) -> list[dict[str, Any]]:
        """JSON-ready, oldest first: `signal` (its number, from 1), the columns of `FIXED` with the order by its id ('' for none), and
        `values`; what is not known is None."""
        most = self._most if most is None else most
        whens, prices, olds, news, orders = (self.fixed(name, most).tolist() for name in FIXED)
        first = self.total - len(whens) + 1
        values = [self.values(name, most).tolist() for name in self.names]
        return [
            {
                "signal": first + k,
                "ts_ns": whens[k],
                "price": finite(prices[k]),
                "old": finite(olds[k]),
                "new": finite(news[k]),
                "order_id": f"{self.strategy}:o{orders[k]}" if orders[k] else "",
                "values": {name: finite(column[k]) for name, column in zip(self.names, values, strict=True)},
            }
            for k in range(len(whens))
        ]
