"""Prints with sizes, sides and quotes, as made and as recorded, and plain figures of their bars and windows."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from core.types import MINUTE, SECOND, TICK, Records

FLOW = ("liquidity", "smart_money", "volume", "microstructure")

START = 28_000_000 * MINUTE


def made(seed: int, count: int = 12_000) -> Records:
    """A market of some moods: now buyers take, now sellers, now many trade and now few, now quotes are wide.

    Prices are whole quarters and sizes whole eighths, so that sums are exact. Some prints come at the time of the one before, some late,
    of some nobody knows who took or what was quoted, and for a while of none.
    """
    rng = np.random.default_rng(seed)
    mood = np.repeat(rng.uniform(-0.8, 0.8, count // 200 + 1), 200)[:count]
    busy = np.repeat(rng.choice([1.0, 1.0, 4.0], count // 300 + 1), 300)[:count]
    side = np.where(rng.random(count) < 0.5 + mood / 2, 1, -1)
    ticks = np.zeros(count, TICK)
    gaps = (rng.exponential(0.3, count) / busy * SECOND).astype(np.int64) * (rng.random(count) > 0.1)
    late = np.where(rng.random(count) < 0.02, rng.integers(0, 3 * SECOND, count), 0)
    ticks["ts"] = START + np.cumsum(gaps) - late
    middle = 4_000.0 + 0.25 * np.cumsum(side * (rng.random(count) < 0.3) + rng.integers(-1, 2, count))
    half = 0.25 * np.repeat(rng.integers(1, 4, count // 150 + 1), 150)[:count]
    ticks["bid"], ticks["ask"] = middle - half, middle + half
    ticks["price"] = middle + side * half
    ticks["qty"] = np.ceil(rng.pareto(1.5, count) * 8 * busy) / 8
    ticks["side"] = np.where(rng.random(count) < 0.1, 0, side)
    unknown = rng.random(count) < 0.05
    silent = slice(count // 2, count // 2 + 600)
    ticks["side"][silent], unknown[silent] = 0, True
    ticks["bid"][unknown] = ticks["ask"][unknown] = np.nan
    ticks["id"] = ticks["seq"] = np.arange(1, count + 1)
    return ticks


class _Data(msgspec.Struct):
    T: int = 0
    p: str = ""
    q: str = ""
    m: bool = False
    b: str | int | list[Any] = ""
    a: str | int | list[Any] = ""


class _Frame(msgspec.Struct):
    stream: str
    data: _Data


def recorded(path: Path) -> Records:
    """The prints of a log of a venue's frames, with the quotes that came before them."""
    decode = msgspec.json.Decoder(_Frame).decode
    rows, bid, ask = [], np.nan, np.nan
    with gzip.open(path) as lines:
        for line in lines:
            if b"@bookTicker" in line:
                data = decode(line.partition(b" ")[2]).data
                bid, ask = float(str(data.b)), float(str(data.a))
            elif b"@trade" in line:
                data = decode(line.partition(b" ")[2]).data
                rows.append((data.T * 1_000_000, float(data.p), float(data.q), bid, ask, -1 if data.m else 1))
    ticks = np.zeros(len(rows), TICK)
    for name, values in zip(("ts", "price", "qty", "bid", "ask", "side"), zip(*rows, strict=True), strict=True):
        ticks[name] = values
    ticks["id"] = ticks["seq"] = np.arange(1, len(rows) + 1)
    return ticks


class Bars:
    """Prints by the bar they belong to; that of the newest print is not over, and left out, but where each print is a bar."""

    def __init__(self, ticks: Records, interval: int) -> None:
        place = np.arange(len(ticks))
        if interval:
            place = np.unique(np.maximum.accumulate(ticks["ts"]) // interval, return_inverse=True)[1]
        self.count = int(place[-1]) + (interval == 0)
        self.inside = place < self.count
        self.place = place[self.inside]
        self.closes = pd.Series(ticks["price"][self.inside]).groupby(self.place).last().to_numpy()

    def sums(self, values: Any) -> Any:
        """Of a value a print, its sum over each bar: shape (count,)."""
        return np.bincount(self.place, values[self.inside], minlength=self.count)


def over(values: Any, period: int) -> Any:
    """Sums over the last `period` values, NaN before there are so many."""
    return np.concatenate([np.full(period - 1, np.nan), sliding_window_view(values, period).sum(axis=1)])


def share(part: Any, whole: Any, period: int) -> Any:
    """One sum over another, NaN where that is 0."""
    parts, wholes = over(part, period), over(whole, period)
    return np.divide(parts, wholes, out=np.full(len(parts), np.nan), where=wholes > 0)


def followed(measure: Any, known: int, enter: float, leave: float, aside: Any = None) -> tuple[Any, Any, Any]:
    """Targets, confidences and reasons by a measure from the bar `known` on, bar by bar.

    Args:
        aside: a reason (above 4) to be flat, 0 where there is none.
    """
    targets, sure, why = np.full(len(measure), np.nan), np.zeros(len(measure)), np.zeros(len(measure), int)
    before = 0.0
    for i in range(known, len(measure)):
        x = measure[i]
        if np.isnan(x) or (aside is not None and aside[i]):
            target, reason = 0.0, 4 if np.isnan(x) else aside[i]
        elif abs(x) - enter > 1e-12:
            target, reason = np.sign(x), 1 if x > 0 else 2
            sure[i] = min(abs(x) / enter - 1, 1.0)
        elif before * x - leave > 1e-12:
            target, reason = before, why[i - 1]
        else:
            target, reason = 0.0, 3 if before else 0
        targets[i], why[i], before = target, reason, target
    return targets, sure, why
