"""Bars of one symbol at one interval that go on with every batch of ticks: the same bars, however the ticks were split."""

from __future__ import annotations

import numpy as np

from core.analytics.bars import OHLCV, aggregate, exact_sums
from core.types import Records, copied, join

#: A volume the venue names is more than ours only beyond what rounding could make of it.
ROUNDING = 1e-9


class BarSeries:
    """The newest bars, the last of them as far as it has come.

    Args:
        interval: length of a bar in ns, > 0.
        most: bars kept; the oldest go beyond that.

    Attributes:
        bars: OHLCV records, oldest first; `vwap` is not kept up.
        whole_from: start of the first bar that is known in full, ns; 0 before there is one.
    """

    def __init__(self, interval: int, most: int) -> None:
        self.interval = interval
        self.most = most
        self.bars: Records = np.empty(0, OHLCV)
        self.whole_from = 0
        self._latest = 0

    def __len__(self) -> int:
        return len(self.bars)

    def extend(self, ticks: Records) -> None:
        """Take TICK records of the symbol, in order, that come after all taken so far.

        A tick with a time before the last bar belongs to that bar: no bar opens again. Volumes of up to 8 decimals add up exactly.
        """
        if not len(ticks):
            return
        if int(ticks["ts"].min()) < self._latest:
            ticks = copied(ticks)
            np.maximum(ticks["ts"], self._latest, out=ticks["ts"])
        self._latest = int(ticks["ts"].max())
        self._keep(joined(self.bars, aggregate(ticks, self.interval)))

    def precede(self, bars: Records, *, last_ns: int = 0) -> None:
        """Put older bars before these: the last of them may be the first part of our first.

        Args:
            last_ns: the time of the newest tick in them, where they are made of ticks.
        """
        self._latest = max(self._latest, last_ns)
        self._keep(joined(bars, self.bars))

    def complete(self, known: Records) -> None:
        """Take what the venue knows of the time before our first tick: older bars, and what of our first bar we did not see.

        Of a bar that still goes on, the volume is to within what was traded while the venue answered: nobody can tell.

        Args:
            known: OHLCV records, oldest first.
        """
        if not len(self.bars):
            self._keep(known)
            return
        first = self.bars[0]
        same = known.compress(known["start"] == first["start"])
        if len(same) and same[0]["volume"] > first["volume"] * (1 + ROUNDING):
            first["open"] = same[0]["open"]
            first["high"] = max(first["high"], same[0]["high"])
            first["low"] = min(first["low"], same[0]["low"])
            first["volume"] = same[0]["volume"]
        older = known.compress(known["start"] < first["start"])
        if len(older) or len(same):
            self.whole_from = 0
        self._keep(join([older, self.bars], OHLCV))

    @property
    def first_end(self) -> int:
        """The end of the first bar, ns; 0 before there is one."""
        return int(self.bars["start"][0]) + self.interval if len(self.bars) else 0

    def cut(self) -> None:
        """The first bar began before our first tick, and nobody knows what was before."""
        self.whole_from = self.first_end

    def since(self, start_ns: int, count: int) -> Records:
        """The newest `count` bars that start at `start_ns` or later."""
        first = int(np.searchsorted(self.bars["start"], start_ns))
        return self.bars[max(first, len(self.bars) - count) :]

    def _keep(self, bars: Records) -> None:
        self.bars = bars[max(0, len(bars) - self.most) :]
        if len(self.bars):
            self.whole_from = max(self.whole_from, int(self.bars["start"][0]))


def joined(older: Records, newer: Records) -> Records:
    """OHLCV bars of two stretches as one: where the second goes on with the last bar of the first, that is one bar."""
    if not len(older) or not len(newer) or newer["start"][0] > older["start"][-1]:
        return join([older, newer], OHLCV)
    bars = join([older, newer[1:]], OHLCV) if len(newer) > 1 else copied(older)
    at, more = bars[len(older) - 1], newer[0]
    at["high"] = max(at["high"], more["high"])
    at["low"] = min(at["low"], more["low"])
    at["close"] = more["close"]
    at["trades"] += more["trades"]
    for name in ("volume", "buy_volume"):
        at[name] = exact_sums(np.array([at[name], more[name]]), np.array([0]))[0]
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
    return out
