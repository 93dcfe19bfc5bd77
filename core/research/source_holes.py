"""What is missing in rows that come by time: trade ids where a venue gives every one, bars where the market never closes.

Ids are looked at as spans, so that a venue that steps back in time, or a cut at `--from`, leaves no hole where there is none.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.research.source_verdict import Hole, Holes
from core.types import DAY, Records

HOUR = DAY // 24
WEEK = 7 * DAY

#: Spans that are remembered; rows with more of them have no ids that are dense.
MOST_SPANS = 1 << 20

#: Share of the steps that are 1 where ids are dense, for venues that do not say so.
DENSE = 0.9

#: Ids that a venue may leave out in a row where its dumps are known to do so, or nobody knows (liquidations, insurance fund).
LEFT_OUT = 1000

#: From this share on, in as many places, bars are missing because nothing was traded.
QUIET, LEAST_QUIET = 0.01, 20

#: A market with hours closes for no longer: a long weekend and a holiday.
LONGEST_CLOSED = 5 * DAY

Int64s = NDArray[np.int64]


class MissingIds:
    """Looks for ids that no row has, between the lowest and the highest one.

    Args:
        tolerance: ids in a row that may be missing without being a hole; 0: the venue's ids are dense for certain.
    """

    def __init__(self, tolerance: int) -> None:
        self._tolerance = tolerance
        self._parts: list[Int64s] = []  # (first id, last id, time of the first, time of the last) by columns
        self._spans = 0
        self._ones = self._steps = 0
        self._low, self._high = (1 << 63) - 1, -1
        self.dense = True

    def take(self, rows: Records) -> None:
        """Rows of the source."""
        if not self.dense or not len(rows):
            return
        ids = rows["id"]
        self._low, self._high = min(self._low, int(ids.min())), max(self._high, int(ids.max()))
        self._note(ids, rows["ts"])

    def aside(self, rows: Records) -> None:
        """Rows that are there, and not wanted: their times were before or after the span."""
        if self.dense and len(rows):
            self._note(rows["id"], rows["ts"])

    def _note(self, ids: Int64s, times: Int64s) -> None:
        ids = np.ascontiguousarray(ids)
        steps = ids[1:] - ids[:-1]
        breaks = np.flatnonzero(steps != 1)
        if len(breaks) and int(steps[breaks].min()) < 1:
            order = np.argsort(ids, kind="stable")
            ids, times = ids[order], times[order]
            steps = ids[1:] - ids[:-1]
            breaks = np.flatnonzero(steps > 1)
        self._steps += len(steps)
        self._ones += len(steps) - len(breaks)
        first, last = np.append(0, breaks + 1), np.append(breaks, len(ids) - 1)
        self._parts.append(np.stack((ids[first], ids[last], times[first], times[last])))
        self._spans += len(first)
        if self._tolerance and self._ones < DENSE * self._steps:
            self._parts, self.dense = [], False
        elif self._spans > MOST_SPANS:
            joined = _joined(np.concatenate(self._parts, axis=1))
            self._parts, self._spans = [joined], joined.shape[1]
            self.dense = self._spans < MOST_SPANS // 2

    def found(self, since_ns: int = 0) -> tuple[Holes | None, Holes | None]:
        """(holes, those that may be the venue's own doing) that end after a time."""
        if not self._parts or self._high < 0:
            return None, None
        spans = _joined(np.concatenate(self._parts, axis=1))
        counts = spans[0, 1:] - spans[1, :-1] - 1
        inside = (spans[1, :-1] >= self._low) & (spans[0, 1:] <= self._high) & (spans[2, 1:] > since_ns)
        large = inside & (counts > self._tolerance)
        before, after = spans[3, :-1], spans[2, 1:]
        return tuple(_holes("trade id", counts, before, after, some) for some in (large, inside & ~large))  # type: ignore[return-value]


def _joined(spans: Int64s) -> Int64s:
    """Spans ascending and disjoint, neighbours joined."""
    spans = spans[:, np.argsort(spans[0], kind="stable")]
    reach = np.maximum.accumulate(spans[1])
    fresh = np.append(True, spans[0, 1:] > reach[:-1] + 1)
    starts = np.flatnonzero(fresh)
    ends = np.append(starts[1:], len(fresh)) - 1
    return np.stack((spans[0, starts], reach[ends], spans[2, starts], np.maximum.reduceat(spans[3], starts)))


class MissingBars:
    """Looks for bars that are not there.

    Args:
        interval: ns of a bar.
    """

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._first = self._last = -1
        self._rows = 0
        self._parts: list[Int64s] = []  # (bars missing, opening of the bar before, of the bar after) by columns
        self._open = np.zeros(168, np.bool_)
        self._empty = self._traded = False

    def take(self, rows: Records) -> None:
        """BAR records, ascending."""
        starts = np.ascontiguousarray(rows["start"])
        if self._last >= 0:
            starts = np.append(self._last, starts)
        else:
            self._first = int(starts[0])
        steps = starts[1:] - starts[:-1]
        at = np.flatnonzero(steps >= 2 * self._interval)
        if len(at):
            self._parts.append(np.stack((steps[at] // self._interval - 1, starts[at], starts[at + 1])))
        self._open[starts // HOUR % 168] = True
        self._rows += len(rows)
        self._last = int(starts[-1])
        quantity = rows["qty"]
        self._empty |= bool((quantity == 0).any())
        self._traded |= bool((quantity > 0).any())

    def found(self, since_ns: int = 0) -> tuple[Holes | None, Holes | None]:
        """(holes, those that are minutes without a trade, or hours at which the market is closed) that end after a time."""
        if not self._parts:
            return None, None
        counts, before, after = np.concatenate(self._parts, axis=1)
        large = counts > self._quiet(counts)
        if self._closes(after - before):
            large &= after - before > LONGEST_CLOSED
        late = after > since_ns
        return tuple(_holes("bar", counts, before, after, some & late) for some in (large, ~large))  # type: ignore[return-value]

    def _quiet(self, counts: Int64s) -> int:
        """Bars in a row that may be missing because nothing was traded; 0 where bars without a trade are written.

        Where a share q of n bars is missing by chance, the longest run is about ln n / -ln q; trading comes in bursts: six times that.
        """
        share = float(counts.sum()) / float(counts.sum() + self._rows)
        if (self._empty and self._traded) or share < QUIET or len(counts) < LEAST_QUIET:
            return 0
        return max(10, int(6 * math.log(self._rows / (1 - share)) / -math.log(min(share, 0.9))))

    def _closes(self, lengths: Int64s) -> bool:
        """Whether the market has hours: it is closed at the same hours of most days, or on Saturdays."""
        span = self._last - self._first
        nightly = not self._open.reshape(7, 24).any(axis=0).all() and self._interval <= HOUR
        if nightly and span >= 3 * DAY and int((lengths > HOUR).sum()) >= span // DAY // 2:
            return True
        saturday = self._open[48:72]  # 1970 began on a Thursday
        return not saturday.any() and self._interval <= DAY and int((lengths >= DAY).sum()) >= max(2.0, 0.7 * span / WEEK)


def _holes(what: str, counts: Int64s, before: Int64s, after: Int64s, chosen: NDArray[np.bool_]) -> Holes | None:
    at = np.flatnonzero(chosen)
    if not len(at):
        return None
    largest = int(at[np.argmax(counts[at])])
    return Holes(what, int(counts[at].sum()), len(at), Hole(int(counts[largest]), int(before[largest]), int(after[largest])))
