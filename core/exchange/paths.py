"""Where a generated market's prices go, hour by hour and minute by minute: a function of the seed and the wall clock alone.

Hours follow a mean-reverting random walk from a fixed day on; within an hour, minutes follow GARCH(1,1) shocks bent to meet the
walk (a Brownian bridge). A common factor ties the symbols together. Nothing depends on when the process started, so a market that
comes up again continues the one that went down, ids included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, log, pi, sqrt
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from core.exchange.scenario import Instrument, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Hour 0 of every generated market: 2024-01-01T00:00Z.
ORIGIN_HOUR = 473_352

HOURS_A_YEAR = 24 * 365
MINUTES = 60

#: An hour keeps this much of its distance from the mean: the walk strays about 22 hourly deviations from it.
_KEEP = 0.999

#: Weights of the last squared shock and the last variance in the variance of the next minute (Bollerslev 1986, GARCH(1,1)).
_SHOCK, _VARIANCE = 0.15, 0.8

_FACTOR, _OWN, _COUNTS = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one symbol.

    Attributes:
        anchors: log price at the start of each minute and at the end, 61 values.
        volatility: standard deviation of the log return, by minute.
        aggregates, trades: how many there are, by minute; each hour of a symbol has the same totals, which is what keeps ids dense.
    """

    anchors: Floats
    volatility: Floats
    aggregates: Ints
    trades: Ints


def trades_an_hour(rate: float) -> int:
    """Trades in an hour at a mean rate a second; at least one a minute."""
    return max(MINUTES, round(rate * 3600))


def aggregates_an_hour(rate: float) -> int:
    """Aggregates in an hour: 62 % of the trades, about the share on Binance."""
    return max(MINUTES, round(trades_an_hour(rate) * 0.62))


class Paths:
    """The paths of a scenario's symbols."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.hour = lru_cache(maxsize=64 * len(scenario.instruments))(self._hour)
        self._factor_minutes = lru_cache(maxsize=64)(self._minutes_of_factor)
        self._walks: dict[str, list[float]] = {}

    def _hour(self, instrument: Instrument, hour: int) -> Hour:
        """An hour, counted from 1970."""
        scenario = self._scenario
        draws = self._generator(_OWN, hour, instrument.symbol)
        own, own_volatility = _garch(draws, instrument.volatility / sqrt(HOURS_A_YEAR * MINUTES) * day_shape(hour, scenario.day_shape))
        factor, factor_volatility = self._shared(instrument, hour)
        shocks = own + instrument.beta * factor
        start, end = self._level(instrument, hour), self._level(instrument, hour + 1)
        shocks += (end - start - shocks.sum()) / MINUTES
        anchors = start + np.concatenate([[0.0], np.cumsum(shocks)])
        volatility = np.sqrt(own_volatility**2 + (instrument.beta * factor_volatility) ** 2)
        return Hour(anchors, volatility, *self._counts(scenario.rate(instrument), volatility, instrument.symbol, hour))

    def _counts(self, rate: float, volatility: Floats, symbol: str, hour: int) -> tuple[Ints, Ints]:
        """Aggregates and trades by minute: more of them when prices move, and a burst now and then."""
        draws = self._generator(_COUNTS, hour, symbol)
        busy = np.exp(draws.normal(0.0, 0.4, MINUTES)) * np.where(draws.random(MINUTES) < 0.03, 5.0, 1.0)
        if volatility.any():
            busy *= volatility / volatility.mean()
        # One each at least, so that every minute has a bar.
        spare = aggregates_an_hour(rate) - MINUTES
        aggregates = 1 + draws.multinomial(spare, busy / busy.sum())
        extra = trades_an_hour(rate) - aggregates_an_hour(rate)
        return aggregates, aggregates + draws.multinomial(extra, aggregates / aggregates.sum())

    def _shared(self, instrument: Instrument, hour: int) -> tuple[Floats, Floats]:
        """What `beta` applies to, as shocks and volatilities of the minutes: the common factor, or the symbol that is followed."""
        leader = self._scenario.leader(instrument)
        if leader is None:
            return self._factor_minutes(hour)
        led: Hour = self.hour(leader, hour)
        return np.diff(led.anchors), led.volatility

    def _level(self, instrument: Instrument, hour: int) -> float:
        """Log price at the start of an hour."""
        steps = hour - ORIGIN_HOUR
        leader = self._scenario.leader(instrument)
        if leader is not None:
            kept = 0.5 ** (1 / instrument.half_life_h)
            apart = self._walk(instrument.symbol, instrument.volatility, steps, kept)
            return log(instrument.price) + apart + instrument.beta * (self._level(leader, hour) - log(leader.price))
        own = self._walk(instrument.symbol, instrument.volatility, steps)
        factor = self._walk("", self._scenario.factor_volatility, steps)
        return log(instrument.price) + own + instrument.beta * factor

    def _walk(self, symbol: str, volatility: float, steps: int, keep: float = _KEEP) -> float:
        """Where a walk that began at 0 is after so many hours."""
        walk = self._walks.get(symbol)
        if walk is None or steps >= len(walk):
            # From the start each time: the first draws of a seed are the same however many follow.
            draws = self._generator(_FACTOR if not symbol else _OWN, 0, symbol)
            level, walk = 0.0, []
            step = volatility / sqrt(HOURS_A_YEAR)
            for shock in draws.standard_normal(steps + 24 * 60).tolist():
                walk.append(level)
                level = keep * level + step * shock
            self._walks[symbol] = walk
        return walk[steps]

    def _minutes_of_factor(self, hour: int) -> tuple[Floats, Floats]:
        volatility = self._scenario.factor_volatility / sqrt(HOURS_A_YEAR * MINUTES)
        return _garch(self._generator(_FACTOR, hour, ""), volatility * day_shape(hour, self._scenario.day_shape))

    def _generator(self, purpose: int, hour: int, symbol: str) -> np.random.Generator:
        return np.random.default_rng([self._scenario.seed, purpose, hour, crc32(symbol.encode())])


def day_shape(hour: int, depth: float) -> float:
    """How lively an hour is, the mean of a day being 1: a wave that is highest at 15:00 UTC and lowest at 03:00."""
    return 1.0 + depth * cos(2 * pi * ((hour % 24) + 0.5 - 15.5) / 24)


def _garch(draws: np.random.Generator, volatility: float) -> tuple[Floats, Floats]:
    """Shocks and their volatilities of the minutes of an hour, around a volatility a minute."""
    mean = volatility * volatility
    variance = mean * float(np.exp(draws.normal(0.0, 0.5)))
    shocks, volatilities = np.empty(MINUTES), np.empty(MINUTES)
    for minute, draw in enumerate(draws.standard_normal(MINUTES).tolist()):
        volatilities[minute] = sqrt(variance)
        shocks[minute] = draw * volatilities[minute]
        variance = (1 - _SHOCK - _VARIANCE) * mean + _SHOCK * shocks[minute] ** 2 + _VARIANCE * variance
    return shocks, volatilities
