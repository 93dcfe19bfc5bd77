"""What is drawn on a chart besides its bars: lines of indicators and the trend, held and put into words. It knows no widget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cockpit import figures
from cockpit.panes.held_series import HeldSeries, Series
from cockpit.panes.held_trend import HeldTrend
from cockpit.panes.line import Part
from cockpit.panes.overlaid import BARE, TREND, Curve, Overlay
from cockpit.panes.panels import bounds_of
from cockpit.panes.picture import Candle
from cockpit.settings import MOST_DRAWN, Drawn
from cockpit.text import clean

#: Enough for all lines there can be, but for that of the trend.
_LETTERS = "abcdefghijklmnopqrsuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Indicated:
    """Indicators and the trend on the bars of one symbol.

    Attributes:
        drawn: variants and indicators, in the order in which they were chosen.
    """

    def __init__(self) -> None:
        self.drawn: list[Drawn] = []
        self._series = HeldSeries()
        self._trend = HeldTrend()

    @property
    def trend(self) -> bool:
        """Whether the trend is drawn."""
        return self._trend.wanted

    def draw(self, drawn: Sequence[Drawn], trend: bool) -> None:
        """Draw these, and the trend or not."""
        self.drawn = list(drawn)[:MOST_DRAWN]
        self._series.draw(self.drawn)
        if trend != self._trend.wanted:
            self._trend.wanted = trend
            self._trend.forget()

    def forget(self) -> None:
        """Hold nothing: all of it is asked for anew."""
        self._series.forget()
        self._trend.forget()

    def question(self, now: float, symbol: str, interval: str, count: int, bars: int) -> tuple[str, dict[str, Any]] | None:
        """What to ask now (monotonic seconds) about so many of the newest bars, whose version is `bars`; None when nothing is due."""
        args = self._series.question(now, symbol, interval, count, bars)
        if args is not None:
            return "indicator_series", args
        args = self._trend.question(now, symbol, interval)
        return None if args is None else ("trend", args)

    def take(self, what: str, args: dict[str, Any], answer: Any) -> None:
        """Take the answer to a question."""
        (self._trend if what == "trend" else self._series).take(args, answer)

    def refused(self, what: str, args: dict[str, Any], why: str) -> None:
        """The engine did not answer a question."""
        if what == "trend":
            self._trend.refused(args, clean(why))
        else:
            self._series.refused(clean(why))

    def state(self) -> tuple[Any, ...]:
        """What the drawing depends on."""
        return (self._series.version, self._trend.version)

    @property
    def note(self) -> str:
        """Why lines are not there; '' where they are, or none is wanted."""
        return self._series.note if self.drawn else ""

    def overlay(self, symbol: str, interval: str, seen: Sequence[Candle], length: int, cross: int | None, decimals: int) -> Overlay:
        """What is drawn over and under the candles in sight, with the values at the crosshair, else the newest.

        Args:
            length: of a candle, ns; 0 where they are not cut by time.
        """
        if not (self.drawn or self.trend) or not seen:
            return BARE
        over: list[Curve] = []
        under: list[Curve] = []
        words: list[tuple[Part, ...]] = []
        series = self._series.of(symbol, interval)
        for owner, note in dict.fromkeys((one.owner, one.note) for one in series if not one.known):
            words.append((Part(f"{owner} ", "muted"), Part(note or figures.NONE, "warn" if note else "plain")))
        for letter, (name, one) in zip(_LETTERS, named([one for one in series if one.known]), strict=False):
            into, values = over if one.panel == "main" else under, one.on(seen, length)
            into.append(Curve(letter, len(into), name, one.unit, values, one.owner, _value(_at(values, cross), one, decimals), one.note))
        self._trend.follow(symbol, interval)
        line, trend = self._trend.line_on(seen), self._trend.words()
        if any(value is not None for value in line):
            over.append(Curve("t", TREND, "", "price", line))
        return Overlay(tuple(over), tuple(under), self._trend.changes_on(seen), (*([trend] if trend else []), *words))


def named(series: Sequence[Series]) -> list[tuple[str, Series]]:
    """Each with what it is called: its variant or indicator; of several lines of one, the line too, and then that alone."""
    lines = Counter(one.owner for one in series)
    told: set[str] = set()
    found = []
    for one in series:
        found.append((one.owner if lines[one.owner] == 1 else one.line if one.owner in told else f"{one.owner} {one.line}", one))
        told.add(one.owner)
    return found


def _at(values: Sequence[float | None], cross: int | None) -> float | None:
    """The value under the crosshair; without one the newest, which may be that of the bar before the last."""
    if cross is not None:
        return values[cross] if 0 <= cross < len(values) else None
    return next((value for value in reversed(values[-2:]) if value is not None), None)


def _value(value: float | None, of: Series, decimals: int) -> str:
    """A value with its unit: a price as prices are written, others with what of them counts."""
    if value is None:
        return figures.NONE
    if of.unit == "price":
        return figures.number(value, decimals)
    text = figures.short(value) if abs(value) >= 10_000 else figures.number(value, 2 if abs(value) >= 1 or not value else 4)
    return f"{text} ({of.unit})" if bounds_of(of.unit) else f"{text} {of.unit}".rstrip()
