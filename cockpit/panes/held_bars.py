"""The bars a chart holds of one symbol at one interval, and what it must ask for to hold those of now."""

from __future__ import annotations

from typing import Any

from cockpit.panes.picture import Candle
from cockpit.text import clean

#: Seconds between two questions, and while the engine still reads the past.
EVERY, WHILE_LOADING = 1.0, 0.25

#: The engine gives at most so many.
MOST = 2000

#: Symbols and intervals whose bars are kept while others are looked at.
KEPT = 8


class HeldBars:
    """Asks for all bars first, then for the last one and what came after it.

    Attributes:
        candles: oldest first; the last one as far as it has come.
        version: grows with every change.
        loading: the engine still reads the past.
        note: why there are fewer than asked for, or none.
        asked: how many were ever asked for.
    """

    def __init__(self, symbol: str, interval: str) -> None:
        self.symbol = symbol
        self.interval = interval
        self.candles: list[Candle] = []
        self.version = 0
        self.loading = True
        self.note = ""
        self.asked = 0
        self._whole_from = -1
        self._due = 0.0

    def question(self, now: float, wanted: int) -> dict[str, Any] | None:
        """What to ask now (monotonic seconds) to have so many; None when it is not time yet."""
        count = min(MOST, -(-wanted // 250) * 250)
        deeper = count > self.asked
        if now < self._due and not deeper:
            return None
        self._due = now + (WHILE_LOADING if self.loading else EVERY)
        self.asked = max(count, self.asked)
        args: dict[str, Any] = {"symbol": self.symbol, "interval": self.interval, "count": self.asked}
        if self.candles and not self.loading and not deeper and self._whole_from >= 0:
            args["since_ns"] = self.candles[-1].start
        else:
            self.loading = True
        return args

    def ask_soon(self) -> None:
        """Ask at the next opportunity."""
        self._due = 0.0

    def take(self, answer: dict[str, Any]) -> None:
        """Take the engine's answer; one about something else is passed over."""
        if (answer.get("symbol"), answer.get("interval")) != (self.symbol, self.interval):
            return
        new = [Candle(*row) for row in answer["bars"]]
        kept = len(self.candles)
        while kept and new and self.candles[kept - 1].start >= new[0].start:
            kept -= 1
        if self.candles[kept:] != new or not new:
            self.candles = (self.candles[:kept] + new)[-MOST:]
            self.version += 1
        whole_from = int(answer["complete_from_ns"])
        self.loading = bool(answer["loading"])
        # Older bars than those held came to the engine since: the next question is for all.
        self._whole_from = whole_from if self._whole_from in (-1, whole_from) or self.loading else -1
        note = clean(str(answer.get("note", "")))
        if note != self.note:
            self.note = note
            self.version += 1

    def refused(self, why: str) -> None:
        """The engine has no bars of it."""
        self.note = why
        self.loading = False
        self.version += 1


class Shelf:
    """The bars of the symbols and intervals that were looked at last."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], HeldBars] = {}

    def of(self, symbol: str, interval: str) -> HeldBars:
        """Those of a symbol at an interval; none of them at first."""
        key = (symbol, interval)
        if key not in self._held:
            self._held[key] = HeldBars(*key)
            while len(self._held) > KEPT:
                self._held.pop(next(iter(self._held)))
        return self._held[key]

    def asked(self, args: dict[str, Any]) -> HeldBars | None:
        """Those a question was about; None where they were put away meanwhile."""
        return self._held.get((args["symbol"], args["interval"]))
