"""How far the market went against and for each round trip while it was held: MAE and MFE (Sweeney, "Maximum Adverse Excursion", 1997).

Of ticks every print counts from that of the entry to that of the exit. Of bars the range counts of each bar it was held through; of the
bar it ended in the open, and the level of a stop that ended it there: what came first inside that bar is not known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.kernels.records import STOP_LOSS, TAKE_PROFIT, TRAILING
from core.research.stretches import Stretches
from core.types import Records

_STOPS = (STOP_LOSS, TAKE_PROFIT, TRAILING)


class Excursions:
    """Takes batches as they go by; a trip may reach over many.

    Args:
        slippage: how much worse than its price a fill is, a fraction.
        exact: reasons of fills that are at their price.
    """

    def __init__(self, slippage: float, exact: tuple[int, ...] = ()) -> None:
        self._slippage, self._exact = slippage, exact
        self._closed: list[NDArray[np.float64]] = []
        self._open = np.zeros(4)

    def take(self, batch: Records, price: NDArray[np.float64], held: Stretches) -> None:
        """The next batch; `price` is its own, contiguous."""
        if held.flat:
            return
        low, high = extremes(batch, price, held, self._slippage, self._exact)
        long, short = held.position > 0.0, held.position < 0.0
        worst = np.where(long, low - held.entry, np.where(short, held.entry - high, 0.0))
        best = np.where(long, high - held.entry, np.where(short, held.entry - low, 0.0))
        per_cent = 100.0 / np.where(held.position != 0.0, held.entry, 1.0)
        before, after = held.position[:-1], held.position[1:]
        ended = np.flatnonzero((before != 0.0) & ((after == 0.0) | ((after > 0.0) != (before > 0.0))))
        firsts = np.concatenate([[0], ended + 1])  # of each trip the first stretch; what is flat before it adds nothing
        falls = [np.minimum.reduceat(np.minimum(values, 0.0), firsts) for values in (worst, worst * per_cent)]
        rises = [np.maximum.reduceat(np.maximum(values, 0.0), firsts) for values in (best, best * per_cent)]
        found = np.stack([falls[0], rises[0], falls[1], rises[1]], axis=1)
        found[0, 0::2] = np.minimum(found[0, 0::2], self._open[0::2])
        found[0, 1::2] = np.maximum(found[0, 1::2], self._open[1::2])
        self._closed.append(found[:-1])
        self._open = found[-1]

    def closed(self) -> NDArray[np.float64]:
        """Shape (trips, 4): of each that is closed MAE and MFE in quote currency a unit, then both in percent of the entry."""
        return np.concatenate([np.empty((0, 4)), *self._closed])


def extremes(
    batch: Records, price: NDArray[np.float64], held: Stretches, slippage: float, exact: tuple[int, ...] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and the highest price seen in each stretch, both its ends included."""
    starts = held.starts
    if "open" not in (batch.dtype.names or ()):
        ends = price[held.rows]
        low, high = np.minimum.reduceat(price, starts), np.maximum.reduceat(price, starts)
        low[:-1], high[:-1] = np.minimum(low[:-1], ends), np.maximum(high[:-1], ends)
        return low, high
    low = np.minimum.reduceat(np.ascontiguousarray(batch["low"]), starts)
    high = np.maximum.reduceat(np.ascontiguousarray(batch["high"]), starts)
    empty = starts[:-1] == starts[1:]
    low[:-1][empty], high[:-1][empty] = np.inf, -np.inf
    opens, fills = batch["open"][held.rows], held.fills
    worse = np.where(np.isin(fills["why"], exact), 0.0, slippage)
    level = fills["price"] / np.where(fills["qty"] > 0.0, 1.0 + worse, 1.0 - worse)
    level = np.where(np.isin(fills["why"], _STOPS), level, opens)
    low[:-1] = np.minimum(low[:-1], np.minimum(opens, level))
    high[:-1] = np.maximum(high[:-1], np.maximum(opens, level))
    return low, high
