"""One source beyond the tape: asked about each of its symbols in turn, left alone for longer and longer while it fails."""

from __future__ import annotations

import asyncio
from collections import deque
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.channels.opinion import Opinion, abstains, read_opinion
from core.channels.question import Questions
from core.config_heard import SourceConfig
from core.feed.backoff import Backoff
from core.system_view import SourceRow
from core.types import SECOND, Records, bar_kind

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.sources import Sources

log = structlog.get_logger("sources")

#: Answers whose times make up the median that is shown.
LATENCIES = 100

#: So many tries in a row may fail before it is an alert.
PATIENCE = 3

#: A source that fails is asked again after so many seconds at most, or after its own interval where that is longer.
LONGEST_WAIT_S = 60.0

#: There is nothing to ask about yet: no symbol has a price.
LOOK_AGAIN_S = 1.0

#: A source whose work failed in a way nobody foresaw goes on after so many seconds.
RESTART_S = 30.0

_COLUMNS = ("start", "open", "high", "low", "close", "volume")


class Source:
    """One source at work.

    Args:
        questions: the way to it.
    """

    def __init__(self, sources: Sources, name: str, terms: SourceConfig, questions: Questions) -> None:
        self.sources = sources
        self.engine: Engine = sources.engine
        self.name, self.terms = name, terms
        self.where = questions.where
        self._questions = questions
        self._backoff = Backoff(max(terms.every_s, 1.0), max(terms.every_s, LONGEST_WAIT_S))
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._said: dict[str, Opinion] = {}  # the last of each symbol
        self._answered: dict[str, float] = {}  # monotonic seconds
        self._answered_ns = self._next_ns = 0
        self._answers = self._errors = self._failed = 0
        self._down = self._slow = False
        self._error = ""

    async def run(self) -> None:
        """Ask for ever."""
        try:
            while True:
                try:
                    await asyncio.sleep(await self._ask_all())
                except Exception:  # this task's outer edge: a source must not end the engine
                    log.exception("a source failed", source=self.name)
                    self._error = "it failed in a way nobody foresaw: see the engine's log"
                    await asyncio.sleep(RESTART_S)
        finally:
            await self._questions.close()

    def row(self) -> SourceRow:
        """How it stands."""
        latency = median(self._latencies) * 1e3 if self._latencies else None
        return SourceRow(
            self.name, self.where, self._state(), len(self._symbols()), self._answered_ns, latency, self._answers, self._errors,
            self._failed, self._error, self._next_ns,
        )  # fmt: skip

    def _state(self) -> str:
        if self._down:
            return "down"
        if any(opinion.side == "abstain" for opinion in self._said.values()):
            return "abstains"
        if not self._answered:
            return "waiting"
        oldest = self.engine.clock.monotonic() - min(self._answered.values())
        return "late" if self._slow or oldest > self.terms.fresh_s else "ok"

    def _symbols(self) -> list[str]:
        """Those it is asked about that are streamed, with their venue."""
        watched = self.engine.market.watched
        if not self.terms.symbols:
            return list(watched)
        wanted = {name.rpartition(":")[2].upper() for name in self.terms.symbols}
        return [symbol for symbol in watched if symbol.rpartition(":")[2] in wanted]

    async def _ask_all(self) -> float:
        """Ask about every symbol; returns after how many seconds to ask again."""
        clock, began = self.engine.clock, self.engine.clock.monotonic()
        symbols = self._symbols()
        self._said = {symbol: opinion for symbol, opinion in self._said.items() if symbol in symbols}
        self._answered = {symbol: at for symbol, at in self._answered.items() if symbol in symbols}
        asked = False
        wait = self.terms.every_s
        for symbol in symbols:
            price = self.engine.market.of(self.engine.symbols[symbol]).last
            if price is None:
                continue
            asked = True
            after_s = await self._ask(symbol, price)
            if self._down:
                wait = self._backoff.next(max(self.terms.every_s, after_s))
                break
        else:
            took = clock.monotonic() - began
            self._slow = took > self.terms.every_s
            wait = max(self.terms.every_s - took, 0.0) if asked else min(LOOK_AGAIN_S, self.terms.every_s)
        self._next_ns = clock.now_ns() + int(wait * SECOND)
        self.engine.panes.touch("system")
        return wait

    async def _ask(self, symbol: str, price: float) -> float:
        """One question and what comes of it; returns for how many seconds it asks to be left alone."""
        clock, began = self.engine.clock, self.engine.clock.monotonic()
        reply = await self._questions.ask(self._question(symbol, price))
        took = clock.monotonic() - began
        if reply.body is None:
            self._down = True
            opinion = abstains(reply.why)
        else:
            self._down = False
            self._backoff.reset()
            self._latencies.append(took)
            opinion = read_opinion(reply.body)
        await self._take(symbol, price, opinion, int(took * SECOND), reached=reply.body is not None)
        return reply.after_s

    async def _take(self, symbol: str, price: float, opinion: Opinion, latency_ns: int, *, reached: bool) -> None:
        """Count it and pass it on. What it said before counts on until it is too old where it cannot be reached, not where it talks
        nonsense."""
        before = self._said.get(symbol)
        self._said[symbol] = opinion
        if opinion.side != "abstain":
            self._answers, self._failed, self._error = self._answers + 1, 0, ""
            self._answered[symbol], self._answered_ns = self.engine.clock.monotonic(), self.engine.clock.now_ns()
            self.engine.alarms.resolve(f"source {self.name}")
            await self.sources.tell(self, symbol, price, opinion, latency_ns)
            return
        self._errors, self._failed, self._error = self._errors + 1, self._failed + 1, opinion.reason
        if self._failed > PATIENCE:
            text = f"source {self.name} gives no signal, {self._failed:,} tries failed: {opinion.reason}"
            self.engine.alarms.raise_(f"source {self.name}", "warning", text)
        if before is None or before.side != "abstain" or before.reason != opinion.reason:
            log.warning("a source abstains", source=self.name, symbol=symbol, reason=opinion.reason)
            await self.sources.tell(self, symbol, price, opinion, latency_ns, aloud=reached)

    def _question(self, symbol: str, price: float) -> bytes:
        quotes = self.engine.market.of(self.engine.symbols[symbol])
        question: dict[str, Any] = {
            "source": self.name, "symbol": symbol, "price": price, "bid": quotes.bid, "ask": quotes.ask, "ts_ns": quotes.last_ts,
        }  # fmt: skip
        if self.terms.bars:
            question |= {"interval": self.terms.interval, "bars": self._bars(symbol, quotes.last_ts)}
        return msgspec.json.encode(question)

    def _bars(self, symbol: str, now_ns: int) -> list[list[Any]]:
        """`[start_ns, open, high, low, close, volume]` of the newest bars that are over; fewer while their past is being read."""
        charts, kind = self.engine.charts, bar_kind(self.terms.interval)
        chart = charts.current(symbol, kind)
        if charts.lacks(chart, self.terms.bars + 1):
            self.engine.spawn(charts.load(chart, self.terms.bars + 1), "bars")
        known: Records = chart.series.since(0, self.terms.bars + 1)
        over = known.compress(known["start"] + int(kind.size) <= now_ns)[-self.terms.bars :]
        return [list(row) for row in zip(*(over[name].tolist() for name in _COLUMNS), strict=True)]
