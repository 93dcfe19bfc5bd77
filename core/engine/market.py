"""The last of everything per symbol, as the price pane shows it. Fed by batches, read a few times a second."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from core.types import DAY, SECOND, Records, Symbols
from core.venues.venue import SymbolInfo, Ticker
from core.view import PriceRow

SPARK_POINTS = 60
SPARK_EVERY_S = 5.0
RATE_WINDOW_S = 5.0

_SPARK_NS = int(SPARK_EVERY_S * SECOND)

#: While memory is short, quotes that come without a print are taken this often.
CONFLATED_NS = 250_000_000


class Quotes:
    """What is known of one symbol."""

    def __init__(self, sparks: int = SPARK_POINTS) -> None:
        self.last: float | None = None
        self.direction = 0
        self.bid: float | None = None
        self.ask: float | None = None
        self.change_pct: float | None = None
        self.volume: float | None = None
        self.seen_ns = 0
        self.last_ts = 0
        self.ticks = 0
        self.decimals = 2
        self.state = "waiting"
        self.tick_size: float | None = None
        self.rates: deque[tuple[float, int]] = deque(maxlen=16)
        self.spark: deque[float] = deque(maxlen=sparks)
        self._sparked = 0.0
        self._stretch = 0  # of a recording, the one of so many seconds that is open
        self._traced: float | None = None

    def print(self, price: float, count: int, ts: int, recv_ns: int) -> None:
        """Take the last of `count` prints."""
        self.last_ts = ts
        if self.last is not None and price != self.last:
            self.direction = 1 if price > self.last else -1
        if self.last is None and self.tick_size is None:
            self.decimals = decimals_of(price)
        self.last = price
        self.ticks += count
        self.seen_ns = max(self.seen_ns, recv_ns)

    def sample(self, now: float, recorded_ns: int | None = None) -> None:
        """Keep a point of the rate window and, every few seconds, of the sparkline; of a recording, by its own time."""
        self.rates.append((now, self.ticks))
        while len(self.rates) > 2 and now - self.rates[1][0] >= RATE_WINDOW_S:
            self.rates.popleft()
        if recorded_ns is not None:
            self._close_stretches(recorded_ns // _SPARK_NS)
        elif self.last is not None and now - self._sparked >= SPARK_EVERY_S:
            self.spark.append(self.last)
            self._sparked = now

    def trace(self, ts: NDArray[np.int64], price: NDArray[np.float64]) -> None:
        """Keep the sparkline's points of prints of a recording, however fast they come: the last price of every few seconds."""
        stretches = ts // _SPARK_NS
        ends = np.append(np.flatnonzero(np.diff(stretches)), len(ts) - 1)[-SPARK_POINTS - 1 :]
        for stretch, last in zip(stretches[ends].tolist(), price[ends].tolist(), strict=True):
            self._close_stretches(stretch)
            self._traced = last

    def _close_stretches(self, stretch: int) -> None:
        if self._traced is not None and stretch > self._stretch:
            self.spark.extend([self._traced] * min(stretch - self._stretch, SPARK_POINTS))
        self._stretch = max(stretch, self._stretch)

    def rate(self) -> float:
        """Ticks a second over the last few."""
        if len(self.rates) < 2:
            return 0.0
        (t0, n0), (t1, n1) = self.rates[0], self.rates[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0


def decimals_of(price: float) -> int:
    """Decimals a price is written with, 2 to 8."""
    digits = f"{price:.8f}".rstrip("0").rpartition(".")[2]
    return min(max(len(digits), 2), 8)


class Market:
    """All watched symbols.

    Args:
        symbols: the process's symbol table.
        stale_after_s: silence after which a price counts as stale.

    Attributes:
        conflated: take quotes that come without a print only now and then; nothing but the screen depends on them.
        quotes_shed: those that were not taken.
        recorded: prints are recorded ones: how old they are counts from their own times.
    """

    def __init__(self, symbols: Symbols, stale_after_s: float) -> None:
        self.symbols = symbols
        self.stale_after_s = stale_after_s
        self.watched: list[str] = []
        self.held: frozenset[int] = frozenset()
        self.halted: dict[str, str] = {}
        self.ticks_total = 0
        self.latency_ms: float | None = None
        self.conflated = False
        self.quotes_shed = 0
        self.recorded = False
        self._quoted_ns = 0
        self._sparks = SPARK_POINTS
        self._of: dict[int, Quotes] = {}
        self._rates: deque[tuple[float, int]] = deque(maxlen=64)

    def watch(self, names: list[str]) -> None:
        """Show these (`venue:SYMBOL`) too."""
        for name in names:
            self.symbols.add(name)
            if name not in self.watched:  # two may have asked for it at once
                self.watched.append(name)

    def of(self, symbol: int) -> Quotes:
        """The figures of a symbol."""
        found = self._of.get(symbol)
        if found is None:
            found = self._of[symbol] = Quotes(self._sparks)
        return found

    def take(self, ticks: Records, quotes: Records) -> None:
        """Take a batch of released prints and of quotes."""
        if len(ticks):
            self.ticks_total += len(ticks)
            symbols = ticks["symbol"].tolist()
            for symbol, at in {symbol: at for at, symbol in enumerate(symbols)}.items():  # the last of each
                ts, recv, _, _, price, *_ = ticks[at].item()
                if self.recorded:
                    mine = ticks.compress(ticks["symbol"] == symbol)
                    self.of(symbol).trace(mine["ts"], mine["price"])
                self.of(symbol).print(price, symbols.count(symbol), ts, ts if self.recorded else recv)
            ts, recv, *_ = ticks[-1].item()
            lag = recv - ts
            self.latency_ms = lag / 1e6 if abs(lag) < DAY and not self.recorded else None  # further off, it is a recording of another day
        if len(quotes) and self._wants(quotes, alone=not len(ticks)):
            for symbol, at in {symbol: at for at, symbol in enumerate(quotes["symbol"].tolist())}.items():
                recv, _, bid, _, ask, *_ = quotes[at].item()
                known = self.of(symbol)
                known.bid, known.ask = bid, ask
                known.seen_ns = max(known.seen_ns, recv)

    def _wants(self, quotes: Records, *, alone: bool) -> bool:
        """Whether these quotes are taken."""
        now = int(quotes["recv"][-1])
        if self.conflated and alone and 0 <= now - self._quoted_ns < CONFLATED_NS:
            self.quotes_shed += len(quotes)
            return False
        self._quoted_ns = now
        return True

    def keep(self, sparks: int) -> None:
        """Keep so many points of each sparkline from now on."""
        self._sparks = sparks
        for known in self._of.values():
            known.spark = deque(known.spark, sparks)

    def learn(self, name: str, info: SymbolInfo) -> None:
        """Take what the venue lists for a symbol."""
        known = self.of(self.symbols.add(name))
        if info.tick_size > 0:
            known.tick_size = info.tick_size
            known.decimals = len(f"{info.tick_size:.10f}".rstrip("0").rpartition(".")[2])

    def tickers(self, venue: str, rows: list[Ticker]) -> None:
        """Take 24 h figures."""
        for row in rows:
            name = f"{venue}:{row.symbol}"
            if name in self.symbols:
                known = self.of(self.symbols[name])
                known.change_pct, known.volume = row.change_pct, row.volume
                if known.last is None and row.last > 0:
                    known.last = row.last

    def sample(self, now: float, now_ns: int) -> None:
        """Take the regular points of rates and sparklines; `now` is monotonic seconds, `now_ns` the time it is for the prints."""
        self._rates.append((now, self.ticks_total))
        while len(self._rates) > 2 and now - self._rates[1][0] >= RATE_WINDOW_S:
            self._rates.popleft()
        for known in self._of.values():
            known.sample(now, now_ns if self.recorded else None)

    def rate(self) -> float:
        """Ticks a second, all symbols."""
        if len(self._rates) < 2:
            return 0.0
        (t0, n0), (t1, n1) = self._rates[0], self._rates[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0

    def rows(self, now_ns: int) -> list[PriceRow]:
        """A row a watched symbol, in the order they were asked for."""
        return [self._row(name, now_ns) for name in self.watched]

    def _row(self, name: str, now_ns: int) -> PriceRow:
        index = self.symbols[name]
        known = self.of(index)
        return PriceRow(
            symbol=name,
            last=known.last,
            direction=known.direction,
            change_24h_pct=known.change_pct,
            bid=known.bid,
            ask=known.ask,
            volume_24h=known.volume,
            ticks_per_s=known.rate(),
            last_ns=known.seen_ns,
            decimals=known.decimals,
            state=self._state(name, index, known, now_ns),
            spark=[*known.spark, known.last] if self.recorded and known.last is not None else list(known.spark),
            detail=self.halted.get(name, ""),
        )

    def state_of(self, name: str, now_ns: int) -> tuple[str, float | None]:
        """How a watched symbol is, and how long ago anything was heard of it in seconds; None never."""
        index = self.symbols[name]
        known = self.of(index)
        return self._state(name, index, known, now_ns), self.age_s(known, now_ns)

    def age_s(self, known: Quotes, now_ns: int) -> float | None:
        """How long ago anything was heard of a symbol, in seconds; None never."""
        return max(0.0, (now_ns - known.seen_ns) / 1e9) if known.seen_ns else None

    def _state(self, name: str, index: int, known: Quotes, now_ns: int) -> str:
        if name in self.halted:
            return "halted"
        if index in self.held:
            return "gap"
        if known.seen_ns == 0:
            return "waiting"
        return "stale" if now_ns - known.seen_ns > self.stale_after_s * 1e9 else "live"
