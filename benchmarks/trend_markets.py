"""Generated markets whose regime is known, for `trend.py` and the tests: what each of them is follows from how it was made.

A market is bars of 8 steps each. `volatility` is that of a year; a trend's `strength` is how many standard deviations of a driftless price
it ends from where it began. Shapes are in `SHAPES`, by regime.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from core.analytics.bars import OHLCV
from core.types import MINUTE, Records

STEPS = 8
YEAR_NS = 365 * 86_400 * 10**9
INTERVALS = (MINUTE, 5 * MINUTE, 60 * MINUTE)

#: Volatility of a bar at most, and a trend's whole way as a logarithm.
WIDEST_BAR, MOST_MOVED = 0.04, 3.0

Path = NDArray[np.float64]
Rng = np.random.Generator


@dataclass(frozen=True)
class Market:
    """Bars of a known regime."""

    regime: str
    shape: str
    interval_ns: int
    bars: Records


@dataclass(frozen=True)
class Asked:
    """What a shape is made for: steps, the deviation of a step as of the volatility, how many standard deviations a trend goes."""

    steps: int
    deviation: float
    strength: float


def between(rng: Rng, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def noise(rng: Rng, count: int) -> Path:
    """Steps of variance 1: normal, fat-tailed, or with a volatility that comes in waves."""
    kind = rng.integers(3)
    if kind == 0:
        return rng.standard_normal(count)
    if kind == 1:
        return rng.standard_t(4, count) / math.sqrt(2.0)
    kept = math.exp(-1.0 / max(count / 20, 5.0))
    waves = lfilter([math.sqrt(1 - kept * kept)], [1, -kept], rng.standard_normal(count))
    steps = rng.standard_normal(count) * np.exp(0.4 * waves)
    return np.asarray(steps / steps.std())


def wander(rng: Rng, asked: Asked) -> Path:
    """A random walk."""
    return np.cumsum(asked.deviation * noise(rng, asked.steps))


def around(rng: Rng, asked: Asked, half_life: float) -> Path:
    """A price that returns to its level, whose bars have about the volatility."""
    kept = 0.5 ** (1.0 / half_life)
    steps = lfilter([1], [1, -kept], noise(rng, asked.steps))
    path = np.asarray(steps)
    bars = np.diff(path[STEPS - 1 :: STEPS]).std()
    return path * (asked.deviation * math.sqrt(STEPS) / bars)


def drift(rng: Rng, asked: Asked) -> Path:
    """A random walk with an even drift."""
    return wander(rng, asked) + np.linspace(0, asked.strength * asked.deviation * math.sqrt(asked.steps), asked.steps)


def line(rng: Rng, asked: Asked) -> Path:
    """A straight line, and a price that returns to it."""
    path = around(rng, asked, between(rng, 1, asked.steps / 30))
    return path + np.linspace(0, 1.5 * asked.strength * path.std(), asked.steps)


def stairs(rng: Rng, asked: Asked) -> Path:
    """A drift with regular pullbacks."""
    rise = asked.strength * asked.deviation * math.sqrt(asked.steps)
    turns = rng.uniform(3, 12)
    wave = np.sin(np.linspace(0, 2 * math.pi * turns, asked.steps) + rng.uniform(0, 2 * math.pi))
    return wander(rng, asked) + np.linspace(0, rise, asked.steps) + wave * rise / turns * rng.uniform(0.1, 0.35)


def gathering(rng: Rng, asked: Asked) -> Path:
    """A drift that grows, or fades."""
    rise = asked.strength * asked.deviation * math.sqrt(asked.steps)
    share = np.linspace(0, 1, asked.steps)
    bent = share ** rng.uniform(1.2, 2.0)
    return wander(rng, asked) + rise * (bent if rng.random() < 0.5 else 1 - bent[::-1])


def pushed(rng: Rng, asked: Asked) -> Path:
    """A drift with returns that go on for some bars."""
    kept = math.exp(-1.0 / (STEPS * rng.uniform(0.5, 2.0)))
    steps = lfilter([1 - kept], [1, -kept], noise(rng, asked.steps))
    steps = np.asarray(steps) * asked.deviation / (1 - kept) * math.sqrt((1 - kept) / (1 + kept))
    deviation = asked.deviation * math.sqrt((1 + kept) / (1 - kept))
    return np.cumsum(steps) + np.linspace(0, asked.strength * deviation * math.sqrt(asked.steps), asked.steps)


def returning(rng: Rng, asked: Asked) -> Path:
    """Back to a level, within some bars."""
    return around(rng, asked, between(rng, STEPS, max(asked.steps / 30, STEPS + 1)))


def bouncing(rng: Rng, asked: Asked) -> Path:
    """Noise around a level."""
    return around(rng, asked, rng.uniform(0.2, STEPS))


def waving(rng: Rng, asked: Asked) -> Path:
    """To and fro between two edges."""
    cycles = rng.integers(3, 10)
    wave = np.sin(np.linspace(0, 2 * math.pi * cycles, asked.steps) + rng.uniform(0, 2 * math.pi))
    path = around(rng, asked, between(rng, 1, asked.steps / 60))
    return path + wave * path.std() * rng.uniform(0.5, 3.0)


def bursting(rng: Rng, asked: Asked) -> Path:
    """A random walk that swings several times as wide of late."""
    steps = asked.deviation * noise(rng, asked.steps)
    steps[-int(asked.steps * rng.uniform(0.1, 0.35)) :] *= rng.uniform(3, 8)
    return np.cumsum(steps)


def jumping(rng: Rng, asked: Asked) -> Path:
    """A random walk with jumps."""
    jumps = (rng.random(asked.steps) < 1.0 / (STEPS * 15)) * rng.standard_normal(asked.steps)
    steps = noise(rng, asked.steps) + 15 * jumps
    return np.cumsum(asked.deviation * steps / steps.std())


Shape = Callable[[Rng, Asked], Path]

#: By regime: shapes, and the least and greatest volatility of a year each is made with.
TRENDS: dict[str, tuple[Shape, float, float]] = {shape.__name__: (shape, 0.1, 6.0) for shape in (drift, line, stairs, gathering, pushed)}
SHAPES: dict[str, dict[str, tuple[Shape, float, float]]] = {
    "uptrend": TRENDS,
    "downtrend": TRENDS,
    "sideways": {
        "returning": (returning, 0.1, 3.0), "bouncing": (bouncing, 0.1, 3.0), "waving": (waving, 0.1, 3.0), "quiet": (wander, 0.1, 0.8),
    },
    "volatile": {
        "wild": (wander, 3.0, 20.0), "choppy": (returning, 8.0, 40.0), "bursting": (bursting, 0.2, 1.0), "jumping": (jumping, 2.5, 15.0),
        "thrashing": (bouncing, 12.0, 40.0),
    },
}  # fmt: skip
REGIMES = tuple(SHAPES)

#: Walks without drift are made so many times as often as other shapes: they are what markets mostly are, and hardest to tell from trends.
WALKS, OFTEN = ("quiet", "wild"), 3


def market(seed: int, regime: str, count: int, *, strength: tuple[float, float] = (4.0, 12.0), shape: str | None = None) -> Market:
    """One market of so many bars; the same seed and words, the same bars.

    Args:
        strength: the least and the greatest of a trend.
        shape: of `SHAPES[regime]`; None: any.
    """
    rng = np.random.default_rng([seed, REGIMES.index(regime), count])
    names = [name for name in SHAPES[regime] for _ in range(OFTEN if name in WALKS else 1)]
    name = shape or names[int(rng.integers(len(names)))]
    make, low, high = SHAPES[regime][name]
    intervals = [one for one in INTERVALS if low * math.sqrt(one / YEAR_NS) <= WIDEST_BAR]
    interval = intervals[int(rng.integers(len(intervals)))]
    goes = rng.uniform(*strength)
    most = min(WIDEST_BAR, MOST_MOVED / goes / math.sqrt(count)) if SHAPES[regime] is TRENDS else WIDEST_BAR
    a_bar = min(between(rng, low, high) * math.sqrt(interval / YEAR_NS), most)
    path = make(rng, Asked(count * STEPS, a_bar / math.sqrt(STEPS), goes))
    return Market(regime, name, interval, bars_of(-path if regime == "downtrend" else path, interval))


def bars_of(path: Path, interval_ns: int) -> Records:
    """OHLCV records of a path of log prices from 100 on, `STEPS` a bar."""
    prices = 100.0 * np.exp(path.reshape(-1, STEPS))
    out = np.zeros(len(prices), OHLCV)
    out["start"] = 1_700_000_000 * 10**9 // interval_ns * interval_ns + np.arange(len(prices)) * interval_ns
    out["end"] = out["start"] + interval_ns - 1
    out["close"] = prices[:, -1]
    out["open"] = np.concatenate(([prices[0, 0]], prices[:-1, -1]))
    out["high"] = np.maximum(prices.max(axis=1), out["open"])
    out["low"] = np.minimum(prices.min(axis=1), out["open"])
    out["volume"] = 1.0
    out["trades"] = STEPS
    out["vwap"] = np.nan
    return out


def markets(seed: int, count: int, lengths: tuple[int, int], strength: tuple[float, float] = (4.0, 12.0)) -> list[Market]:
    """So many of each regime, of lengths whose logarithms are uniform."""
    rng = np.random.default_rng(seed)
    sizes = [int(between(rng, *lengths)) for _ in range(count)]
    return [market(seed * 100_000 + number, regime, size, strength=strength) for number, size in enumerate(sizes) for regime in REGIMES]
