"""Kernels that measure the market and judge by it whether a position may be entered: a small function each, a number and then a verdict.

A verdict is PASSED, FAILED or NaN where what it is about is not known. Numbers that differ by less than 1e-12 of the bound equal it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.conditions.verdicts import gte, lte
from core.kernels.averages import EMA, ema
from core.kernels.windows import CLOCK, WINDOW, reaches_back, turn, window_sum

PASSED = 1.0
FAILED = 0.0

#: A window of traded value is exact to one in so many of its length.
SLICES = 60

#: The close before, and the average of squared returns.
VOLATILITY = np.dtype([("close", "f8"), ("squares", EMA)])

#: What was traded in a window of time; `mem`: SLICES.
LIQUIDITY = np.dtype([("clock", CLOCK), ("traded", WINDOW)])

#: When the newest print was, ns; 0: there was none.
FRESHNESS = np.dtype([("at", "i8")])


def spread_pct(bid: float, ask: float) -> float:
    """How far the ask is above the bid, in percent of the middle between them; NaN without quotes."""
    middle = 0.5 * (bid + ask)
    return 100.0 * (ask - bid) / middle if middle > 0.0 else math.nan


def volatility_pct(state: Any, period: int, close: float) -> float:
    """Root of the exponential average over `period` of squared returns from close to close, in percent of the price a bar; NaN until
    there were so many.

    Returns and weights as in RiskMetrics (1996), with relative returns in the place of logarithms, which decide the same on any machine.
    """
    before = state.close
    state.close = close
    if before == 0.0:
        return math.nan
    moved = 100.0 * (close - before) / before
    return math.sqrt(ema(state.squares, period, moved * moved))


def traded(state: Any, mem: Any, window_s: float, ts: int, value: float) -> float:
    """Value of what was traded in the last `window_s` seconds, with this print, in quote currency; NaN until prints go back so far."""
    turned = turn(state.clock, ts, window_s / SLICES)
    total = window_sum(state.traded, mem, 0, state.clock, turned, SLICES, 0, value)
    if not reaches_back(state.clock, SLICES):
        return math.nan
    return total


def trend_pct(average: Any, period: int, close: float) -> float:
    """How far a close is above the exponential average of the last `period`, in percent of it; NaN until there were so many."""
    value = ema(average, period, close)
    return 100.0 * (close - value) / value if value > 0.0 else math.nan


def age_s(state: Any, ts: int) -> float:
    """Seconds from the print before to this one, 0 where it comes late; NaN for the first."""
    before = state.at
    if ts > before:
        state.at = ts
    if before == 0:
        return math.nan
    return (ts - before) / 1e9 if ts > before else 0.0


def older(age: float, heard: Any, ts: int) -> float:
    """The age, or that of what a source last said where that still counts and is older."""
    if heard.until == 0 or ts > heard.until:
        return age
    said = (ts - heard.at) / 1e9
    return said if said > age else age


def at_most(value: float, bound: float) -> float:
    """Whether a number is no higher than its bound."""
    if value != value:
        return math.nan
    return PASSED if lte(value, bound) else FAILED


def at_least(value: float, bound: float) -> float:
    """Whether a number is no lower than its bound."""
    if value != value:
        return math.nan
    return PASSED if gte(value, bound) else FAILED


def within(value: float, low: float, high: float) -> float:
    """Whether a number is between its bounds, which are allowed."""
    if value != value:
        return math.nan
    return PASSED if gte(value, low) and lte(value, high) else FAILED


def agrees(value: float, least: float, vote: float) -> float:
    """Whether a number is on the side of a vote, by `least` or more; where the vote is for neither, that is not known."""
    if vote > 0.0:
        side = 1.0
    elif vote < 0.0:
        side = -1.0
    else:
        return math.nan
    if value != value:
        return math.nan
    return PASSED if value * side > 0.0 and gte(value * side, least) else FAILED
