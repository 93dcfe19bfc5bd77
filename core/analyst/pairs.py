"""Two markets beside each other: the document of `cockpit pairs --json` with what a chart of the spread needs; or the z-score alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.analyst.series import closes_of
from core.analyst.words import Question
from core.analytics.pairs.absent import Absent, Floats
from core.analytics.pairs.align import Aligned, align
from core.analytics.pairs.document import document
from core.analytics.pairs.figures import How, measure, spread_by
from core.analytics.pairs.verdicts import FAR
from core.analytics.pairs.windows import rolling_band, zscore

#: Bars of the chart.
CHARTED = 500


def how_of(args: dict[str, Any]) -> How:
    """How a pair is to be measured; the engine has looked at the arguments."""
    return How(window=int(args.get("window", 60)), method=args.get("method", "ols"))


def pair(question: Question) -> dict[str, Any]:
    """The document, and `series`: times, prices of both legs, the spread, its mean and band, and its z-score, the newest bars."""
    how = how_of(question.args)
    a, b = (closes_of(series) for series in question.series)
    aligned = align(a, b)
    found = measure(aligned.a, aligned.b, how)
    return {**document(a, b, aligned, found, how, 0), "series": charted(aligned, found.spread, how.window)}


def charted(aligned: Aligned, spread: Floats, window: int) -> dict[str, Any]:
    """Equally long, the newest `CHARTED` bars: `mean` of the window, `upper` and `lower` at the z-scores that are marked; NaN not known."""
    count = min(len(aligned.times), CHARTED)
    full = np.concatenate([np.full(len(aligned.times) - len(spread), np.nan), spread])
    known = slice(len(aligned.times) - len(spread), None)
    mean, deviation = np.full((2, len(full)), np.nan)
    if len(spread):
        mean[known], deviation[known] = rolling_band(spread, window)
    columns = {
        "ts_ns": aligned.times, "a": aligned.a, "b": aligned.b, "spread": full, "mean": mean,
        "upper": mean + FAR * deviation, "lower": mean - FAR * deviation, "zscore": (full - mean) / deviation,
    }  # fmt: skip
    return {name: values[len(values) - count :].tolist() for name, values in columns.items()}


def newest(question: Question) -> dict[str, Any]:
    """The z-score of the newest bar that both legs have, when that bar ends, and why there is none: what an alert rule watches."""
    how = how_of(question.args)
    a, b = (closes_of(series) for series in question.series)
    aligned = align(a, b)
    ends_ns = int(aligned.times[-1]) + a.interval_ns if len(aligned.times) else 0
    try:
        return {"value": zscore(spread_by(aligned.a, aligned.b, how), how.window), "ts_ns": ends_ns, "why": ""}
    except Absent as why:
        return {"value": None, "ts_ns": ends_ns, "why": str(why)}
