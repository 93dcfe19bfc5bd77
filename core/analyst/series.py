"""Bars as the engine sends them, for those who judge them."""

from __future__ import annotations

import numpy as np

from core.analyst.words import Series
from core.analytics.bars import OHLCV
from core.analytics.pairs.closes import Closes
from core.types import Records


def bars_of(series: Series) -> Records:
    """OHLCV records, oldest first, shape (n,); not to be written to."""
    return np.frombuffer(series.bars, OHLCV)


def closes_of(series: Series) -> Closes:
    """The same as a leg of a pair."""
    bars = bars_of(series)
    notes = [series.note] if series.note else []
    return Closes(series.symbol, series.interval_ns, bars["start"].astype(np.int64), bars["close"].astype(np.float64), notes)
