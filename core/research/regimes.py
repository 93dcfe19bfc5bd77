"""In what market each trade was entered: how volatile it was and which way it had gone, told by prices from before the entry alone.

Prices are those that steps of equal length closed at; steps in which nothing traded are none. With r = ln(close / close before) of the
newest `WINDOW` steps that were over when the row of the entry came:

- realised volatility √(Σ r² / WINDOW), a fraction a step (Andersen, Bollerslev, Diebold and Labys, "Modeling and Forecasting Realized
  Volatility", Econometrica 71, 2003). Its thirds are those of all its values of the run before that one.
- trend Σ r / √(Σ r²), flat within ± `FLAT`: a walk without drift is as often down, flat and up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.research.stretches import Stretches
from core.types import MINUTE, Records

#: Returns that volatility and trend are made of.
WINDOW = 30

#: Earlier values of volatility without which it has no thirds.
LEAST = 30

#: The 2/3 quantile of a standard normal distribution, about.
FLAT = 0.43

#: By code; the last one where too little was known.
VOLATILITIES = ("low", "mid", "high", "n/a")
TRENDS = ("down", "flat", "up", "n/a")
UNKNOWN = 3

#: Values that are compared one by one; those before them are sorted.
BLOCK = 2048


def step_of(interval_ns: int, source_ns: int) -> int:
    """The length of a step, ns: a minute, or the strategy's bars or the source's where those are longer.

    Args:
        interval_ns, source_ns: of these bars; 0 for ticks.
    """
    return max(MINUTE, interval_ns, source_ns)


class Regimes:
    """Takes batches as they go by.

    Args:
        step_ns: as of `step_of`.
        source_ns: length of the source's bars, 0 for ticks: a bar that is no shorter than a step is one.
    """

    def __init__(self, step_ns: int, source_ns: int) -> None:
        self._step = 0 if source_ns >= step_ns else step_ns
        self._now: int | None = None
        self._price = np.nan
        self._over = 0
        self._closes: list[NDArray[np.float64]] = []
        self._known: list[NDArray[np.int64]] = []

    def take(self, batch: Records, held: Stretches) -> None:
        """The next batch, and what was done in it."""
        begun = self._begun(batch)
        ends = batch["price"][np.maximum(begun - 1, 0)]
        self._closes.append(np.where(begun > 0, ends, self._price))
        fills = held.rows[held.of_fills]
        self._known.append(self._over + np.searchsorted(begun, fills, side="right"))
        self._over += len(begun)
        self._price = float(batch["price"][-1])

    def _begun(self, batch: Records) -> NDArray[np.intp]:
        """The rows that begin a step, and so end the one before; no step begins again."""
        if self._step == 0:
            first = int(self._now is None)
            self._now = 0
            return np.arange(first, len(batch))
        when = np.ascontiguousarray(batch["start" if "start" in (batch.dtype.names or ()) else "ts"])
        before = int(when[0]) // self._step if self._now is None else self._now
        self._now = max(before, int(when.max()) // self._step)
        if self._now - before < len(when) and bool((when[1:] >= when[:-1]).all()):
            return np.unique(np.searchsorted(when, np.arange(before + 1, self._now + 1) * self._step))
        return np.flatnonzero(np.diff(np.maximum(np.maximum.accumulate(when // self._step), before), prepend=before))

    def of(self, trips: Records) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The codes of each trip: its place in `VOLATILITIES`, and in `TRENDS`.

        Args:
            trips: TRIP records of the run whose batches were taken.
        """
        closes = np.concatenate([np.empty(0), *self._closes])
        known = np.concatenate([np.empty(0, np.int64), *self._known])[trips["first_fill"] - 1]
        return regimes_at(closes, known)


def regimes_at(closes: NDArray[np.float64], known: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The codes of moments at which so many (`known`) of the steps were over."""
    volatility, trend = (np.full(len(known), UNKNOWN) for _ in range(2))
    if len(closes) <= WINDOW:
        return volatility, trend
    with np.errstate(all="ignore"):  # a price at or below zero has no logarithm, and what rests on it is not known
        logs = np.log(closes)
        squares = np.lib.stride_tricks.sliding_window_view(np.diff(logs) ** 2, WINDOW).sum(axis=1)
        at = known - 1 - WINDOW  # in `squares`, of the newest step that was over
        there = (at >= 0) & np.isfinite(squares[np.maximum(at, 0)])
        places = at[there]
        moved = (logs[WINDOW:] - logs[:-WINDOW])[places]
        trend[there] = 1 + np.sign(moved) * (np.abs(moved) > FLAT * np.sqrt(squares[places]))
        volatility[there] = _thirds(squares, places)
    return volatility, trend


def _thirds(values: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """In which third of all values before it the value at each of these places lies, equals counting half; `UNKNOWN` where too few are."""
    asked, which = np.unique(places, return_inverse=True)
    found = np.full(len(asked), UNKNOWN)
    sorted_, until = np.empty(0), 0
    for k, place in enumerate(asked.tolist()):
        if place - until >= BLOCK:
            sorted_ = np.sort(np.concatenate([sorted_, _finite(values[until:place])]), kind="stable")  # two runs are merged
            until = place
        near, value = _finite(values[until:place]), values[place]
        count = len(sorted_) + len(near)
        if count >= LEAST:
            below, upto = np.searchsorted(sorted_, value, "left"), np.searchsorted(sorted_, value, "right")
            twice = int(below + upto + np.count_nonzero(near < value) + np.count_nonzero(near <= value))
            found[k] = min(3 * twice // (2 * count), 2)
    return found[which]


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]
