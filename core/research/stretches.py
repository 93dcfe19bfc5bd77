"""What a run held over the rows of a batch: the stretches between its fills, which may reach over the batch's ends. What funding costs
begins a stretch too: it changes equity, though nothing that is held."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.kernels.records import FUNDING
from core.types import Records


class Stretches(NamedTuple):
    """The rows of a batch cut at what was done in it: `n` reports make `n + 1` stretches, the first one begun before the batch.

    Attributes:
        fills: FILL reports of the batch, and FUNDING ones.
        rows: the row each of them happened on, ascending; several may share one.
        position, entry: of each stretch: what was held, signed, and its average price (of no meaning where flat).
        settled: equity of each stretch without its open position, quote currency.
    """

    fills: Records
    rows: NDArray[np.int64]
    position: NDArray[np.float64]
    entry: NDArray[np.float64]
    settled: NDArray[np.float64]

    @property
    def of_fills(self) -> NDArray[np.bool_]:
        """Which of the reports are fills."""
        return np.asarray(self.fills["kind"] != FUNDING)

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
            fills: FILL reports of one leg that the run made of them, and FUNDING ones where there are any.
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
        columns = [fills[name].tolist() for name in ("kind", "qty", "price", "position")]
        for kind, qty, price, after in zip(*columns, strict=True):
            if kind == FUNDING:  # its quantity is what was held, and stays so
                pass
            elif position != 0.0 and (position > 0.0) == (qty > 0.0):
                entry = (entry * abs(position) + price * abs(qty)) / abs(after)
            elif position == 0.0 or (after != 0.0 and (after > 0.0) != (position > 0.0)):
                entry = price
            found.append(entry)
            position = after
        return found


def rows_of(batch: Records, fills: Records) -> NDArray[np.int64]:
    """The rows that fills happened on, or funding was due at."""
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
    same = (batch["seq"][rows] == fills["seq"]) & (batch["id"][rows] == fills["tick_id"])
    on_time = (batch["ts"][rows] == fills["ts"]) | (fills["kind"] == FUNDING)  # that carries the hour it was due at
    return bool((same & on_time).all())


def with_funding(
    ts: NDArray[np.int64], price: NDArray[np.float64], held: Stretches
) -> tuple[NDArray[np.int64], NDArray[np.float64], Stretches]:
    """Times and prices at which equity is marked: those of the rows, and before a row the hour that funding was due at, with the price the
    account took for it; and the stretches of these."""
    paid = held.fills["kind"] == FUNDING
    if not paid.any():
        return ts, price, held
    due, rows = held.fills.compress(paid), held.rows[paid]
    before = np.cumsum(paid) - paid
    return np.insert(ts, rows, due["ts"]), np.insert(price, rows, due["price"]), held._replace(rows=held.rows + before)
