"""A recording that is played again and again, as one market: each turn goes on where the one before ended, in time and in ids."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.errors import UsageError
from core.exchange.bars import DAY_US, FOREVER_US, Bar, bars_of_trades, merged
from core.exchange.recording import RecordedMarket
from core.exchange.rows import Kind, Segment, Source, in_order
from core.exchange.timeline import Timeline
from core.types import MINUTE, Records


class LoopedMarket:
    """Implements `Market` over a recording: a segment a turn, whole minutes long.

    Args:
        times: turns, 1 at least.

    Raises:
        SourceError: a file cannot be read, or holds nothing to play.
        UsageError: it is to be played less than once.
    """

    live = False

    def __init__(self, files: Iterable[Path], times: int) -> None:
        if times < 1:
            raise UsageError(f"a recording is played once at least, not {times} times")
        self._recorded = RecordedMarket(files)
        self._base = base = self._recorded.rows
        self._times = times
        self.listings = self._recorded.listings
        self.visible = -1
        self.timeline = Timeline()
        segment = self._recorded.segment(0)
        assert segment is not None
        self._origin = int(segment.when[0])
        span = int(segment.when[-1]) - self._origin + 1
        self.segment_ns = -(-span // MINUTE) * MINUTE
        self._ahead = self._recorded.clock_us() * 1000 - self._origin  # the venue's clock of the recorder's
        sources = [(kind, number) for kind in Kind for number in range(len(self.listings))]
        self._strides = {source: _stride(base(Kind(source[0]), source[1], 0), source[0]) for source in sources}

    @property
    def turn_s(self) -> float:
        """Seconds a turn lasts at the recording's own pace."""
        return self.segment_ns / 1e9

    def first(self) -> int:
        return 0

    def last(self) -> int:
        return self._turn(self.visible)

    def number_at(self, when: int) -> int:
        return self._turn(when - self._ahead)

    def number_of(self, kind: Kind, symbol: int, row_id: int) -> int:
        rows = self._base(kind, symbol, 0)
        if not len(rows):
            return 0
        return min(max((row_id - int(rows["id"][0])) // self._strides[kind, symbol], 0), self._times - 1)

    def rows(self, kind: Kind, symbol: int, number: int) -> Records:
        rows = self._base(kind, symbol, 0).copy()
        rows["when"] += number * self.segment_ns
        if kind is Kind.BOOK:
            rows["update_id"] += number * self._strides[kind, symbol]
            return rows
        for field in ("event", "time"):
            rows[field] += number * self.segment_ns // 1000
        rows["id"] += number * self._strides[kind, symbol]
        if kind is Kind.AGG:
            of_trades = self._strides[Kind.TRADE, symbol] or self._fills(symbol)
            for field in ("first", "last"):
                rows[field] += number * of_trades
        return rows

    def segment(self, number: int) -> Segment | None:
        if number >= self._times:
            return None
        rows: dict[Source, Records] = {
            (kind, symbol): self.rows(kind, symbol, number) for kind in Kind for symbol in range(len(self.listings))
        }
        return in_order(rows, None, self._origin + (number + 1) * self.segment_ns)

    def day(self, symbol: int) -> Bar | None:
        start = self.clock_us() - DAY_US
        found = []
        for number in range(self.number_at(start * 1000), self.last() + 1):
            trades = self.rows(Kind.TRADE, symbol, number)
            trades = trades[: np.searchsorted(trades["when"], self.visible, side="right")]
            found += bars_of_trades(trades[trades["time"] >= start], DAY_US)
        bars = merged(found, FOREVER_US)
        return bars[0]._replace(start=start) if bars else None

    def clock_us(self) -> int:
        return (max(self.visible, self._origin) + self._ahead) // 1000

    def _turn(self, when: int) -> int:
        return min(max((when - self._origin) // self.segment_ns, 0), self._times - 1)

    def _fills(self, symbol: int) -> int:
        """Ids of single fills that go by in a turn, of a symbol recorded as aggregates only."""
        rows = self._base(Kind.AGG, symbol, 0)
        return int(rows["last"][-1]) - int(rows["first"][0]) + 1 if len(rows) else 0


def _stride(rows: Records, kind: int) -> int:
    """Ids that go by in a turn; 0 of no rows."""
    if not len(rows):
        return 0
    ids = rows["update_id" if kind == Kind.BOOK else "id"]
    return int(ids[-1]) - int(ids[0]) + 1
