"""How long things took: histograms of fixed logarithmic buckets, and the stages a tick passes, in all and lately.

Exact where it counts and small where it is kept: a value is known to better than two digits, a histogram never grows, and two of
them add up. Nothing here knows a clock; times are parameters, int64 nanoseconds.
"""

from __future__ import annotations

import struct
from collections import deque

import numpy as np
from numpy.typing import NDArray

#: 64 buckets an octave: a bucket is at most 1/64 wider than its lower edge.
_BITS = 6
_SUB = 1 << _BITS

#: Below 2^9 ns everything is one bucket; 2^40 ns is a little over 18 minutes. Longer than that (or negative) is a clock that was set.
_FIRST, _END = 9, 40
_BUCKETS = (_END - _FIRST) * _SUB
LIMIT_NS = 1 << _END

_HEAD = struct.Struct("<BqqI")  # version, max, refused, buckets that follow: u16 number and i64 count each
_VERSION = 1

#: Values that may wait to be sorted into buckets: sorting many at once costs a tenth of sorting each by itself.
_ROOM = 4096

#: The rolling window is so many slots of so many seconds.
SLOTS, SLOT_S = 6, 10
_SLOT_NS = SLOT_S * 1_000_000_000

Figures = dict[str, float | int | None]


class Histogram:
    """Durations by size.

    Attributes:
        max: the longest recorded, ns; 0 before the first.
        count: how many were recorded.
        refused: how many were not, because they are negative or longer than `LIMIT_NS`.
    """

    __slots__ = ("_counts", "max", "refused")

    def __init__(self) -> None:
        self._counts: NDArray[np.int64] = np.zeros(_BUCKETS, np.int64)
        self.max = 0
        self.refused = 0

    @property
    def count(self) -> int:
        return int(self._counts.sum())

    def record(self, ns: int, times: int = 1) -> None:
        """Count one duration, `times` over."""
        if not 0 <= ns < LIMIT_NS:
            self.refused += times
            return
        self._counts[_bucket(ns)] += times
        if ns > self.max:
            self.max = ns

    def record_many(self, ns: NDArray[np.int64]) -> None:
        """Count an array of durations."""
        good = ns[(ns >= 0) & (ns < LIMIT_NS)]
        self.refused += len(ns) - len(good)
        if len(good):
            share, octave = np.frexp(np.maximum(good, 1 << _FIRST).astype(np.float64))  # exact: below 2^53
            buckets = (octave.astype(np.int64) - 1 - _FIRST) * _SUB + (share * (2 * _SUB)).astype(np.int64) - _SUB
            self._counts += np.bincount(buckets, minlength=_BUCKETS)
            self.max = max(self.max, int(good.max()))

    def merge(self, other: Histogram) -> None:
        """Count all that another one counted."""
        self._counts += other._counts
        self.max = max(self.max, other.max)
        self.refused += other.refused

    def diff(self, earlier: Histogram) -> Histogram:
        """What was counted since an earlier copy of this one; its `max` is known to the width of a bucket."""
        since = Histogram()
        since._counts = self._counts - earlier._counts
        since.refused = self.refused - earlier.refused
        filled = np.flatnonzero(since._counts)
        since.max = min(self.max, _upper(int(filled[-1]))) if len(filled) else 0
        return since

    def copy(self) -> Histogram:
        """As it is now."""
        twin = Histogram()
        twin.merge(self)
        return twin

    def quantile(self, q: float) -> int | None:
        """The duration, ns, that a share `q` (0..1) of all did not exceed; rounded up, by less than 1/64. None: nothing was counted."""
        total = np.cumsum(self._counts)
        if not total[-1]:
            return None
        rank = max(1, int(np.ceil(q * int(total[-1]))))
        return min(self.max, _upper(int(np.searchsorted(total, rank))))

    def figures(self) -> Figures:
        """Median, p99 and maximum in microseconds (None: nothing was counted), and the count."""
        half, most = self.quantile(0.5), self.quantile(0.99)
        if half is None or most is None:
            return {"p50_us": None, "p99_us": None, "max_us": None, "count": 0}
        return {"p50_us": round(half / 1000, 1), "p99_us": round(most / 1000, 1), "max_us": round(self.max / 1000, 1), "count": self.count}

    def to_bytes(self) -> bytes:
        """For another process: some dozens of bytes to a few kilobytes."""
        filled = np.flatnonzero(self._counts)
        head = _HEAD.pack(_VERSION, self.max, self.refused, len(filled))
        return head + filled.astype("<u2").tobytes() + self._counts[filled].astype("<i8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Histogram:
        """What `to_bytes` wrote.

        Raises:
            ValueError: it is of another version, or not such bytes at all.
        """
        if len(data) < _HEAD.size:
            raise ValueError("not a histogram")
        version, longest, refused, filled = _HEAD.unpack_from(data)
        if version != _VERSION or len(data) != _HEAD.size + 10 * filled:
            raise ValueError("not a histogram of this version")
        made = cls()
        buckets = np.frombuffer(data, "<u2", filled, _HEAD.size)
        if filled and int(buckets.max()) >= _BUCKETS:
            raise ValueError("not a histogram: it names a bucket that is none")
        made._counts[buckets] = np.frombuffer(data, "<i8", filled, _HEAD.size + 2 * filled)
        made.max, made.refused = longest, refused
        return made


def _bucket(ns: int) -> int:
    if ns < 1 << _FIRST:
        return 0
    octave = ns.bit_length() - 1
    return (octave - _FIRST) * _SUB + (ns >> (octave - _BITS)) - _SUB


def _upper(bucket: int) -> int:
    """The longest duration a bucket counts."""
    octave, share = divmod(bucket, _SUB)
    return ((_SUB + share + 1) << (octave + _FIRST - _BITS)) - 1


class Stage:
    """The durations of one stage: since the start, of the last minute, and since they were last drained.

    Notes of arrivals are kept as they come and sorted into buckets some thousands at a time, or when a figure is asked for: in a buffer, as
    to gather thousands of small arrays is milliseconds in which nothing else happens.
    """

    def __init__(self) -> None:
        self._ended = Histogram()  # of all slots but the current one
        self._slots: deque[Histogram] = deque([Histogram()], maxlen=SLOTS)
        self._slot_ns = 0
        self._drained = Histogram()
        self._waiting: NDArray[np.int64] = np.empty(_ROOM, np.int64)
        self._count = 0
        self._noted_ns = 0

    def note(self, now_ns: int, since_ns: NDArray[np.int64]) -> None:
        """Each of these began at `since_ns` and was done at `now_ns`."""
        end = self._count + len(since_ns)
        if end > _ROOM or now_ns - self._slot_ns >= _SLOT_NS:
            self._sort()
            end = len(since_ns)
        self._noted_ns = now_ns
        if end > _ROOM:
            self._slot(now_ns).record_many(now_ns - since_ns)
        else:
            np.subtract(now_ns, since_ns, self._waiting[self._count : end])
            self._count = end

    def record(self, now_ns: int, ns: int, times: int = 1) -> None:
        """One duration, known at `now_ns`."""
        self._slot(now_ns).record(ns, times)

    def add(self, now_ns: int, counted: Histogram) -> None:
        """What another process counted until `now_ns`."""
        self._slot(now_ns).merge(counted)

    def drain(self) -> Histogram:
        """What was counted since this was asked for last."""
        total = self.total()
        since, self._drained = total.diff(self._drained), total
        return since

    def total(self) -> Histogram:
        """Since the start."""
        self._sort()
        total = self._ended.copy()
        total.merge(self._slots[-1])
        return total

    def recent(self, now_ns: int) -> Histogram:
        """Of the last minute (between 50 and 60 s)."""
        self._sort()
        self._slot(now_ns)
        found = Histogram()
        for slot in self._slots:
            found.merge(slot)
        return found

    def _sort(self) -> None:
        if self._count:
            self._slot(self._noted_ns).record_many(self._waiting[: self._count])
            self._count = 0

    def _slot(self, now_ns: int) -> Histogram:
        passed = (now_ns - self._slot_ns) // _SLOT_NS
        if passed:  # negative where the clock was set back: a new slot as well
            self._ended.merge(self._slots[-1])
            for _ in range(min(SLOTS, passed) if passed > 0 else 1):
                self._slots.append(Histogram())
            self._slot_ns = now_ns
        return self._slots[-1]


class Stages(dict[str, Stage]):
    """Stages by name, made at first use."""

    def __missing__(self, name: str) -> Stage:
        made = self[name] = Stage()
        return made

    def summary(self) -> dict[str, Figures]:
        """{stage: {p50_us, p99_us, max_us, count}} since the start."""
        return {name: stage.total().figures() for name, stage in self.items()}

    def recent(self, now_ns: int) -> dict[str, Figures]:
        """The same of the last minute."""
        return {name: stage.recent(now_ns).figures() for name, stage in self.items()}
