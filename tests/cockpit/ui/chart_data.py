"""Bars and equity that stand still, for charts in tests."""

from __future__ import annotations

import random

from fake_engine import NOON, SECOND

from cockpit.panes.curve import Point
from cockpit.panes.picture import Candle

MINUTE = 60 * SECOND
#: Start of the last bar, at 14:02.
LAST = NOON // MINUTE * MINUTE


def candles_of(count: int, *, last: int = LAST, interval: int = MINUTE, seed: int = 5, price: float = 61_680.0) -> list[Candle]:
    """Bars that wander, in cents, the newest at `last`; the same ones for the same seed."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        path = [price]
        for _ in range(12):
            path.append(round(path[-1] + rng.uniform(-6, 6), 2))
        price = path[-1]
        start = last - (count - 1 - number) * interval
        made.append(Candle(start, path[0], max(path), min(path), path[-1], round(rng.expovariate(0.2), 3)))
    return made


def points_of(count: int, *, every: int = 5 * SECOND, seed: int = 2, capital: float = 10_000.0) -> list[Point]:
    """Equity that wanders, with the drawdown that follows from it."""
    rng = random.Random(seed)
    equity = peak = capital
    made = []
    for number in range(count):
        equity = round(equity + rng.uniform(-8, 9), 2)
        peak = max(peak, equity)
        made.append(Point(NOON - (count - 1 - number) * every, equity, equity - capital, 100 * (peak - equity) / peak))
    return made
