"""What REST tells of a market: its released trades, aggregates, bars and quotes, by id or by time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from core.exchange.bars import Bar, bars_of_trades, merged, without_holes
from core.exchange.market import Market
from core.exchange.rows import DTYPES, Kind
from core.types import MINUTE, Records

_MINUTE_US = MINUTE // 1000


class Quote(NamedTuple):
    """The best bid and ask, in units of 1e-8."""

    bid: int
    bid_qty: int
    ask: int
    ask_qty: int


class History:
    """Reads a market up to what it has released."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._halted_at: dict[int, int] = {}
        self._minutes: dict[tuple[int, int], list[Bar]] = {}

    def halt(self, symbol: int) -> None:
        """Tell no more of a symbol than was released by now."""
        self._halted_at.setdefault(symbol, self.market.visible)

    def resume(self, symbol: int) -> None:
        """Tell all of a symbol again."""
        self._halted_at.pop(symbol, None)

    def from_id(self, kind: Kind, symbol: int, row_id: int, limit: int) -> Records:
        """The first `limit` rows from an id on."""
        return self._first(self._onwards(kind, symbol, self.market.number_of(kind, symbol, row_id)), limit, "id", row_id, None, kind)

    def between(self, kind: Kind, symbol: int, start_us: int, end_us: int | None, limit: int) -> Records:
        """The first `limit` rows from a time on, up to another, both included."""
        number = self.market.first()
        if self.market.segment_ns:
            number = max(number, self.market.number_at(start_us * 1000))
        return self._first(self._onwards(kind, symbol, number), limit, "time", start_us, end_us, kind)

    def latest(self, kind: Kind, symbol: int, limit: int, end_us: int | None = None) -> Records:
        """The last `limit` rows, oldest first; of those up to a time where one is given."""
        found: list[Records] = []
        wanted = limit
        for rows in self._backwards(kind, symbol):
            upto = rows if end_us is None else rows[rows["time"] <= end_us]
            found.append(upto[max(0, len(upto) - wanted) :])
            wanted -= len(found[-1])
            if wanted <= 0:
                break
        return np.concatenate(found[::-1]) if found else np.empty(0, DTYPES[kind])

    def bars(self, symbol: int, interval_us: int, *, start_us: int | None, end_us: int | None, limit: int) -> list[Bar]:
        """Bars that open at `start_us` or later and at `end_us` or earlier: the first `limit`, or the last when no start is given."""
        market = self.market
        lowest = 0
        if start_us is not None:
            lowest = -(-start_us // interval_us) * interval_us
        elif market.segment_ns:
            newest = market.clock_us() if end_us is None else min(end_us, market.clock_us())
            lowest = newest // interval_us * interval_us - limit * interval_us
        highest = None if end_us is None else end_us // interval_us * interval_us
        pieces = self._pieces(symbol, interval_us, lowest, highest)
        bars = (bar for bar in without_holes(merged(pieces, interval_us), interval_us) if bar.start >= lowest)
        chosen = bars if highest is None else (bar for bar in bars if bar.start <= highest)
        return list(islice(chosen, limit)) if start_us is not None else list(chosen)[-limit:]

    def quote(self, symbol: int) -> Quote:
        """The last released quote; zeros before the first."""
        rows = self.latest(Kind.BOOK, symbol, 1)
        return Quote(*rows[0].item()[2:]) if len(rows) else Quote(0, 0, 0, 0)

    def _first(self, pieces: Iterator[Records], limit: int, field: str, low: int, high: int | None, kind: Kind) -> Records:
        found: list[Records] = []
        wanted = limit
        for rows in pieces:
            chosen = rows[field] >= low
            if high is not None:
                chosen &= rows[field] <= high
            found.append(rows[chosen][:wanted])
            wanted -= len(found[-1])
            if wanted <= 0 or (high is not None and len(rows) and rows[field][-1] > high):
                break
        return np.concatenate(found) if found else np.empty(0, DTYPES[kind])

    def _pieces(self, symbol: int, interval_us: int, lowest: int, highest: int | None) -> Iterator[Bar]:
        """Bars, or parts of them, that reach from one bar's start to the end of another."""
        market = self.market
        if not self._any_released():
            return
        first, last = market.first(), market.last()
        if market.segment_ns:
            first = max(first, market.number_at(max(lowest, 0) * 1000))
            if highest is not None:
                last = min(last, market.number_at((highest + interval_us - 1) * 1000))
        for number in range(first, last + 1):
            yield from self._bars_of_segment(symbol, number, interval_us)

    def _bars_of_segment(self, symbol: int, number: int, interval_us: int) -> list[Bar]:
        market = self.market
        closed = bool(market.segment_ns) and number < market.last() and symbol not in self._halted_at
        if not closed or interval_us % _MINUTE_US:
            return bars_of_trades(self._released(market.rows(Kind.TRADE, symbol, number), symbol), interval_us)
        key = (symbol, number)
        if key not in self._minutes:
            self._minutes[key] = bars_of_trades(market.rows(Kind.TRADE, symbol, number), _MINUTE_US)
        return self._minutes[key]

    def _onwards(self, kind: Kind, symbol: int, number: int) -> Iterator[Records]:
        if self._any_released():
            for each in range(number, self.market.last() + 1):
                yield self._released(self.market.rows(kind, symbol, each), symbol)

    def _backwards(self, kind: Kind, symbol: int) -> Iterator[Records]:
        if self._any_released():
            for each in range(self.market.last(), self.market.first() - 1, -1):
                yield self._released(self.market.rows(kind, symbol, each), symbol)

    def _released(self, rows: Records, symbol: int) -> Records:
        upto = min(self.market.visible, self._halted_at.get(symbol, self.market.visible))
        return rows[: np.searchsorted(rows["when"], upto, side="right")]

    def _any_released(self) -> bool:
        return self.market.visible >= 0
