"""What is odd about prints and quotes that were taken: flagged and counted by symbol and reason, never dropped. No I/O, no clock.

Batches wait until there are many, or until somebody looks (the feed does every second): together they cost some tens of ns a print.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.config import QualityConfig
from core.feed.band import LEAST, MOVES, UNKNOWN, widest_move
from core.types import DAY, QUOTE, SECOND, Origin, Records, join

BACK, JUMP, FROZEN, CROSSED, AHEAD, OLD = "time went back", "jumped", "price stood still", "quote crossed", "ahead of our clock", "old"

#: Prints (quotes) looked at together; and of how many looks one learns, after the first ones that all do.
TOGETHER, LEARNS, EAGER = 2048, 4, 30

#: Batches that wait apart: to join thousands of them at once is a millisecond in which nothing else happens.
APART = 64

#: A silence of all symbols counts as no more: nobody stands still while nobody trades.
SILENCE = 2 * SECOND

#: A price stands still when its last change is this many times as long ago as is usual between two changes.
USUAL_TIMES = 50

_LIVE = int(Origin.LIVE)


class Jump(NamedTuple):
    """A print out of its symbol's band."""

    symbol: int
    id: int
    ts: int
    price: float
    before: float


class Checks:
    """Looks at what was released, symbol by symbol, and remembers the newest of each.

    Attributes:
        counts: by reason, (number of symbols,) how often.
        jumps: the newest, oldest first.
        frozen: symbols whose price stands still while others move, and for how long when that was seen first, ns.
    """

    def __init__(self, terms: QualityConfig | None = None) -> None:
        self.terms = terms or QualityConfig()
        self.counts: dict[str, NDArray[np.int64]] = {}
        self.jumps: deque[Jump] = deque(maxlen=20)
        self.frozen: dict[int, int] = {}
        self._ticks: list[Records] = []
        self._quotes: list[Records] = []
        self._waiting = [0, 0]
        self._looks = self._newest = self._judged = 0
        self._moving = 0  # ns in which prices moved, of whatever symbol
        self._ts: NDArray[np.int64] = np.zeros(0, np.int64)  # of the newest print of each symbol, as its price
        self._price: NDArray[np.float64] = np.zeros(0)
        self._widest: NDArray[np.float64] = np.zeros(0)  # the largest move that is ordinary
        self._moves: NDArray[np.int64] = np.zeros(0, np.int64)  # so many were remembered, the last of them in the ring
        self._ring: NDArray[np.float64] = np.zeros((0, MOVES))
        self._changed: NDArray[np.int64] = np.zeros(0, np.int64)  # when its price changed last, by `_moving`; -1 never heard of
        self._usual: NDArray[np.float64] = np.zeros(0)  # ns from one change to the next

    def take(self, ticks: Records, quotes: Records) -> None:
        """Prints in the order they were released, and quotes."""
        if len(quotes):
            self._quotes = _gathered(self._quotes, quotes)
            self._waiting[1] += len(quotes)
        if len(ticks):
            self._ticks = _gathered(self._ticks, ticks)
            self._waiting[0] += len(ticks)
        if max(self._waiting) >= TOGETHER:
            self.look()

    def look(self) -> None:
        """Look at what waits."""
        ticks, quotes = join(self._ticks), join(self._quotes, QUOTE)
        self._ticks, self._quotes, self._waiting = [], [], [0, 0]
        if len(quotes):
            crossed = quotes["bid"] >= quotes["ask"]
            if crossed.any():
                self._count(CROSSED, quotes["symbol"].compress(crossed))
        if len(ticks):
            self._look(ticks)

    def forget(self, symbol: int) -> None:
        """It is watched no more; what was counted stays."""
        self.look()
        self._grow(symbol + 1)
        self._ts[symbol], self._price[symbol], self._changed[symbol], self._moves[symbol] = 0, np.nan, -1, 0
        self.frozen.pop(symbol, None)

    def totals(self) -> dict[str, int]:
        """How often each reason was seen."""
        return {reason: int(counts.sum()) for reason, counts in self.counts.items()}

    def by_symbol(self) -> dict[int, dict[str, int]]:
        """The same for each symbol that has any."""
        found: dict[int, dict[str, int]] = {}
        for reason, counts in self.counts.items():
            for symbol in np.flatnonzero(counts).tolist():
                found.setdefault(symbol, {})[reason] = int(counts[symbol])
        return found

    def _look(self, ticks: Records) -> None:
        symbols = ticks["symbol"]
        self._grow(int(symbols.max()) + 1)
        order = np.argsort(symbols.astype("u2"), kind="stable")  # sorted by radix
        symbol, price = symbols.take(order), ticks["price"].take(order)
        first = np.flatnonzero(np.concatenate(((True,), symbol[1:] != symbol[:-1])))
        whose, last = symbol[first], np.append(first[1:], len(symbol)) - 1
        self._look_at_times(ticks, order, symbol, first, last)
        before = np.empty_like(price)
        before[1:] = price[:-1]
        before[first] = self._price[whose]
        self._price[whose] = price[last]
        at = np.flatnonzero((price != before) & (before > 0))
        moves, movers = np.abs(np.log(price.take(at) / before.take(at))), symbol.take(at)
        far = np.flatnonzero(moves > self._widest.take(movers))
        if len(far):
            self._count(JUMP, movers[far])
            for place in at[far].tolist():
                ts, id_ = (int(ticks[name][order[place]]) for name in ("ts", "id"))
                self.jumps.append(Jump(int(symbol[place]), id_, ts, float(price[place]), float(before[place])))
        # How many moves each symbol made: those between the first of its prints and the first of the next one's.
        many = np.diff(np.searchsorted(at, np.append(first, len(symbol))))
        if self._looks % LEARNS == 0 or self._looks < EAGER:
            self._learn(moves, movers, many, whose)
        self._looks += 1
        self._look_for_stillness(int(ticks["recv"][-1]), whose, many)

    def _look_at_times(
        self, ticks: Records, order: NDArray[np.intp], symbol: NDArray[np.int32], first: NDArray[np.intp], last: NDArray[np.intp]
    ) -> None:
        """Whether time goes on, for each symbol and by our clock."""
        times, whose = ticks["ts"], symbol[first]
        ts = times.take(order)
        steps = np.empty_like(ts)
        np.subtract(ts[1:], ts[:-1], out=steps[1:])
        steps[first] = ts[first] - self._ts[whose]
        self._ts[whose] = ts[last]
        if steps.min() < 0:
            self._count(BACK, symbol[steps < 0])
        lag = ticks["recv"] - times
        low, high = -self.terms.ahead_ms * 1e6, self.terms.old_s * 1e9
        for reason, odd in ((AHEAD, lag < low), (OLD, lag > high)) if lag.min() < low or lag.max() > high else ():
            odd &= (ticks["origin"] == _LIVE) & (lag < DAY)  # older still, it is a recording of another day
            self._count(reason, ticks["symbol"].compress(odd))

    def _learn(self, moves: NDArray[np.float64], movers: NDArray[np.int32], many: NDArray[np.int64], whose: NDArray[np.int32]) -> None:
        """Remember moves; the band of a symbol is made anew when it has as many new ones as are remembered."""
        old = self._moves[whose]
        rank = np.arange(len(moves)) - np.repeat(np.cumsum(many) - many, many)
        self._ring[movers, (np.repeat(old, many) + rank) % MOVES] = moves
        self._moves[whose] = new = old + many
        for one in whose[(new // MOVES > old // MOVES) | ((old < LEAST) & (new >= LEAST))].tolist():
            known = self._ring[one, : min(int(self._moves[one]), MOVES)]
            self._widest[one] = widest_move(known, self.terms.spike_mads, self.terms.spike_pct)

    def _look_for_stillness(self, newest: int, whose: NDArray[np.int32], many: NDArray[np.int64]) -> None:
        """Whose price has not changed for long, by a clock that goes on only while prices change."""
        self._moving += min(max(newest - self._newest, 0), SILENCE) if self._newest else 0
        self._newest = newest
        changed, moved = self._changed, whose.compress(many > 0)
        gap = (self._moving - changed[moved]) / many.compress(many > 0)
        usual = self._usual[moved]
        self._usual[moved] = np.where(changed[moved] < 0, 0.0, np.where(usual == 0, gap, 0.9 * usual + 0.1 * gap))
        changed[moved] = self._moving
        for symbol in moved.tolist() if self.frozen else ():
            self.frozen.pop(symbol, None)
        fresh = whose[changed[whose] < 0]
        changed[fresh] = self._moving
        if self._moving - self._judged >= SECOND:
            self._judged = self._moving
            still = self._moving - changed
            limit = np.maximum(self.terms.frozen_after_s * 1e9, USUAL_TIMES * self._usual)
            for symbol in np.flatnonzero((changed >= 0) & (still > limit)).tolist():
                if symbol not in self.frozen:
                    self.frozen[symbol] = int(still[symbol])
                    self._count(FROZEN, np.array([symbol]))

    def _count(self, reason: str, symbols: NDArray[np.integer]) -> None:
        if len(symbols):
            self._grow(int(symbols.max()) + 1)
            counts = self.counts.setdefault(reason, np.zeros(len(self._ts), np.int64))
            counts += np.bincount(symbols, minlength=len(counts))

    def _grow(self, symbols: int) -> None:
        """Make room for so many."""
        more = symbols - len(self._ts)
        if more > 0:
            more = max(more, len(self._ts))
            self._ts = np.append(self._ts, np.zeros(more, np.int64))
            self._price = np.append(self._price, np.full(more, np.nan))
            self._widest = np.append(self._widest, np.full(more, UNKNOWN))
            self._moves = np.append(self._moves, np.zeros(more, np.int64))
            self._changed = np.append(self._changed, np.full(more, -1, np.int64))
            self._usual = np.append(self._usual, np.zeros(more))
            self._ring = np.concatenate((self._ring, np.zeros((more, MOVES))))
            self.counts = {reason: np.append(counts, np.zeros(more, np.int64)) for reason, counts in self.counts.items()}


def _gathered(waiting: list[Records], more: Records) -> list[Records]:
    """Batches that wait with one more."""
    waiting.append(more)
    return waiting if len(waiting) < APART else [join(waiting, more.dtype)]
