"""Indicators as the engine knows them: what can be asked of them, and the values that alert rules wait for, told as they change.

The analyst's process follows them from the first such question or rule on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from core.analyst import words
from core.analyst.words import Question, Series, Watched
from core.engine.analyst_findings import ANSWER_S
from core.engine.charts import BARS, watched, whole
from core.errors import CockpitError, UsageError
from core.types import DAY, SECOND, bar_kind
from core.variant import Variant
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.analyst import Analyst, Told
    from core.engine.engine import Engine

#: Seconds between two looks whether other values are waited for, and within which a variant is to be checked.
LOOK_S, CHECK_S = 0.25, 20.0

#: Bars before those that are asked for, on which lines become known.
BEFORE = 300

NOT_IN_TIME = "no answer yet: ask again"


class AnalystIndicators:
    """Questions about indicators, and their live values.

    Attributes:
        followed: somebody asked for live values: they are followed from then on.
    """

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst
        self.engine = analyst.engine
        self.followed = False
        self._said: tuple[Any, ...] = ()
        self._wishes: dict[str, str] = {}
        self._values = msgspec.msgpack.Decoder(list[tuple[str, float, int]])

    def table(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[Told]]]:
        """By what is asked."""
        return {"indicators": self.indicators, "indicator_values": self.values, "indicator_series": self.series}

    async def indicators(self, args: dict[str, Any]) -> Told:
        """The catalogue with its parameters and lines, the home's variants, and what is wrong with other files and tables."""
        return await self._told("indicators", {})

    async def values(self, args: dict[str, Any]) -> Told:
        """The values now of all variants that follow a symbol.

        Args:
            args: `symbol`.

        Raises:
            UsageError: it is not streamed.
        """
        symbol = watched(self.engine, args.get("symbol"))
        self.followed = True
        self.look()
        return await self._told("indicator_values", {"symbol": symbol})

    async def series(self, args: dict[str, Any]) -> Told:
        """Lines over the bars of a chart.

        Args:
            args: `symbol`, `interval` as of `bars`, `count` (newest bars), `indicators`: a list of `{variant, all}` or
                `{indicator, params}`.

        Raises:
            UsageError: it cannot be asked so.
        """
        engine, symbol, text = self.engine, watched(self.engine, args.get("symbol")), str(args.get("interval") or "1m")
        kind, asked = bar_kind(text), args.get("indicators") or []
        if kind.by == "time" and (not SECOND <= kind.size <= DAY or kind.size % SECOND):
            raise UsageError(f"a chart's interval is from 1s to 1d: {text!r} is not")
        if not isinstance(asked, list) or not all(isinstance(row, dict) for row in asked):
            raise UsageError("indicators is a list of {variant} or {indicator, params}")
        count = whole(args, "count", BEFORE, 1, BARS)
        chart, depth = engine.charts.current(symbol, kind), min(count + BEFORE, BARS)
        if engine.charts.lacks(chart, depth):
            engine.spawn(engine.charts.load(chart, depth), "bars")
        size, loading = int(kind.size) if kind.by == "time" else 0, chart.loading or chart.anew
        series = Series(symbol, text, size, chart.series.bars.tobytes(), loading, chart.note)
        found, note = await self._told("indicator_series", {"indicators": asked, "count": count}, [series])
        return {"symbol": symbol, "interval": text, "loading": loading, **found}, note or chart.note

    async def check(self, variant: Variant) -> Variant:
        """A variant as it is to be written, looked at with its indicator by the process that may load it.

        Raises:
            UsageError: it cannot be.
            CockpitError: it cannot be looked at now.
        """
        self.analyst.need()
        found, note = await self._told("check_variant", {"variant": msgspec.to_builtins(variant)}, seconds=CHECK_S)
        if found.get("problem"):
            raise UsageError(found["problem"])
        if not found.get("variant"):
            raise CockpitError(f"{variant.name} cannot be checked now: {note or NOT_IN_TIME}")
        return msgspec.convert(found["variant"], Variant)

    async def _told(self, what: str, args: dict[str, Any], series: list[Series] | None = None, seconds: float = ANSWER_S) -> Told:
        """Put a question once the process is there; nothing is found where that takes too long."""
        analyst = self.analyst
        try:
            async with asyncio.timeout(seconds):
                while analyst.state in ("idle", "starting"):  # noqa: ASYNC110 - it may end in several ways, and seldom takes long
                    await asyncio.sleep(0.02)
                answer = await analyst.put(Question(what, args, series or []))
        except TimeoutError:
            return {}, NOT_IN_TIME if analyst.state == "ready" else ""
        if answer is None or answer.found is None:
            return {}, "" if answer is None else answer.problem
        note = str(answer.found.pop("note", ""))
        return answer.found, note

    def look(self) -> None:
        """Say to the process what is streamed and which values are waited for, where it has not heard that."""
        wanted = self.engine.sentinel.book.series("indicator")
        if wanted:
            self.analyst.need()
        if (not wanted and not self.followed) or self.analyst.state != "ready":
            return
        symbols = self.engine.market.watched
        said = (self.analyst.pid, *symbols, "", *wanted)
        if said != self._said:
            self._said = said
            self._wishes = {self._full(name): name for name in wanted}
            self.analyst.send(frames.message(words.WATCHED, Watched(list(symbols), list(self._wishes))))

    def _full(self, name: str) -> str:
        """`VARIANT SYMBOL` with the symbol's venue."""
        variant, _, symbol = name.partition(" ")
        return f"{variant} {symbol if ':' in symbol else f'{self.engine.venue.name}:{symbol}'}"

    def hear(self, seq: int, payload: bytearray) -> None:
        """Values that changed."""
        for name, value, ts_ns in self._values.decode(payload):
            if name in self._wishes:
                self.engine.sentinel.figure_arrived(f"indicator {self._wishes[name]}", value, ts_ns)


async def watch_indicators(engine: Engine) -> None:
    """Look for ever which values rules wait for."""
    while True:
        engine.analyst.indicators.look()
        await asyncio.sleep(LOOK_S)
