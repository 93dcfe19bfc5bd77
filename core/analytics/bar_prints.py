"""Bars of a venue as prints, for what lives on prints and has to know what was before them."""

from __future__ import annotations

import numpy as np

from core.types import TICK, Origin, Records

PRINTS_A_BAR = 4


def prints_of_bars(bars: Records) -> Records:
    """Four synthetic prints a bar (open, high, low, close), a quarter of its volume each, so that the same
    bar-closing code sees the same bar."""
    ticks = np.zeros(len(bars) * PRINTS_A_BAR, TICK)
    length = (bars["ts"] - bars["start"]) // PRINTS_A_BAR
    for k, field in enumerate(("open", "high", "low", "price")):
        part = ticks[k::PRINTS_A_BAR]
        part["ts"] = bars["start"] + k * length
        part["price"] = bars[field]
        part["qty"] = bars["qty"] / PRINTS_A_BAR
    ticks["bid"] = ticks["ask"] = np.nan
    ticks["symbol"] = np.repeat(bars["symbol"], PRINTS_A_BAR)
    ticks["origin"] = Origin.SYNTHETIC
    return ticks
