"""What a chart holds of indicators: their lines on its bars, asked for whenever the bars have gone on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cockpit.panes.picture import Candle
from cockpit.settings import Drawn
from cockpit.text import clean

#: Seconds between two questions, and after one that was not answered with lines.
EVERY, AGAIN = 1.0, 3.0

#: The engine gives at most so many.
MOST = 2000

#: Symbols and intervals whose lines are kept while others are looked at.
KEPT = 8


class Series(NamedTuple):
    """One line of an indicator on the bars of a chart.

    Attributes:
        owner: the variant or indicator.
        panel: main or lower.
        ts: starts of bars, ns, oldest first; `values` one a bar, None not known.
        note: why there are none, or not all.
    """

    owner: str
    line: str
    unit: str
    panel: str
    ts: Sequence[int]
    values: Sequence[float | None]
    note: str

    @property
    def known(self) -> bool:
        """Whether any of its values is."""
        return any(value is not None for value in self.values)

    def on(self, candles: Sequence[Candle], length: int) -> list[float | None]:
        """Its value on each candle: that of its last bar, None where that is not known; `length` of a candle in ns, 0 not by time."""
        found: list[float | None] = []
        for index, candle in enumerate(candles):
            after = candles[index + 1].start if index + 1 < len(candles) else candle.start + (length or 1 << 62)
            place = bisect_left(self.ts, after) - 1
            found.append(self.values[place] if place >= 0 and self.ts[place] >= candle.start else None)
        return found


class HeldSeries:
    """Lines of what is drawn, by symbol and interval.

    Attributes:
        version: grows with every change.
        note: why there are none.
    """

    def __init__(self) -> None:
        self.version = 0
        self.note = ""
        self._drawn: tuple[Drawn, ...] = ()
        self._held: dict[tuple[str, str], list[Series]] = {}
        self._asked_of: tuple[Any, ...] = ()
        self._due = 0.0
        self._again = False

    def of(self, symbol: str, interval: str) -> list[Series]:
        """Those of a symbol on its bars at an interval; none before they came."""
        return self._held.get((symbol, interval), [])

    def draw(self, drawn: Sequence[Drawn]) -> None:
        """Hold these, and no others."""
        if tuple(drawn) != self._drawn:
            self._drawn = tuple(drawn)
            self.forget()

    def forget(self) -> None:
        """Hold nothing: all of it is asked for anew."""
        self._held, self._asked_of, self._due, self.note = {}, (), 0.0, ""
        self.version += 1

    def question(self, now: float, symbol: str, interval: str, count: int, bars: int) -> dict[str, Any] | None:
        """What to ask now (monotonic seconds) to have so many values as of these bars (their version); None when nothing is due."""
        count = min(MOST, -(-count // 250) * 250)
        of = (symbol, interval, count, bars)
        idle = now < self._due or (of == self._asked_of and not self._again)
        if not self._drawn or (idle and of[:3] == self._asked_of[:3]):
            return None
        self._asked_of, self._due, self._again = of, now + EVERY, False
        return {"symbol": symbol, "interval": interval, "count": count, "indicators": [_words(one) for one in self._drawn]}

    def take(self, args: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Take the answer to a question; one about what is no longer drawn is passed over."""
        key = str(args["symbol"]), str(args["interval"])
        if args["indicators"] != [_words(one) for one in self._drawn]:
            return
        ready = answer.get("state", "ready") == "ready"
        series = _wanted([_series(row) for row in answer.get("series") or ()], self._drawn) if ready else self._held.get(key, [])
        note = clean(str(answer.get("note") or "")) or ("" if ready else "the analyst is starting …")
        if not ready:
            self._later()
        if series != self._held.get(key) or note != self.note:
            self._held.pop(key, None)
            self._held[key] = series
            while len(self._held) > KEPT:
                self._held.pop(next(iter(self._held)))
            self.note = note
            self.version += 1

    def refused(self, why: str) -> None:
        """The engine has none, and says why."""
        self._later()
        if why != self.note:
            self.note = why
            self.version += 1

    def _later(self) -> None:
        """The same again, after a while."""
        self._again = True
        self._due += AGAIN - EVERY


def _words(one: Drawn) -> dict[str, Any]:
    return {"variant": one.name} if one.variant else {"indicator": one.name, "params": {}}


def _series(row: Mapping[str, Any]) -> Series:
    name, line, unit, note = (clean(str(row.get(key) or "")) for key in ("name", "line", "unit", "note"))
    return Series(name, line, unit, str(row.get("panel")), row.get("ts_ns") or (), row.get("values") or (), note)


def _wanted(series: Sequence[Series], drawn: Sequence[Drawn]) -> list[Series]:
    """Of an indicator its first line and those like it; what else it gives is drawn through a variant of it."""
    first: dict[str, Series] = {}
    for one in series:
        first.setdefault(one.owner, one)
    whole = {one.name for one in drawn if one.variant}
    return [one for one in series if one.owner in whole or (one.panel, one.unit) == (first[one.owner].panel, first[one.owner].unit)]
