"""A market nobody traded: prints and quotes of made-up symbols on the wall clock, from a seed.

Every minute of every symbol is drawn on its own from (seed, symbol, minute), so that REST can tell of minutes long before the process
started and a restarted exchange gives the same ids to the same prints. Prices follow `paths`; trades bounce between bid and ask, sides
run in streaks, sizes are lognormal, and a third of the prints come in clusters. In hours it is closed nothing is traded, and no id goes by.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np

from core.exchange.bars import DAY_US, Bar
from core.exchange.hours import Closure, OpenHours
from core.exchange.market import Listing
from core.exchange.paths import ORIGIN_HOUR, Ints, Paths, aggregates_an_hour, trades_an_hour
from core.exchange.rows import AGG, BOOK, DTYPES, SCALE, TRADE, Kind, Segment, Source, in_order
from core.exchange.scenario import Instrument, Scenario
from core.exchange.timeline import Timeline
from core.types import MINUTE, Records

_MINUTE_US = MINUTE // 1000
_KEPT_BYTES = 128 << 20
_MINUTE_DRAWS = 4
_DAY = 24 * 60

#: Of the logarithm of a fill's size.
_FILL_SPREAD = 1.2

Minute = dict[Kind, Records]

_NOTHING: Minute = {kind: np.empty(0, DTYPES[kind]) for kind in Kind}


class GeneratedMarket:
    """Implements `Market`; segment numbers are minutes since 1970 on its own timeline. May be asked from several threads."""

    live = True
    segment_ns = MINUTE

    def __init__(self, scenario: Scenario, now_ns: Callable[[], int] = time.time_ns, closed: Sequence[Closure] = ()) -> None:
        """
        Raises:
            UsageError: the hours it is said to be closed in cannot be (`OpenHours`).
        """
        self._scenario = scenario
        self._now_ns = now_ns
        self.visible = now_ns()
        self.timeline = Timeline()
        self._hours = OpenHours(closed, self.visible // (60 * MINUTE))
        self._first = max(ORIGIN_HOUR * 60, (self.visible - int(scenario.history_hours * 60) * MINUTE) // MINUTE)
        self.listings = [_listing(instrument) for instrument in scenario.instruments]
        self._paths = Paths(scenario)
        self._kept: OrderedDict[tuple[int, int], Minute] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.Lock()

    def first(self) -> int:
        return self._first

    def last(self) -> int:
        return self.number_at(self.visible)

    def number_at(self, when: int) -> int:
        return self.timeline.market(when) // MINUTE

    def number_of(self, kind: Kind, symbol: int, row_id: int) -> int:
        instrument = self._scenario.instruments[symbol]
        rate = self._scenario.rate(instrument)
        hour = self._hours.at((row_id - 1) // (trades_an_hour(rate) if kind is Kind.TRADE else aggregates_an_hour(rate)))
        # Only hours that have begun are worth drawing.
        if hour > self.last() // 60:
            return self.last() + 1
        within = self._paths.hour(instrument, hour)
        ends = np.cumsum(within.trades if kind is Kind.TRADE else within.aggregates)
        before = row_id - self._hour_id(kind, rate, hour)
        return hour * 60 + int(np.searchsorted(ends, before, side="right"))

    def rows(self, kind: Kind, symbol: int, number: int) -> Records:
        with self._lock:
            rows = self._minute(symbol, number)[kind]
        return self.timeline.at_wall(rows)

    def segment(self, number: int) -> Segment | None:
        rows: dict[Source, Records] = {}
        for symbol in range(len(self.listings)):
            with self._lock:
                minute = self._minute(symbol, number)
            rows |= {(kind, symbol): self.timeline.at_wall(minute[kind]) for kind in Kind}
        return in_order(rows, None, self.timeline.wall((number + 1) * MINUTE))

    def day(self, symbol: int) -> Bar | None:
        """Prices and counts as they are by the minute; sizes at their mean, since drawing each print of a day takes seconds."""
        instrument = self._scenario.instruments[symbol]
        rate = self._scenario.rate(instrument)
        newest = self.last()
        hours = {hour: self._paths.hour(instrument, hour) for hour in range((newest - _DAY) // 60, newest // 60 + 1)}
        minutes = [(hours[number // 60], number % 60) for number in range(newest - _DAY, newest + 1)]
        tick = round(instrument.tick * SCALE)
        prices = [round(float(np.exp(hour.anchors[minute])) * SCALE / tick) * tick for hour, minute in minutes]
        last = self._last_price(symbol, newest)
        count = sum(int(hour.trades[minute]) for hour, minute in minutes[:-1])
        mean = _median_steps(instrument) * aggregates_an_hour(rate) / trades_an_hour(rate) * np.exp(_FILL_SPREAD**2 / 2)
        volume = int(count * mean) * round(instrument.step * SCALE)
        value = volume / SCALE * sum(prices) / len(prices) / SCALE
        high, low = max(*prices, last), min(*prices, last)
        return Bar(self.clock_us() - DAY_US, prices[0], high, low, last, volume, value, count, volume // 2, value / 2)

    def _last_price(self, symbol: int, newest: int) -> int:
        """Of the last released trade; every minute it is open has one."""
        for number in (newest, newest - 1):
            trades = self.rows(Kind.TRADE, symbol, number)
            released = int(np.searchsorted(trades["when"], self.visible, side="right"))
            if released:
                break
        return int(trades["price"][released - 1])

    def clock_us(self) -> int:
        return self._now_ns() // 1000

    def _minute(self, symbol: int, number: int) -> Minute:
        if self._hours.closed(number // 60):
            return _NOTHING
        key = (symbol, number)
        minute = self._kept.get(key)
        if minute is None:
            minute = self._kept[key] = self._draw(self._scenario.instruments[symbol], number)
            self._kept_bytes += sum(rows.nbytes for rows in minute.values())
            while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= sum(rows.nbytes for rows in dropped.values())
        self._kept.move_to_end(key)
        return minute

    def _hour_id(self, kind: Kind, rate: float, hour: int) -> int:
        """The first id of an hour."""
        return self._hours.before(hour) * (trades_an_hour(rate) if kind is Kind.TRADE else aggregates_an_hour(rate)) + 1

    def _draw(self, instrument: Instrument, number: int) -> Minute:
        hour, minute = divmod(number, 60)
        within = self._paths.hour(instrument, hour)
        rate = self._scenario.rate(instrument)
        first_agg = self._hour_id(Kind.AGG, rate, hour) + int(within.aggregates[:minute].sum())
        first_trade = self._hour_id(Kind.TRADE, rate, hour) + int(within.trades[:minute].sum())
        draws = np.random.default_rng([self._scenario.seed, _MINUTE_DRAWS, number, crc32(instrument.symbol.encode())])

        count, fills = int(within.aggregates[minute]), int(within.trades[minute])
        times = _times(draws, count)
        start, end = within.anchors[minute], within.anchors[minute + 1]
        middle = np.exp(_bridge(draws, times, start, end, within.volatility[minute]))
        tick, step = round(instrument.tick * SCALE), round(instrument.step * SCALE)
        bid = np.maximum(np.floor(middle * SCALE / tick).astype(np.int64), 1) * tick
        ask = bid + tick * (1 + (draws.random(count) < 0.1))
        bought = _streaks(draws, count)
        median = _median_steps(instrument)

        aggs = np.zeros(count, AGG)
        aggs["time"] = aggs["event"] = number * _MINUTE_US + times
        aggs["when"] = aggs["time"] * 1000
        aggs["id"] = np.arange(first_agg, first_agg + count)
        aggs["price"], aggs["maker"] = np.where(bought, ask, bid), ~bought
        of = _fills(draws, count, fills)
        starts = np.searchsorted(of, np.arange(count))
        trades = np.zeros(fills, TRADE)
        for field in ("when", "event", "time", "price", "maker"):
            trades[field] = aggs[field][of]
        trades["id"] = np.arange(first_trade, first_trade + fills)
        trades["qty"] = _sizes(draws, fills, median * count / fills, _FILL_SPREAD) * step
        aggs["qty"] = np.add.reduceat(trades["qty"], starts)
        aggs["first"] = trades["id"][starts]
        aggs["last"] = np.append(aggs["first"][1:] - 1, first_trade + fills - 1)
        book = np.zeros(count, BOOK)
        book["when"], book["update_id"] = aggs["when"], aggs["id"] * 3
        book["bid"], book["ask"] = bid, ask
        book["bid_qty"] = _sizes(draws, count, median * 8, 0.9) * step
        book["ask_qty"] = _sizes(draws, count, median * 8, 0.9) * step
        return {Kind.BOOK: book, Kind.TRADE: trades, Kind.AGG: aggs}


def _times(draws: np.random.Generator, count: int) -> Ints:
    """µs within a minute, growing and all different: most anywhere, a third in clusters that die away within a second."""
    span = _MINUTE_US - count
    anywhere = draws.integers(0, span, count)
    heads = draws.integers(0, span, 1 + count // 40)
    clustered = draws.choice(heads, count) + draws.exponential(200_000, count).astype(np.int64)
    times = np.where(draws.random(count) < 0.35, clustered, anywhere)
    return np.asarray(np.sort(np.minimum(times, span - 1)) + np.arange(count))


def _bridge(draws: np.random.Generator, times: Ints, start: float, end: float, volatility: float) -> Records:
    """Log prices at these times of a minute: a random walk from `start`, pinned to reach `end` with the minute."""
    moments = np.append(times, _MINUTE_US) / _MINUTE_US
    walk = np.cumsum(draws.standard_normal(len(moments)) * np.sqrt(np.diff(moments, prepend=0.0))) * volatility
    path: Records = start + walk[:-1] + (end - start - walk[-1]) * moments[:-1]
    return path


def _streaks(draws: np.random.Generator, count: int) -> Records:
    """Which prints a buyer took: a side follows itself seven times in ten."""
    changes = draws.random(count) < 0.3
    changes[0] = draws.random() < 0.5
    taken: Records = np.cumsum(changes) % 2 == 1
    return taken


def _fills(draws: np.random.Generator, count: int, fills: int) -> Ints:
    """The aggregate of each fill: one each, and the others anywhere."""
    return np.sort(np.concatenate([np.arange(count), draws.integers(0, count, fills - count)]))


def _sizes(draws: np.random.Generator, count: int, median: float, spread: float) -> Ints:
    """Lognormal sizes in whole steps, at least one."""
    return np.maximum(1, draws.lognormal(np.log(median), spread, count)).astype(np.int64)


def _median_steps(instrument: Instrument) -> float:
    """The median size of a print in steps."""
    return max(1.0, instrument.notional / instrument.price / instrument.step)


def _listing(instrument: Instrument) -> Listing:
    tick, step = round(instrument.tick * SCALE), round(instrument.step * SCALE)
    return Listing(instrument.symbol, instrument.base, instrument.quote, max(1, tick), max(1, step))
