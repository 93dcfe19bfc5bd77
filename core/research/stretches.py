"""What a run held over the rows of a batch: the stretches between its fills, which may reach over the batch's ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.types import Records


class Stretches(NamedTuple):
    """The rows of a batch cut at its fills: `n` fills make `n + 1` stretches, the first one begun before the batch.

    Attributes:
        fills: FILL reports of the batch.
        rows: the row each of them happened on, ascending; two may share a row of bars.
        position, entry: of each stretch: what was held, signed, and its average price (of no meaning where flat).
        settled: equity of each stretch without its open position, quote currency.
    """

    fills: Records
    rows: NDArray[np.int64]
    position: NDArray[np.float64]
    entry: NDArray[np.float64]
    settled: NDArray[np.float64]

    @property
    def flat(self) -> bool:
        """Nothing was held and nothing was done."""
        return len(self.rows) == 0 and self.position[0] == 0.0

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each stretch; one ends where the next starts, and an empty one starts where it ends."""
        return np.concatenate([[0], self.rows])


class Holding:
    """What is held from batch to batch, made of the fills alone as the book makes it.

    Args:
        capital: equity at the start.
    """

    def __init__(self, capital: float) -> None:
        self._capital = capital
        self._position = self._entry = self._realised = self._fees = 0.0

    def over(self, batch: Records, fills: Records) -> Stretches:
        """The stretches of the next batch.

        Args:
            batch: TICK or BAR records, as the run saw them.
            fills: FILL reports of one leg that the run made of them.
        """
        entries = [self._entry, *self._entries(fills)]
        realised = np.cumsum(np.concatenate([[self._realised], fills["realised"]]))
        fees = np.cumsum(np.concatenate([[self._fees], fills["fee"]]))
        position = np.concatenate([[self._position], fills["position"]])
        self._position, self._entry, self._realised, self._fees = (
            float(position[-1]), entries[-1], float(realised[-1]), float(fees[-1]),
        )  # fmt: skip
        rows = rows_of(batch, fills) if len(fills) else np.empty(0, np.int64)
        return Stretches(fills, rows, position, np.array(entries), self._capital + realised - fees)

    def _entries(self, fills: Records) -> list[float]:
        """The average entry after each fill (`core.kernels.book.execute`)."""
        position, entry, found = self._position, self._entry, []
        for qty, price, after in zip(fills["qty"].tolist(), fills["price"].tolist(), fills["position"].tolist(), strict=True):
            if position != 0.0 and (position > 0.0) == (qty > 0.0):
                entry = (entry * abs(position) + price * abs(qty)) / abs(after)
            elif position == 0.0 or (after != 0.0 and (after > 0.0) != (position > 0.0)):
                entry = price
            found.append(entry)
            position = after
        return found


def rows_of(batch: Records, fills: Records) -> NDArray[np.int64]:
    """The rows that fills happened on."""
    guess: NDArray[np.int64] = fills["seq"] - batch["seq"][0]  # a file's rows are numbered one by one
    if guess.min() >= 0 and guess.max() < len(batch) and _are(batch, guess, fills):
        return guess
    seq = np.ascontiguousarray(batch["seq"])
    if bool((seq[1:] > seq[:-1]).all()):
        return np.searchsorted(seq, fills["seq"]).astype(np.int64)
    rows = np.searchsorted(np.ascontiguousarray(batch["ts"]), fills["ts"]).astype(np.int64)
    while bool((other := batch["id"][rows] != fills["tick_id"]).any()):  # prints of one time
        rows[other] += 1
    return rows


def _are(batch: Records, rows: NDArray[np.int64], fills: Records) -> bool:
    found = batch["seq"][rows], batch["id"][rows], batch["ts"][rows]
    return all(bool((one == fills[name]).all()) for one, name in zip(found, ("seq", "tick_id", "ts"), strict=True))
