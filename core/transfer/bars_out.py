"""Bars of any interval as a sheet, made of the tape's ticks a window at a time: the same bars, however the ticks were split."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.analytics.bar_series import BarSeries
from core.analytics.bars import aggregate
from core.codes import interval_text
from core.research.source_tape import TapeSource
from core.transfer.sheet import Column, Sheet, Stretch, Values, repeated
from core.types import Records, copied

COLUMNS = (
    Column("time", "time"),
    Column("start_ns", "whole"),
    Column("end_ns", "whole"),
    Column("symbol", "text"),
    Column("stream", "text"),
    Column("interval", "text"),
    Column("open", "number"),
    Column("high", "number"),
    Column("low", "number"),
    Column("close", "number"),
    Column("volume", "number"),
    Column("buy_volume", "number"),
    Column("vwap", "number"),
    Column("trades", "whole"),
)


def whole_bars(from_ns: int | None, to_ns: int | None, interval: int) -> tuple[int | None, int | None]:
    """Times such that every bar between them is whole: none opens before `from_ns`, none closes after `to_ns`."""
    if interval == 0:
        return from_ns, to_ns
    first = None if from_ns is None else -(-from_ns // interval) * interval
    return first, None if to_ns is None else to_ns // interval * interval


def bars_sheet(source: TapeSource, interval: int) -> Sheet:
    """Bars of its ticks; the last one goes only as far as they do."""
    return Sheet("bars", source.symbol, COLUMNS, _rows(source, interval), source.total_rows)


def _rows(source: TapeSource, interval: int) -> Iterator[Stretch]:
    for bars, done in closed_bars(source, interval):
        yield Stretch(_values(bars, source.symbol, source.stream, interval), done)


def closed_bars(source: TapeSource, interval: int) -> Iterator[tuple[Records, int]]:
    """(OHLCV records, ticks read for them and those before), without end until the ticks end."""
    forming = Forming(interval)
    done = 0
    for ticks in source.batches():
        done += len(ticks)
        bars = forming.take(ticks)
        if len(bars):
            yield bars, done
    if len(forming.bar):
        yield forming.bar, done


class Forming:
    """Takes ticks and gives the bars they close; holds the one they end in, to be gone on with by the next ticks.

    The `vwap` of a bar of several windows is that of all its ticks: their notionals are added up with what rounding left of each sum.
    """

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._series = BarSeries(interval, 1 << 62)
        self._notional: list[float] = []

    def take(self, ticks: Records) -> Records:
        """The bars that these ticks closed; an interval of 0 makes each of them one."""
        if self._interval == 0:
            return aggregate(ticks, 0)
        held = self.bar
        self._series.extend(ticks)
        bars = self._series.bars
        if len(held) and bars["start"][0] == held["start"][0] and bars["trades"][0] > held["trades"][0]:
            self._notional += _exact(ticks[: int(bars["trades"][0] - held["trades"][0])])
            bars["vwap"][0] = math.fsum(self._notional) / bars["volume"][0]
        if len(bars) > 1 or not len(held):
            self._notional = _exact(ticks[len(ticks) - int(bars["trades"][-1]) :])
        self._series.bars = copied(bars[-1:])
        return bars[:-1]

    @property
    def bar(self) -> Records:
        """The bar as far as it has come; none before the first tick."""
        return self._series.bars


def _exact(ticks: Records) -> list[float]:
    """The notional of ticks as two numbers whose sum is exact to some 100 bits."""
    products = (ticks["price"] * ticks["qty"]).tolist()
    total = math.fsum(products)
    return [total, math.fsum([*products, -total])]


def _values(bars: Records, symbol: str, stream: str, interval: int) -> list[Values]:
    count = len(bars)
    return [
        bars["start"],
        bars["start"],
        bars["start"] + interval,
        repeated(symbol, count),
        repeated(stream, count),
        repeated(interval_text(interval), count),
        *(bars[name] for name in ("open", "high", "low", "close", "volume", "buy_volume", "vwap")),
        bars["trades"],
    ]
