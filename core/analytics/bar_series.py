"""Bars of one symbol that go on with every batch of ticks: the same bars, however the ticks were split."""

from __future__ import annotations

from copy import copy

import numpy as np

from core.analytics.bar_cuts import Cuts
from core.analytics.bars import OHLCV, Stretch, Sums, exact_sums, stretch
from core.analytics.sums import units_of
from core.types import BarKind, BarQuality, Records, copied, join

#: A volume the venue names is more than ours only beyond what rounding could make of it.
ROUNDING = 1e-9

_NONE = Sums(0, 0, 0)


class BarSeries:
    """The newest bars, the last of them as far as it has come.

    Args:
        kind: how they are cut; a number is an interval in ns, > 0.
        most: bars kept; the oldest go beyond that.
        dense: the venue's ids have no holes of their own.

    Attributes:
        bars: OHLCV records, oldest first.
        whole_from: start of the first bar that is known in full, ns; 0 before there is one.
    """

    def __init__(self, kind: BarKind | int, most: int, *, dense: bool = True) -> None:
        self.kind = kind if isinstance(kind, BarKind) else BarKind("time", kind)
        self.most = most
        self.dense = dense
        self.bars: Records = np.empty(0, OHLCV)
        self.whole_from = 0
        self._cuts = Cuts(self.kind)
        self._head, self._tail = _NONE, _NONE
        self._low: int | None = None  # the first id
        self._top: int | None = None

    def __len__(self) -> int:
        return len(self.bars)

    @property
    def interval(self) -> int:
        """Length of a bar in ns; 0 where bars are not cut by time."""
        return int(self.kind.size) if self.kind.by == "time" else 0

    def cuts(self) -> Cuts:
        """Where bars are cut from here on; a copy, to look ahead with."""
        return copy(self._cuts)

    def extend(self, ticks: Records) -> None:
        """Take TICK records of the symbol, in order, that come after all taken so far.

        A tick with a time before the last bar belongs to that bar: no bar opens again.
        """
        if not len(ticks):
            return
        after = int(self.bars["start"][-1]) if len(self.bars) else 0
        new = stretch(ticks, self._cuts, dense=self.dense, top=self._top, after=after)
        if self._low is None:
            self._low = int(ticks["id"][0])
        self._top = new.top
        goes_on = new.goes_on if not self.interval else bool(len(self.bars)) and bool(new.bars["start"][0] <= after)
        self._join(self.bars, (self._head, self._tail), new.bars, (new.head, new.tail), goes_on=goes_on, torn=new.torn)

    def precede(self, ticks: Records) -> None:
        """Put the bars of older ticks before these: the last of them may be the first part of our first. For bars cut by time.

        Args:
            ticks: TICK records, in order, that all come before those taken so far.
        """
        if len(ticks):
            self.put_before(older(ticks, self.kind, dense=self.dense), first_id=int(ticks["id"][0]))

    def put_before(self, old: Stretch, *, first_id: int) -> None:
        """The same with what `older` made of them, which may be on another thread."""
        torn = self.dense and self._low is not None and self._low > old.top + 1
        self._low, self._top = first_id, old.top if self._top is None else max(old.top, self._top)
        self._cuts.latest = max(self._cuts.latest, int(old.bars["end"][-1]))
        goes_on = bool(len(self.bars)) and bool(self.bars["start"][0] <= old.bars["start"][-1])
        self._join(old.bars, (old.head, old.tail), self.bars, (self._head, self._tail), goes_on=goes_on, torn=torn)

    def complete(self, known: Records) -> None:
        """Take what the venue knows of the time before our first tick: older bars, and what of our first bar we did not see.

        Of a bar that still goes on, the volume is to within what was traded while the venue answered: nobody can tell.

        Args:
            known: OHLCV records, oldest first.
        """
        if not len(self.bars):
            if len(known):
                self._head = self._tail = Sums(units_of(float(known["volume"][-1])), 0, None)
            self._keep(known)
            return
        first = self.bars[0]
        same = known.compress(known["start"] == first["start"])
        if len(same) and same[0]["volume"] > first["volume"] * (1 + ROUNDING):
            first["open"] = same[0]["open"]
            first["high"] = max(first["high"], same[0]["high"])
            first["low"] = min(first["low"], same[0]["low"])
            first["quality"] |= BarQuality.VENUE
            self._head = Sums(units_of(float(same[0]["volume"])), self._head.bought, None)
            self._head.write(first)
            if len(self.bars) == 1:
                self._tail = self._head
        before = known.compress(known["start"] < first["start"])
        if len(before) or len(same):
            self.whole_from = 0
        self._keep(join([before, self.bars], OHLCV))

    @property
    def first_end(self) -> int:
        """Where the first bar ends, ns; 0 before there is one."""
        if not len(self.bars):
            return 0
        return int(self.bars["start"][0]) + self.interval if self.interval else int(self.bars["end"][0]) + 1

    def cut(self) -> None:
        """The first bar began before our first tick, and nobody knows what was before."""
        self.whole_from = self.first_end

    def take_closed(self) -> Records:
        """The bars that are over, taken out; the last one stays, to be gone on with."""
        closed, self.bars = self.bars[:-1], copied(self.bars[-1:])
        self._head = self._tail
        return closed

    def since(self, start_ns: int, count: int) -> Records:
        """The newest `count` bars that start at `start_ns` or later."""
        first = int(np.searchsorted(self.bars["start"], start_ns))
        return self.bars[max(first, len(self.bars) - count) :]

    def _join(
        self, old: Records, old_sums: tuple[Sums, Sums], new: Records, new_sums: tuple[Sums, Sums], *, goes_on: bool, torn: bool
    ) -> None:
        """Two runs of bars as one; where the second goes on with the last bar of the first, that is one bar."""
        if not len(old) or not len(new):
            self._head, self._tail = old_sums if len(old) else new_sums
            self._keep(old if len(old) else new)
            return
        head, tail = old_sums[0], new_sums[1]
        if torn:
            old["quality"][-1] |= BarQuality.INCOMPLETE
            new["quality"][0] |= BarQuality.INCOMPLETE
        if goes_on:
            both = old_sums[1].plus(new_sums[0])
            head, tail = both if len(old) == 1 else head, both if len(new) == 1 else tail
            old = _merged(old, new[0], both)
            new = new[1:]
        self._head, self._tail = head, tail
        self._keep(join([old, new], OHLCV) if len(new) else old)

    def _keep(self, bars: Records) -> None:
        self.bars = bars[max(0, len(bars) - self.most) :]
        if len(self.bars):
            self.whole_from = max(self.whole_from, int(self.bars["start"][0]))


