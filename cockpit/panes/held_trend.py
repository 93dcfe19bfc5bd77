"""What a chart holds of the trend of its symbol: which way it goes, the line through its bars, and where it changed its ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from cockpit import figures
from cockpit.panes.line import Part
from cockpit.panes.picture import Candle
from cockpit.text import clean
from core.codes import bar_kind

#: Seconds between two questions, and after one that was not answered with a trend.
EVERY, AGAIN = 5.0, 3.0

_SIGNS = {"uptrend": ("▲", "up"), "downtrend": ("▼", "down")}


class HeldTrend:
    """The trend of one symbol at one interval.

    Attributes:
        wanted: it is to be drawn.
        version: grows with every change.
        note: why there is none.
    """

    def __init__(self) -> None:
        self.wanted = False
        self.version = 0
        self.note = ""
        self._of = ("", "")
        self._due = 0.0
        self._told: Mapping[str, Any] = {}

    def forget(self) -> None:
        """Hold nothing."""
        self._of, self._told, self._due, self.note = ("", ""), {}, 0.0, ""
        self.version += 1

    def follow(self, symbol: str, interval: str) -> None:
        """Be about these; nothing is held of others."""
        if (symbol, interval) != self._of:
            self.forget()
            self._of = (symbol, interval)

    def question(self, now: float, symbol: str, interval: str) -> dict[str, Any] | None:
        """What to ask now, monotonic seconds; None when nothing is due."""
        if not self.wanted:
            return None
        self.follow(symbol, interval)
        if bar_kind(interval).by != "time":
            self._say("trends are told of bars of time: i changes them")
            return None
        if now < self._due:
            return None
        self._due = now + EVERY
        return {"symbol": symbol, "interval": interval}

    def take(self, args: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Take the answer to a question; one about something else is passed over."""
        if (args["symbol"], args["interval"]) != self._of:
            return
        if answer.get("state", "ready") != "ready":
            self._due += AGAIN - EVERY
        if answer != self._told:
            self._told = answer
            self.version += 1
        self._say(clean(str(answer.get("note") or "")))

    def refused(self, args: Mapping[str, Any], why: str) -> None:
        """The engine does not say, and why."""
        if (args["symbol"], args["interval"]) == self._of:
            self._due += AGAIN - EVERY
            self._say(why)

    def _say(self, note: str) -> None:
        if note != self.note:
            self.note = note
            self.version += 1

    def line_on(self, candles: Sequence[Candle]) -> list[float | None]:
        """The line through the prices, on each candle it lies over."""
        line = self._told.get("line") if self.wanted else None
        if not line or line["end_ns"] <= line["start_ns"] or min(line["start_price"], line["end_price"]) <= 0:
            return []
        begin, end, first, last = line["start_ns"], line["end_ns"], line["start_price"], line["end_price"]
        # It is straight in the logarithms of prices.
        return [first * (last / first) ** ((c.start - begin) / (end - begin)) if begin <= c.start <= end else None for c in candles]

    def changes_on(self, candles: Sequence[Candle]) -> tuple[int, ...]:
        """Which candles it changed its ways in."""
        changes = self._told.get("changes_ns") or () if self.wanted else ()
        spans = [*pairwise(candle.start for candle in candles)]
        return tuple(index for index, (begin, end) in enumerate(spans) if any(begin <= change < end for change in changes))

    def words(self) -> tuple[Part, ...]:
        """`t ▲ uptrend 82 %, +1.24 %`, or why there is none; nothing where it is not wanted."""
        if not self.wanted:
            return ()
        trend, sure, change = (self._told.get(name) for name in ("trend", "confidence", "change_pct"))
        if trend is None:
            why = self.note or clean(str(self._told.get("status") or "")) or "…"
            return Part("trend ", "muted"), Part(why, "warn" if self.note else "muted")
        sign, tone = _SIGNS.get(str(trend), ("·", "plain"))
        surely = "" if sure is None else f" {100 * sure:.0f} %"
        moved = "" if change is None else f", {figures.signed(change)} %"
        return Part("t ", "strong"), Part(f"{sign} {clean(str(trend))}", tone), Part(f"{surely}{moved}")
