"""The trend of a run of bars: judged where there are enough of them, and else why not, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.analytics.trend.measures import LEAST_BARS, MOST_BARS, Measures, measure
from core.analytics.trend.model import Verdict, judge
from core.types import Records

#: The status of bars that were judged.
JUDGED = "judged"

_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Reading:
    """What bars say.

    Attributes:
        status: `judged`, else why they were not: a word in capitals, and a sentence.
        bars: that could be judged.
        unpriced: bars left out, a price of which was not finite and above 0.
        measures, verdict: None where they were not judged.
    """

    status: str
    bars: int
    unpriced: int = 0
    measures: Measures | None = None
    verdict: Verdict | None = None


def read_trend(bars: Records, interval_ns: int, most: int = MOST_BARS) -> Reading:
    """Judge the newest bars.

    Args:
        bars: OHLCV records of one symbol, oldest first, shape (n,); those before the judged ones are their past.
        interval_ns: how far bars are apart that follow each other, > 0.
        most: how many are judged, at least `LEAST_BARS`.
    """
    good = np.ones(len(bars), np.bool_)
    for name in _PRICES:
        good &= np.isfinite(bars[name]) & (bars[name] > 0.0)
    kept = bars if good.all() else bars.compress(good)
    count, unpriced = len(kept), len(bars) - len(kept)
    if count < LEAST_BARS:
        lacking = LEAST_BARS - count
        return Reading(f"PENDING: {lacking} more {'bar' if lacking == 1 else 'bars'} needed", count, unpriced)
    newest = kept["close"][-most:]
    if float(newest.min()) == float(newest.max()):
        return Reading(f"STILL: {len(newest):,} bars closed at {newest[0]:.10g}, there is nothing to judge", count, unpriced)
    found = measure(kept, interval_ns, most)
    return Reading(JUDGED, count, unpriced, found, judge(found))
