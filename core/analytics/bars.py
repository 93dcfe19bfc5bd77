"""Whole bars out of many ticks at once, in NumPy: the same bars the streaming kernel closes, with exact volumes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analytics.bar_cuts import Cuts
from core.analytics.sums import DECIMALS, UNITS, unit_sums
from core.types import BarKind, BarQuality, Records

#: One bar. `start` and `end` (of the last tick) in ns UTC, volumes in base currency, `vwap` NaN where it is not known, `trades` the ticks
#: in it, `quality` the bits of `BarQuality`. Of a bar that is not cut by time, `start` is the time of its first tick, or 1 ns after the
#: start of the bar before where that is no later: no two bars start at once.
OHLCV = np.dtype(
    [
        ("start", "i8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("buy_volume", "f8"),
        ("vwap", "f8"),
        ("trades", "i8"),
        ("end", "i8"),
        ("quality", "u1"),
    ]
)

_INCOMPLETE = int(BarQuality.INCOMPLETE)


class Sums(NamedTuple):
    """What was traded in a bar, exactly, in units of 1e-16: base currency, the part buyers took, quote currency (None: not known)."""

    volume: int
    bought: int
    value: int | None

    def plus(self, more: Sums) -> Sums:
        """Of both."""
        value = None if self.value is None or more.value is None else self.value + more.value
        return Sums(self.volume + more.volume, self.bought + more.bought, value)

    def write(self, bar: Any) -> None:
        """Set the figures of an OHLCV record to the nearest doubles."""
        bar["volume"], bar["buy_volume"] = self.volume / UNITS, self.bought / UNITS
        bar["vwap"] = math.nan if self.value is None or not self.volume else self.value / self.volume


class Stretch(NamedTuple):
    """Bars of a run of ticks.

    Attributes:
        bars: OHLCV records; the first and the last may be parts of bars.
        head, tail: what was traded in the first and in the last of them.
        goes_on: the first goes on with the last bar of the ticks before.
        torn: ids are missing between the ticks before and these.
        top: the highest id so far.
    """

    bars: Records
    head: Sums
    tail: Sums
    goes_on: bool
    torn: bool
    top: int


def aggregate(ticks: Records, kind: BarKind | int, *, dense: bool = True) -> Records:
    """OHLCV bars of the ticks, in order, the last one as far as it has come; how they are cut is in `Cuts`.

    A tick with a time before the bar at its place belongs to that bar, as in the streaming kernel; intervals without
    a tick have no bar; interval 0 makes each tick a bar.

    Args:
        ticks: TICK records, shape (n,), in the order they are to be seen.
        kind: how they are cut; a number is an interval in ns, aligned to the epoch.
        dense: the venue's ids have no holes of their own: one that is missing makes the bar incomplete.
    """
    if not len(ticks):
        return np.empty(0, OHLCV)
    return stretch(ticks, Cuts(kind if isinstance(kind, BarKind) else BarKind("time", kind)), dense=dense).bars


def stretch(ticks: Records, cuts: Cuts, *, dense: bool = True, top: int | None = None, after: int = 0) -> Stretch:
    """Bars of ticks that go on with those `cuts` saw before.

    Args:
        ticks: TICK records, at least one.
        dense: ids that are missing are a hole.
        top: the highest id before; None: there was none.
        after: start of the bar before, ns.
    """
    time, first, goes_on = cuts.take(ticks)
    last = np.append(first[1:], len(ticks)) - 1
    price, qty = ticks["price"], ticks["qty"]
    bars = np.empty(len(first), OHLCV)
    bars["start"] = cuts.start_of(time[first])
    if cuts.kind.by != "time":
        if goes_on:
            bars["start"][0] = after
        bars["start"] = _apart(bars["start"], after + (not goes_on))
    bars["end"] = time[last]
    bars["open"], bars["close"] = price[first], price[last]
    bars["high"] = np.maximum.reduceat(price, first)
    bars["low"] = np.minimum.reduceat(price, first)
    bars["trades"] = last - first + 1
    bars["quality"] = np.bitwise_or.reduceat(np.left_shift(1, ticks["origin"]).astype("u1"), first)
    sums = [
        Sums(*row)
        for row in zip(
            unit_sums(qty, first),
            unit_sums(np.where(ticks["side"] > 0, qty, 0.0), first),
            unit_sums(price * qty, first),
            strict=True,
        )
    ]
    bars["volume"] = [row.volume / UNITS for row in sums]
    bars["buy_volume"] = [row.bought / UNITS for row in sums]
    bars["vwap"] = [math.nan if not row.volume else (row.value or 0) / row.volume for row in sums]
    torn, top = _mark_holes(bars, ticks["id"], first, top) if dense else (False, 0)
    return Stretch(bars, sums[0], sums[-1], goes_on, torn, top)


def _mark_holes(bars: Records, ids: NDArray[np.int64], first: NDArray[np.intp], top: int | None) -> tuple[bool, int]:
    """Bars around a missing id are incomplete; whether there is a hole before the first tick, and the highest id."""
    start = int(ids[0]) - 1 if top is None else top
    tops = np.maximum(np.maximum.accumulate(ids), start)
    holes = np.flatnonzero(ids > np.concatenate(([start], tops[:-1])) + 1)
    if len(holes):
        around = np.concatenate((holes, holes[holes > 0] - 1))
        bars["quality"][np.searchsorted(first, around, side="right") - 1] |= _INCOMPLETE
    return bool(len(holes)) and not holes[0], int(tops[-1])


def _apart(starts: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """Starts that grow by at least 1 ns each, from `least` on."""
    steps = np.arange(len(starts))
    return np.maximum(np.maximum.accumulate(starts - steps), least) + steps


def exact_sums(values: NDArray[Any], first: NDArray[Any]) -> NDArray[np.float64]:
    """Sums of `values[first[i]:first[i + 1]]`, as the decimals they were written as add up.

    Values of up to 8 decimals are added as integers: the double nearest to the decimal sum (while that has at most
    15 digits). Others are added without rounding error (`math.fsum`).

    Args:
        values: f8, shape (n,), n > 0, not negative.
        first: where each sum begins, strictly increasing, shape (m,).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(values * DECIMALS)
        whole = bool(np.all(scaled / DECIMALS == values)) and scaled.max() < 2.0**53 and scaled.sum() < 2.0**62
    if whole:
        return np.asarray(np.add.reduceat(scaled.astype(np.int64), first) / DECIMALS, np.float64)
    parts = np.split(values, first[1:])
    return np.array([math.fsum(part.tolist()) for part in parts])
