"""Bars of several intervals at once out of a source of ticks or of shorter bars, only those that are over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.analytics.bar_series import BarSeries, longer
from core.analytics.bars import OHLCV
from core.errors import UsageError
from core.research.source import Source
from core.types import BAR, MINUTE, Records, copied, interval_text, join

#: Bars kept of each interval: what is judged and its past.
KEPT = 20_000

#: Rows of shorter bars that are made into longer ones at a time, at least.
_AT_ONCE = 1 << 16

Telling = Callable[[Source, int], None]


def default_interval(source: Source) -> int:
    """What is judged where no interval is asked for, ns: the source's own bars, minutes of ticks."""
    return source.interval_ns or MINUTE


def refuse_interval(source: Source, interval: int) -> None:
    """Let nothing be judged on bars that cannot be made.

    Raises:
        UsageError: the source's bars are longer, or do not fill this interval.
    """
    own = source.interval_ns
    if own and (interval < own or interval % own):
        raise UsageError(f"bars of {interval_text(interval)} cannot be made of bars of {interval_text(own)}")


def bars_of(source: Source, intervals: Sequence[int], telling: Telling | None = None) -> dict[int, Records]:
    """The newest bars of each interval, OHLCV records, oldest first; the last one is over: a row after its end has shown that, or its end
    is that of a bar of the source.

    Args:
        intervals: ns, each such as `refuse_interval` lets pass.
        telling: called with the source and the rows done.

    Raises:
        SourceError: what cannot be read.
    """
    makers = {interval: (_Longer if source.kind == "bars" else _Closed)(interval) for interval in intervals}
    done = 0
    for batch in source.batches():
        done += len(batch)
        for maker in makers.values():
            maker.take(batch)
        if telling is not None:
            telling(source, done)
    return {interval: maker.bars() for interval, maker in makers.items()}


class _Closed:
    """Bars of ticks."""

    def __init__(self, interval: int) -> None:
        self._series = BarSeries(interval, KEPT + 1, dense=False)

    def take(self, ticks: Records) -> None:
        self._series.extend(ticks)

    def bars(self) -> Records:
        """All but the last, which no later tick has closed."""
        return self._series.bars[:-1]


class _Longer:
    """Bars of shorter bars; where no volume is known, bars without one count too."""

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._waiting: list[Records] = []
        self._rows = 0
        self._done: list[Records] = []
        self._untraded: list[Records] = []
        self._is_traded = False

    def take(self, batch: Records) -> None:
        self._waiting.append(copied(batch))
        self._rows += len(batch)
        if self._rows >= _AT_ONCE:
            rows = join(self._waiting, BAR)
            begun = int(np.searchsorted(rows["start"] // self._interval, rows["start"][-1] // self._interval))
            self._close(rows[:begun])
            self._waiting, self._rows = [copied(rows[begun:])], len(rows) - begun

    def _close(self, rows: Records) -> None:
        if not self._is_traded and bool((rows["qty"] > 0).any()):
            self._is_traded = True
            self._untraded = []
        self._done = [join([*self._done, longer(rows, self._interval)], OHLCV)[-KEPT:]]
        if not self._is_traded:
            counted = copied(rows)
            counted["qty"] = 1.0
            self._untraded = [join([*self._untraded, longer(counted, self._interval)], OHLCV)[-KEPT:]]

    def bars(self) -> Records:
        """All that are over."""
        rows = join(self._waiting, BAR)
        if len(rows):
            place = rows["start"] // self._interval
            is_over = int(rows["ts"][-1]) >= (int(place[-1]) + 1) * self._interval - 1
            self._close(rows if is_over else rows[: int(np.searchsorted(place, place[-1]))])
        return join(self._done if self._is_traded else self._untraded, OHLCV)
