"""Bars of a chart or a tape as what an indicator takes."""

from __future__ import annotations

import numpy as np

from core.types import BAR, BarKind, Records


def bars_as_source(bars: Records, kind: BarKind) -> Records:
    """OHLCV records as BAR records: the source a backtest on bars has. The last may go on still: it counts as far as it has come.

    Args:
        kind: how they are cut. One that is not cut by time is over with its last print.
    """
    source = np.zeros(len(bars), BAR)
    for name in ("start", "open", "high", "low"):
        source[name] = bars[name]
    source["ts"] = bars["start"] + int(kind.size) if kind.by == "time" else bars["end"]
    source["price"], source["qty"] = bars["close"], bars["volume"]
    source["bid"] = source["ask"] = np.nan
    source["id"] = source["seq"] = np.arange(1, len(bars) + 1)
    return source
