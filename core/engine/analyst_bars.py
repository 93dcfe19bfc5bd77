"""Bars for the analyst's questions: the engine's charts, looked at a few at a time, their past read one after the other.

A series is looked at again when a bar of it may have closed: only bars that are over are judged, so that between two of them nothing
changes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.analyst.words import Series
from core.engine.charts import Chart
from core.errors import UsageError
from core.types import DAY, SECOND, BarKind, interval_ns

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Bars a question is about, of each series.
BARS = 1000

#: Seconds after which a series goes on even if none of its bars can have closed: the ring of recent ticks does not reach back for ever.
FRESH_S = 10.0

#: Pasts that are read at once.
AT_ONCE = 2

#: Series that nobody asked for since so many seconds are let go of; until then they are looked at so often, asked for or not, as long as
#: the ring of recent ticks reaches back to their last tick: reading them anew costs a second each.
KEPT_S, KEEP_S = 3600.0, 20.0

_Key = tuple[str, int, int]


@dataclass(frozen=True)
class Look:
    """Bars that are over, as of a moment.

    Attributes:
        series: as a question carries them.
        stamp: another one where the bars are others.
        place: of the bar that went on.
        at: monotonic seconds.
        count: how many bars.
    """

    series: Series
    stamp: tuple[int, int, int]
    place: int
    at: float
    count: int

    @property
    def loading(self) -> bool:
        """Older ones still come."""
        return self.series.loading


class AnalystBars:
    """What the analyst is asked about."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._looks: OrderedDict[_Key, Look] = OrderedDict()
        self._asked: dict[_Key, float] = {}
        self._due: OrderedDict[_Key, None] = OrderedDict()
        self._reading = 0

    async def gather(self, wanted: Sequence[tuple[str, str]], count: int = BARS) -> list[Look]:
        """A look at each (symbol, interval); other work of the loop comes between two of them.

        Args:
            wanted: symbols that are streamed, with their venue; intervals as `interval` lets pass.
            count: newest bars.
        """
        looks = []
        for symbol, text in wanted:
            self._asked[symbol, interval_ns(text), count] = self.engine.clock.monotonic()
            look, is_new = self._look(symbol, text, count)
            looks.append(look)
            if is_new:
                await asyncio.sleep(0)
        return looks

    async def all_there(self, wanted: Sequence[tuple[str, str]], seconds: float) -> list[Look]:
        """The same once their pasts are read, or after so many seconds."""
        clock = self.engine.clock
        end = clock.monotonic() + seconds
        while True:
            looks = await self.gather(wanted)
            if clock.monotonic() > end or not any(look.loading for look in looks):
                return looks
            await asyncio.sleep(0.1)

    async def keep(self) -> None:
        """Have series that were asked for lately go on, one at a time; forget the others."""
        now, watched = self.engine.clock.monotonic(), set(self.engine.market.watched)
        for key, look in list(self._looks.items()):
            if key[0] not in watched or now - self._asked[key] > KEPT_S:
                self._looks.pop(key, None)
                self._asked.pop(key, None)
            elif now - look.at > KEEP_S:
                self._look(key[0], look.series.interval, key[2])
                await asyncio.sleep(0)

    def _look(self, symbol: str, text: str, count: int) -> tuple[Look, bool]:
        engine, size = self.engine, interval_ns(text)
        key = (symbol, size, count)
        place, now = engine.market.of(engine.symbols[symbol]).last_ts // size, engine.clock.monotonic()
        known = self._looks.get(key)
        if known is not None and not known.loading and known.place == place and 0 <= now - known.at < FRESH_S:
            return known, False
        chart = engine.charts.current(symbol, BarKind("time", size))
        is_due = engine.charts.lacks(chart, count)
        if is_due:
            self._read_soon(key)
        bars = chart.series.bars[max(len(chart.series.bars) - 1 - count, 0) : -1]
        stamp = (int(bars["start"][0]), int(bars["start"][-1]), len(bars)) if len(bars) else (0, 0, 0)
        loading = chart.loading or chart.anew or is_due
        if known is not None and known.stamp == stamp and (known.loading, known.series.note) == (loading, chart.note):
            look = Look(known.series, stamp, place, now, len(bars))
        else:
            look = Look(Series(symbol, text, size, bars.tobytes(), loading, chart.note), stamp, place, now, len(bars))
        self._looks[key] = look
        self._looks.move_to_end(key)
        while len(self._looks) > engine.charts.most:
            self._asked.pop(self._looks.popitem(last=False)[0], None)
        return look, True

    def _read_soon(self, key: _Key) -> None:
        self._due[key] = None
        if self._reading < AT_ONCE:
            self._reading += 1
            self.engine.spawn(self._read(), "bars for the analyst")

    async def _read(self) -> None:
        """Read pasts as long as any is due."""
        charts = self.engine.charts
        try:
            while self._due and not self.engine.stopping.is_set():
                symbol, size, count = self._due.popitem(last=False)[0]
                chart: Chart = charts.current(symbol, BarKind("time", size))
                if charts.lacks(chart, count):
                    await charts.load(chart, count)
        finally:
            self._reading -= 1


def interval(args: dict[str, Any], default: str) -> str:
    """The interval of a question.

    Raises:
        UsageError: there can be no such bars.
    """
    text = str(args.get("interval") or default)
    if not SECOND <= interval_ns(text) <= DAY or interval_ns(text) % SECOND:
        raise UsageError(f"interval is from 1s to 1d: {text!r} is not")
    return text
