"""Which part of a chart is in sight: how wide a bar is drawn, how far back, and where the crosshair stands. No widget, no drawing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from cockpit.panes.picture import Candle
from core.view import PriceRow


class Zoom(NamedTuple):
    """Cells from one candle to the next, and bars in one candle."""

    pitch: int
    bars: int


#: From few bars to many.
ZOOMS = (Zoom(4, 1), Zoom(2, 1), Zoom(1, 1), Zoom(1, 2), Zoom(1, 5), Zoom(1, 10))


class Window:
    """A view of candles that ends at the newest one, or at a moment a person went back to.

    Attributes:
        room: candles that fit.
        until: start of the last candle in sight, ns; None follows the newest.
        cross: start of the candle under the crosshair, ns; None where there is none.
    """

    def __init__(self) -> None:
        self.room = 1
        self.until: int | None = None
        self.cross: int | None = None
        self._zoom = 2

    @property
    def zoom(self) -> Zoom:
        """How wide a bar is drawn."""
        return ZOOMS[self._zoom]

    @property
    def step(self) -> int:
        """Its place between few bars and many."""
        return self._zoom

    @step.setter
    def step(self, at: int) -> None:
        self._zoom = min(max(at, 0), len(ZOOMS) - 1)

    def resize(self, steps: int) -> bool:
        """More bars for positive steps, fewer for negative ones; whether that was possible."""
        before = self._zoom
        self.step = self._zoom + steps
        return self._zoom != before

    def reset(self) -> None:
        """Back to now, without a crosshair."""
        self.until = self.cross = None

    def seen(self, candles: Sequence[Candle]) -> Sequence[Candle]:
        """The candles in sight."""
        end = self._end(candles)
        return candles[max(0, end - self.room) : end]

    def back(self, candles: Sequence[Candle]) -> int:
        """How many candles lie after those in sight."""
        return len(candles) - self._end(candles)

    def _end(self, candles: Sequence[Candle]) -> int:
        if self.until is None:
            return len(candles)
        return min(max(_place(candles, self.until), min(self.room, len(candles))), len(candles))

    def at(self, candles: Sequence[Candle]) -> int | None:
        """The index of the candle under the crosshair: the last that began by its time."""
        if self.cross is None or not candles:
            return None
        return max(0, _place(candles, self.cross) - 1)

    def move(self, candles: Sequence[Candle], steps: int) -> None:
        """Move the crosshair, the first time to the newest candle in sight; what is in sight moves along at its ends."""
        if not candles:
            return
        end = self._end(candles)
        at = self.at(candles)
        at = end - 1 if at is None else min(max(at + steps, 0), len(candles) - 1)
        self.cross = candles[at].start
        first = max(0, end - self.room)
        if at >= end:
            self._show_until(candles, at + 1)
        elif at < first:
            self._show_until(candles, at + self.room)

    def scroll(self, candles: Sequence[Candle], steps: int) -> None:
        """Go back (negative) or forth by so many candles, the crosshair along with what is in sight."""
        if not candles:
            return
        if self.cross is not None:
            self.move(candles, steps)
        else:
            self._show_until(candles, min(max(self._end(candles) + steps, min(self.room, len(candles))), len(candles)))

    def _show_until(self, candles: Sequence[Candle], end: int) -> None:
        end = min(end, len(candles))
        self.until = None if end == len(candles) else candles[end - 1].start

    def lacks(self, candles: Sequence[Candle]) -> int:
        """How many candles there should be: those in sight and as many before them as fit once more."""
        return self.back(candles) + 2 * self.room


def _place(candles: Sequence[Candle], start: int) -> int:
    """How many candles began by then."""
    return bisect_right(candles, start, key=lambda candle: candle.start)


def spacing(candles: Sequence[Candle]) -> int:
    """Nanoseconds from one of at least one candle to the next, on the average."""
    return max(1, (candles[-1].start - candles[0].start) // max(1, len(candles) - 1))


def lively(seen: Sequence[Candle], price: PriceRow | None, last: float | None, length: int) -> tuple[Sequence[Candle], float]:
    """The newest candle moved on to the last price, which comes more often than bars do; and that price. `length` ns, 0 not by time."""
    newest = seen[-1]
    if price is None or last is None or price.state != "live":
        return seen, newest.close
    here = newest.start <= price.last_ns < newest.start + (length or 1 << 62)
    return ([*seen[:-1], newest.moved(last)] if here else seen), last


def gathered(bars: list[Candle], many: int, length: int) -> list[Candle]:
    """Candles of so many bars: of a length in ns, or counted where that is 0."""
    return bars if many == 1 else grouped(bars, length) if length else grouped_by(bars, many)


def grouped(candles: Sequence[Candle], length: int) -> list[Candle]:
    """Candles of a longer interval (ns) out of these."""
    made: list[Candle] = []
    for candle in candles:
        start = candle.start // length * length
        if made and made[-1].start == start:
            made[-1] = _both(made[-1], candle)
        else:
            made.append(candle._replace(start=start))
    return made


def grouped_by(candles: Sequence[Candle], many: int) -> list[Candle]:
    """So many of these in a candle."""
    made: list[Candle] = []
    for at, candle in enumerate(candles):
        if at % many:
            made[-1] = _both(made[-1], candle)
        else:
            made.append(candle)
    return made


def _both(one: Candle, more: Candle) -> Candle:
    """A candle and the one after it as one."""
    volume = one.volume + more.volume
    vwap = None
    if one.vwap is not None and more.vwap is not None and volume > 0:
        vwap = (one.vwap * one.volume + more.vwap * more.volume) / volume
    high, low = max(one.high, more.high), min(one.low, more.low)
    quality, bought, trades = one.quality | more.quality, one.bought + more.bought, one.trades + more.trades
    return Candle(one.start, one.open, high, low, more.close, volume, quality, vwap, bought, trades)
