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

ALL = slice(None)

#: Names of values in a run; those that come later are left out.
MOST_NAMES = 256


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
            if name not in self._values and len(self.names) < MOST_NAMES:
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

    def newest(self, most: int | None = None) -> slice:
        """The place of the newest so many of those that are kept; None: of as many as are to be."""
        most = self._most if most is None else most
        return slice(0 if most is None else max(0, len(self) - most), len(self))

    def fixed(self, name: str, part: slice = ALL) -> NDArray[Any]:
        """A column of `FIXED`, oldest first."""
        return np.array(self._fixed[name][part], FIXED[name])

    def values(self, name: str, part: slice = ALL) -> NDArray[np.float64]:
        """The values of a name in the same way, NaN where it had none."""
        return np.array(self._values[name][part], np.float64)

    def rows(self, part: slice | None = None) -> list[dict[str, Any]]:
        """JSON-ready, oldest first: `signal` (its number, from 1), the columns of `FIXED` with the order by its id ('' for none), and
        `values`; what is not known is None. `part` is None for `newest()`."""
        start, stop, _ = (self.newest() if part is None else part).indices(len(self))
        part, first = slice(start, stop), self.total - len(self) + start + 1
        fixed = (self.fixed(name, part).tolist() for name in FIXED)
        values = [[finite(value) for value in self.values(name, part).tolist()] for name in self.names]
        return [
            {
                "signal": first + k, "ts_ns": ts, "price": finite(price), "old": finite(old), "new": finite(new),
                "order_id": self.order_id(order), "values": {name: column[k] for name, column in zip(self.names, values, strict=True)},
            }
            for k, (ts, price, old, new, order) in enumerate(zip(*fixed, strict=True))
        ]  # fmt: skip

    def order_id(self, number: int) -> str:
        """As fills name it; '' for none."""
        return f"{self.strategy}:o{number}" if number else ""