def older(ticks: Records, kind: BarKind, *, dense: bool = True) -> Stretch:
    """The bars of at least one tick, for `put_before`."""
    return stretch(ticks, Cuts(kind), dense=dense)


def _merged(bars: Records, more: Records, sums: Sums) -> Records:
    """The bars, the last of them with a part that comes after it, and what was traded in both."""
    bars = copied(bars)
    at = bars[len(bars) - 1]
    at["high"] = max(at["high"], more["high"])
    at["low"] = min(at["low"], more["low"])
    at["close"], at["end"] = more["close"], more["end"]
    at["trades"] += more["trades"]
    at["quality"] |= more["quality"]
    sums.write(at)
    return bars


def longer(bars: Records, interval: int) -> Records:
    """Bars of a longer interval out of BAR records of a venue, as OHLCV; those in which nothing was traded are none.

    Args:
        bars: BAR records, oldest first, of an interval that divides `interval`.
    """
    bars = bars.compress(bars["qty"] > 0)
    if not len(bars):
        return np.empty(0, OHLCV)
    place = bars["start"] // interval
    first = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1])))
    out = np.zeros(len(first), OHLCV)
    out["start"] = place[first] * interval
    out["open"] = bars["open"][first]
    out["high"] = np.maximum.reduceat(bars["high"], first)
    out["low"] = np.minimum.reduceat(bars["low"], first)
    out["close"] = bars["price"][np.append(first[1:], len(bars)) - 1]
    out["volume"] = exact_sums(bars["qty"], first)
    out["vwap"] = np.nan
    out["end"] = bars["ts"][np.append(first[1:], len(bars)) - 1]
    out["quality"] = BarQuality.VENUE
    return out
