"""What one symbol is like on one interval: a cell of the matrix, or all there is to say of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.analyst.series import bars_of
from core.analyst.words import Question
from core.analytics.trend import Measures, Reading, read_trend, suggestions_for
from core.commands import Terms
from core.research.order import Order
from core.research.trends.document import document
from core.research.trends.matrix import Ask, Cell, Fit
from core.types import Records


def cell(question: Question) -> dict[str, Any]:
    """trend, confidence, change_pct, bars, and `why` where there is no trend."""
    (series,) = question.series
    reading = read_trend(bars_of(series), series.interval_ns)
    verdict, found = reading.verdict, reading.measures
    return {
        "trend": None if verdict is None else verdict.trend,
        "confidence": None if verdict is None else round(verdict.confidence, 4),
        "change_pct": None if found is None else 100.0 * found.change,
        "bars": reading.bars if found is None else found.bars,
        "why": "" if verdict is not None else reading.status,
    }


def entry(question: Question) -> dict[str, Any]:
    """The entry of `cockpit trend --json`, and the line through the bars judged."""
    (series,) = question.series
    bars = bars_of(series)
    reading = read_trend(bars, series.interval_ns)
    fits = [] if reading.measures is None else _fits(series.symbol, series.interval, reading, reading.measures)
    notes = [series.note] if series.note else []
    told = document(Ask(sources=[]), [Cell(series.symbol, series.interval_ns, reading, fits, notes)])["symbols"][0]
    found = reading.measures
    return {**told, "line": None if found is None else _line(bars, found), "changes_ns": [] if found is None else found.changes}


def _fits(symbol: str, interval: str, reading: Reading, found: Measures) -> list[Fit]:
    """What bets on that, over the tape from the first bar judged on."""
    if reading.verdict is None:
        return []
    return [
        Fit(
            one,
            Order([f"tape:{symbol}"], one.strategy, [], {**one.params, "interval": interval}, Terms(side=one.side), from_ns=found.first_ns),
        )
        for one in suggestions_for(reading.verdict.trend)
    ]


def _line(bars: Records, found: Measures) -> dict[str, float | int] | None:
    """The least-squares line through the log closes of the bars judged, at the starts of the first and the last of them, in prices."""
    bars = bars.compress((bars["start"] >= found.first_ns) & np.isfinite(bars["close"]) & (bars["close"] > 0.0))
    if not len(bars) or not np.isfinite(found.slope.value):
        return None
    at = (bars["start"] - bars["start"][0]) / found.interval_ns
    logs = np.log(bars["close"])
    first = float(logs.mean() - found.slope.value * at.mean())
    last = first + found.slope.value * float(at[-1])
    ends = {"start_ns": int(bars["start"][0]), "end_ns": int(bars["start"][-1])}
    return {**ends, "start_price": float(np.exp(first)), "end_price": float(np.exp(last))}
