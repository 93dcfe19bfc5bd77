"""The chart of a symbol: which bars are held and in sight, and what is drawn of them. It knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cockpit.panes.candles import axis_of, draw, room_for
from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.chart_text import bar_text, quote_text, why_empty
from cockpit.panes.drawing import Edges
from cockpit.panes.held_bars import HeldBars, Shelf
from cockpit.panes.held_fills import HeldFills
from cockpit.panes.indicated import Indicated
from cockpit.panes.picture import Candle, Picture
from cockpit.panes.window import Window, gathered, lively, spacing
from cockpit.text import clean
from core.codes import DAY, SECOND, bar_kind
from core.view import PriceRow, TradeRow

INTERVALS = ("1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d", "tick:100", "tick:1k", "dollar:100k", "dollar:1M")

#: Questions that may take their time.
SLOW = ("indicator_series", "trend")

#: Seconds between two moves of the newest candle.
LAST_EVERY = 0.25


class PriceView:
    """Candles of one symbol at one interval.

    Attributes:
        symbol: `venue:SYMBOL`, '' before there is one.
        name: what people call it.
        window: the part of them in sight.
        indicated: what is drawn besides bars.
    """

    def __init__(self) -> None:
        self.symbol = self.name = ""
        self.window = Window()
        self.indicated = Indicated()
        self._interval = INTERVALS.index("1m")
        self._shelf = Shelf()
        self._price: PriceRow | None = None
        self._fills = HeldFills()
        self._candles: list[Candle] = []
        self._candles_of: tuple[Any, ...] = ()
        self._bring = False  # the crosshair must be brought in sight
        self._awaited = False  # it was asked for before there were bars
        self._last: float | None = None
        self._last_at = float("-inf")
        self._left = 0  # the cell of the first candle in sight

    @property
    def interval(self) -> str:
        """The length of a bar."""
        return INTERVALS[self._interval]

    @property
    def _length(self) -> int:
        """Of a candle, ns; 0 where bars are not cut by time."""
        kind = bar_kind(self.interval)
        return int(kind.size) * self.window.zoom.bars if kind.by == "time" else 0

    @property
    def bars(self) -> HeldBars:
        """The bars of the symbol at the interval."""
        return self._shelf.of(self.symbol, self.interval)

    @property
    def decimals(self) -> int:
        """Of the symbol's prices."""
        return 2 if self._price is None else self._price.decimals

    @property
    def candles(self) -> list[Candle]:
        """The bars, as many in a candle as the zoom says."""
        bars, many = self.bars, self.window.zoom.bars
        of = (bars.symbol, bars.interval, bars.version, many)
        if of != self._candles_of:
            self._candles_of = of
            self._candles = gathered(bars.candles, many, self._length)
        return self._candles

    def follow(self, symbol: str, name: str) -> None:
        """Show this symbol, under this name."""
        self.name = name
        if symbol != self.symbol:
            self.symbol = symbol
            self.window.reset()
            self._awaited = False
            self._price, self._last, self._last_at = None, None, float("-inf")

    def forget(self) -> None:
        """Hold nothing."""
        self._shelf, self._fills, self._candles_of = Shelf(), HeldFills(), ()
        self.indicated.forget()

    def tell(self, price: PriceRow | None, trades: Sequence[TradeRow], own: str, now: float) -> None:
        """Take what is known of the symbol at `now` (monotonic seconds); fills of the strategy `own` are named first."""
        self._price = price
        last = None if price is None else price.last
        if last != self._last and now - self._last_at >= LAST_EVERY:
            self._last, self._last_at = last, now
        self._fills.tell(trades, self.symbol, self._length or SECOND, own, self.decimals)

    # What it asks the engine

    def question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """What to ask now, monotonic seconds; None when nothing is due."""
        if not self.symbol:
            return None
        candles = self.candles
        args = self.bars.question(now, self.window.lacks(candles) * self.window.zoom.bars)
        if args is not None:
            return "bars", args
        args = (
            self._fills.question(now, candles[0].start // SECOND * SECOND, candles[-1].start + (self._length or DAY)) if candles else None
        )
        return None if args is None else ("bar_fills", args)

    def slow_question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """What to ask now of what may take its time, monotonic seconds; None when nothing is due."""
        candles = self.candles
        if not candles:
            return None
        count = (self.window.back(candles) + self.window.room) * self.window.zoom.bars
        return self.indicated.question(now, self.symbol, self.interval, count, self.bars.version)

    def take(self, what: str, args: dict[str, Any], answer: Any) -> None:
        """Take the answer to a question."""
        if what in SLOW:
            self.indicated.take(what, args, answer)
        elif what == "bar_fills":
            self._fills.take(args, answer)
        elif (held := self._shelf.asked(args)) is not None:
            held.take(answer)

    def refused(self, what: str, args: dict[str, Any], why: str) -> None:
        """The engine did not answer a question."""
        if what in SLOW:
            self.indicated.refused(what, args, why)
        elif what == "bar_fills":
            self._fills.refused()
        elif (held := self._shelf.asked(args)) is not None:
            held.refused(clean(why))

    def restore(self, interval: str, zoom: int) -> None:
        """Be as a person left it."""
        if interval in INTERVALS:
            self._interval = INTERVALS.index(interval)
        self.window.step = zoom

    # What a person does

    def step_interval(self, steps: int) -> None:
        """The next longer or shorter interval; the crosshair stays at its time."""
        self._interval = (self._interval + steps) % len(INTERVALS)
        self.window.until, self._bring = None, True

    def resize(self, steps: int) -> bool:
        """Show more bars, or fewer; whether that was possible."""
        self._bring = True
        return self.window.resize(steps)

    @property
    def crossed(self) -> bool:
        """Whether there is a crosshair, or will be with the first bars."""
        return self._awaited or self.window.cross is not None

    def cross(self, steps: int) -> None:
        """Move the crosshair; where there are no bars yet, it comes with them."""
        self._awaited = not self.candles
        self.window.move(self.candles, steps)

    def point(self, x: int) -> None:
        """Put the crosshair on the candle at a cell of the drawing."""
        seen = self.window.seen(self.candles)
        at = (x - self._left + self.window.zoom.pitch // 2) // self.window.zoom.pitch
        if 0 <= at < len(seen):
            self.window.cross = seen[at].start

    def page(self, pages: int) -> None:
        """Go back or forth by three quarters of what is in sight."""
        self.window.scroll(self.candles, pages * max(1, self.window.room * 3 // 4))

    def end(self) -> None:
        """To the newest bar."""
        self.window.until = None
        if self.window.cross is not None and self.candles:
            self.window.cross = self.candles[-1].start

    def leave(self) -> None:
        """Without the crosshair; where there is none, to the newest bar."""
        self._awaited = False
        if self.window.cross is not None:
            self.window.cross = None
        else:
            self.window.until = None

    # What is shown

    def state(self) -> tuple[Any, ...]:
        bars, window = self.bars, self.window
        place = (window.zoom, window.until, window.cross)
        last = self._last if window.until is None else None
        versions = (bars.version, bars.loading, self._fills.version, self.indicated.state())
        return (place, self.symbol, self.name, self.interval, versions, last)

    def draw(self, canvas: Canvas) -> None:
        candles, zoom, window = self.candles, self.window.zoom, self.window
        if not candles:
            for y, line in enumerate(why_empty(self.name if self.symbol else "", self.bars.loading, self.bars.note)):
                canvas.put(1, y, narrow(line, canvas.cells - 1), "muted")
            return
        for _ in range(2):  # how many fit depends on the widest price of those that do
            seen = window.seen(candles)
            axis = axis_of(min(c.low for c in seen), max(c.high for c in seen), self.decimals)
            window.room = max(1, room_for(canvas.cells, axis, zoom.pitch))
        if self._awaited or (self._bring and window.cross is not None):
            window.move(candles, 0)
        self._bring = self._awaited = False
        seen, at, back = window.seen(candles), window.at(candles), window.back(candles)
        cross = None if at is None else at - (len(candles) - back - len(seen))
        last = None
        if back == 0:
            seen, last = lively(seen, self._price, self._last, self._length)
        picture = Picture(
            seen, self._length or spacing(seen), self.decimals, zoom.pitch, self._fills.marks, last, cross, timed=self._length > 0
        )
        overlay = self.indicated.overlay(self.symbol, self.interval, seen, self._length, cross, self.decimals)
        self._left = draw(canvas, picture, overlay)

    def edges(self, cells: int) -> Edges:
        candles, bars, many = self.candles, self.bars, self.window.zoom.bars
        title = f"{self.name} {self.interval}{f' x{many}' if many > 1 else ''}" if self.symbol else "Chart"
        back = self.window.back(candles)
        corner = f"{back} bars back, end: now" if back else ""
        foot = ("", "muted")
        at = self.window.at(candles)
        if at is not None:
            tone = "warn" if candles[at].incomplete else "plain"
            foot = bar_text(candles[at], self.decimals, self._length // self.window.zoom.bars, candles[-1].start, cells), tone
        elif bars.loading and candles:
            foot = "reading the past …", "muted"
        elif candles and (bars.note or self.indicated.note):
            foot = bars.note or self.indicated.note, "warn"
        return Edges((title, "strong"), quote_text(self._price), foot, (corner, "muted"))
