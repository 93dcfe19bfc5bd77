"""What could not be used of what the venue sent: how often for which reason, and which symbols suffer from it now; no I/O, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from core.types import Records
from core.venues.venue import Parsed, Quarantined, Unreadable

#: Bad ones in a row after which a symbol is degraded: one or two are noise, and what they lacked is fetched.
DEGRADED_AFTER = 3

Bad: TypeAlias = Quarantined | Unreadable


class Quality:
    """Judges each symbol by its newest prints, and by its newest quotes. One good print (quote) ends what bad ones began.

    Attributes:
        reasons: prints and quotes that were refused since the start, by reason.
        of_symbols: those that can be put down to a symbol, by symbol and reason.
    """

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        self.of_symbols: Counter[tuple[int, str]] = Counter()
        self._in_a_row: dict[tuple[int, str], tuple[int, str]] = {}

    @property
    def degraded(self) -> dict[int, str]:
        """Symbols of which nothing usable comes at the moment, and why."""
        found: dict[int, str] = {}
        for (symbol, what), (count, reason) in sorted(self._in_a_row.items()):
            if count >= DEGRADED_AFTER:
                found[symbol] = f"{found[symbol]}; {what}: {reason}" if symbol in found else f"{what}: {reason}"
        return found

    def take(self, parsed: Parsed) -> bool:
        """Judge what a connection's frames held; whether the set of degraded symbols changed."""
        if not (parsed.malformed or parsed.quarantined or self._in_a_row):
            return False
        before = self.degraded.keys()
        bad: dict[tuple[int, str], list[Bad]] = {}
        for unreadable in parsed.unreadable:
            self._note(unreadable.symbol, f"{unreadable.what} not readable")
            bad.setdefault((unreadable.symbol, unreadable.what), []).append(unreadable)
        for refused in parsed.quarantined:
            self._note(refused.symbol, refused.reason)
            bad.setdefault((refused.symbol, "prints"), []).append(refused)
        unplaced = parsed.malformed - len(parsed.unreadable)
        if unplaced:
            self.reasons["garbage"] += unplaced
        for symbol, what in {*bad, *self._in_a_row}:
            self._judge((symbol, what), bad.get((symbol, what), []), parsed.ticks if what == "prints" else parsed.quotes)
        return self.degraded.keys() != before

    def refused(self, fetched: Iterable[Quarantined]) -> None:
        """Count what was wrong with fetched prints; they say nothing of the stream."""
        for bad in fetched:
            self._note(bad.symbol, bad.reason)

    def forget(self, symbol: int) -> None:
        """It is watched no more."""
        self._in_a_row = {key: value for key, value in self._in_a_row.items() if key[0] != symbol}

    def _note(self, symbol: int, reason: str) -> None:
        self.reasons[reason] += 1
        self.of_symbols[symbol, reason] += 1

    def _judge(self, key: tuple[int, str], bad: list[Bad], rows: Records) -> None:
        good = np.flatnonzero(rows["symbol"] == key[0])
        since = bad if not len(good) else [one for one in bad if one.after > good[-1]]
        count = len(since) + (0 if len(good) else self._in_a_row.get(key, (0, ""))[0])
        if not count:
            self._in_a_row.pop(key, None)
        elif since:
            self._in_a_row[key] = (count, max(reversed(since), key=lambda one: one.after).reason)
