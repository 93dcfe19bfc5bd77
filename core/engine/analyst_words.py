"""What can be asked of the analyst about bars: trends, one trend, a pair, correlations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from core.analyst.words import Question
from core.analytics.pairs.figures import METHODS
from core.engine.analyst_bars import AnalystBars, Look, interval
from core.engine.analyst_findings import Finding, Findings
from core.engine.charts import watched, whole
from core.errors import UsageError

if TYPE_CHECKING:
    from core.engine.analyst import Analyst, Told

INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")

#: Bars of a window: fewer are none, and more than a question is about would be none either.
LEAST_WINDOW, MOST_WINDOW = 3, 900

#: Intervals of one question.
MOST_INTERVALS = 12

NOT_IN_TIME = "not all is found yet: ask again"


class AnalystWords:
    """Answers about bars; each is a dict and a note, '' where all is well."""

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst
        self.engine = analyst.engine
        self.bars = AnalystBars(analyst.engine)
        self.findings = Findings(analyst)

    def table(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[Told]]]:
        """By what is asked."""
        return {"trends": self.trends, "trend": self.trend, "pair": self.pair, "correlations": self.correlations}

    async def trends(self, args: dict[str, Any]) -> Told:
        """`rows`: of every symbol that is streamed a cell an interval.

        Args:
            args: `intervals`.

        Raises:
            UsageError: there are no such bars.
        """
        asked = args.get("intervals") or INTERVALS
        if not isinstance(asked, (list, tuple)) or len(asked) > MOST_INTERVALS:
            raise UsageError(f"intervals is a list of {MOST_INTERVALS} intervals at most")
        intervals = list(dict.fromkeys(interval({"interval": text}, "1m") for text in asked))
        symbols = list(self.engine.market.watched)
        fits = symbols[: self.engine.charts.most // len(intervals)]
        looks: list[Look] = []
        findings: list[Finding] = []
        for symbol in fits:
            looks += (row := await self.bars.gather([(symbol, text) for text in intervals]))
            findings += [self.about("cell", (look,), {}) for look in row]
            await asyncio.sleep(0)
        in_time = await self.findings.ready(findings)
        cells = [_cell(look, finding) for look, finding in zip(looks, findings, strict=True)]
        rows = [
            {"symbol": symbol, "cells": dict(zip(intervals, cells[at * len(intervals) : (at + 1) * len(intervals)], strict=True))}
            for at, symbol in enumerate(fits)
        ]
        left = len(symbols) - len(fits)
        note = f"{left} more symbols are not judged: bars of no more series are kept" if left else "" if in_time else NOT_IN_TIME
        return {"rows": rows}, note

    async def trend(self, args: dict[str, Any]) -> Told:
        """All there is to say of one symbol on one interval.

        Args:
            args: `symbol`, `interval`.

        Raises:
            UsageError: it is not streamed, or there are no such bars.
        """
        symbol, text = watched(self.engine, args.get("symbol")), interval(args, "1m")
        return await self._asked("trend", [(symbol, text)], {}, {"symbol": symbol, "interval": text})

    async def pair(self, args: dict[str, Any]) -> Told:
        """Two symbols beside each other.

        Args:
            args: `a`, `b`, `interval`, `window` (bars), `method`.

        Raises:
            UsageError: they are not streamed, or it cannot be asked so.
        """
        wanted, how = pair_of(self, args)
        said = {"legs": [symbol for symbol, _ in wanted], "interval": wanted[0][1], **how}
        return await self._asked("pair", wanted, how, said)

    async def correlations(self, args: dict[str, Any]) -> Told:
        """How alike all symbols that are streamed move.

        Args:
            args: `interval`, `count` (newest bars).

        Raises:
            UsageError: it cannot be asked so.
        """
        text, count = interval(args, "5m"), whole(args, "count", 500, 2, 1900)
        symbols = list(self.engine.market.watched)[: self.engine.charts.most]
        said = {"symbols": symbols, "interval": text}
        return await self._asked("correlations", [(symbol, text) for symbol in symbols], {}, said, count)

    async def _asked(self, what: str, wanted: list[tuple[str, str]], args: dict[str, Any], said: dict[str, Any], *count: int) -> Told:
        looks = await self.bars.gather(wanted, *count)
        finding = self.about(what, tuple(looks), args)
        in_time = await self.findings.ready([finding])
        loading = any(look.loading for look in looks)
        note = finding.problem or ("" if finding.found is not None and in_time else NOT_IN_TIME if self.analyst.state == "ready" else "")
        return {**said, **(finding.found or {}), "loading": loading}, note or _note(looks)

    def about(self, what: str, looks: tuple[Look, ...], args: dict[str, Any]) -> Finding:
        """What is found of these bars."""
        series = [look.series for look in looks]
        key = (what, *((one.symbol, one.interval) for one in series), *args.values())
        stamp = tuple((look.stamp, look.series.note) for look in looks)
        return self.findings.seek(key, stamp, lambda: Question(what, args, series))


def pair_of(words: AnalystWords, args: dict[str, Any]) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """(its two series, `window` and `method`) of a question about a pair.

    Raises:
        UsageError: it cannot be asked so.
    """
    text = interval(args, "1m")
    a, b = (watched(words.engine, args.get(leg)) for leg in ("a", "b"))
    if a == b:
        raise UsageError(f"a pair has two symbols: both are {a}")
    window, method = args.get("window", 60), str(args.get("method") or "ols")
    if not isinstance(window, int) or not LEAST_WINDOW <= window <= MOST_WINDOW:
        raise UsageError(f"window is a whole number from {LEAST_WINDOW} to {MOST_WINDOW}: {window!r} is not")
    if method not in METHODS:
        raise UsageError(f"method is one of {', '.join(METHODS)}: {method!r} is not")
    return [(a, text), (b, text)], {"window": window, "method": method}


def _cell(look: Look, finding: Finding) -> dict[str, Any]:
    waits = "its bars are being read" if look.loading else "not judged yet"
    unknown = {"trend": None, "confidence": None, "change_pct": None, "bars": look.count, "why": finding.problem or waits}
    return {**(finding.found or unknown), "loading": look.loading}


def _note(looks: list[Look]) -> str:
    return next((f"{look.series.symbol}: {look.series.note}" for look in looks if look.series.note), "")
