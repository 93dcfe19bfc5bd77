"""Indicators by name, as `sma:20` or `bollinger:20,2`: the very kernels strategies are compiled from, run over bars in plain Python."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.kernels import averages, bands, oscillators, ranges
from core.types import Records

#: Values of an indicator after one bar, by column.
Outcome = tuple[float, ...]


class Kind(NamedTuple):
    """One indicator.

    Attributes:
        params: (name, default) of each; whole numbers of bars, but for `k`.
        mem: float64s of work memory, as multiples of the first parameter.
        step: its values after one bar: (state, memory, parameters, bar).
        columns: what follows its name in the heads of its columns; the first is the indicator's own.
    """

    state: np.dtype[np.void]
    params: tuple[tuple[str, float], ...]
    mem: int
    step: Callable[[Any, list[float], Sequence[Any], Any], Outcome]
    columns: tuple[str, ...] = ("",)


def _bollinger(s: Any, mem: list[float], p: Sequence[Any], bar: Any) -> Outcome:
    middle = bands.bollinger(s, mem, 0, p[0], p[1], bar.close)
    return (middle, s.upper, s.lower) if middle == middle else (math.nan,) * 3


def _macd(s: Any, mem: list[float], p: Sequence[Any], bar: Any) -> Outcome:
    histogram = oscillators.macd(s, p[0], p[1], p[2], bar.close)
    return (histogram, s.line, s.signal) if histogram == histogram else (math.nan,) * 3


KINDS: dict[str, Kind] = {
    "sma": Kind(averages.SMA, (("period", 20),), 1, lambda s, m, p, b: (averages.sma(s, m, 0, p[0], b.close),)),
    "ema": Kind(averages.EMA, (("period", 20),), 0, lambda s, m, p, b: (averages.ema(s, p[0], b.close),)),
    "vwap": Kind(averages.VWAP, (), 0, lambda s, m, p, b: (averages.session_vwap(s, b.start, b.price, b.volume),)),
    "rolling_vwap": Kind(
        averages.ROLLING_VWAP, (("period", 20),), 2, lambda s, m, p, b: (averages.rolling_vwap(s, m, 0, p[0], b.price, b.volume),)
    ),
    "std": Kind(bands.ROLLING_STD, (("period", 20),), 2, lambda s, m, p, b: (bands.rolling_std(s, m, 0, p[0], b.close),)),
    "bollinger": Kind(bands.BOLLINGER, (("period", 20), ("k", 2.0)), 2, _bollinger, ("", "upper", "lower")),
    "momentum": Kind(oscillators.LAG, (("period", 10),), 1, lambda s, m, p, b: (oscillators.momentum(s, m, 0, p[0], b.close),)),
    "roc": Kind(oscillators.LAG, (("period", 10),), 1, lambda s, m, p, b: (oscillators.rate_of_change(s, m, 0, p[0], b.close),)),
    "rsi": Kind(oscillators.RSI, (("period", 14),), 0, lambda s, m, p, b: (oscillators.rsi(s, p[0], b.close),)),
    "macd": Kind(oscillators.MACD, (("fast", 12), ("slow", 26), ("signal", 9)), 0, _macd, ("", "line", "signal")),
    "highest": Kind(ranges.ROLLING_MAX, (("period", 20),), 1, lambda s, m, p, b: (ranges.rolling_max(s, m, 0, p[0], b.high),)),
    "lowest": Kind(ranges.ROLLING_MIN, (("period", 20),), 1, lambda s, m, p, b: (ranges.rolling_min(s, m, 0, p[0], b.low),)),
    "atr": Kind(ranges.ATR, (("period", 14),), 0, lambda s, m, p, b: (ranges.atr(s, p[0], b.high, b.low, b.close),)),
}

#: Longest window, in bars.
MOST = 1_000_000


@dataclass
class Indicator:
    """One indicator on its way over bars.

    Attributes:
        text: as it was named, with every parameter.
        columns: heads of its columns, such as `sma_20` or `macd_12_26_9_signal`.
    """

    text: str
    columns: tuple[str, ...]
    kind: Kind
    params: tuple[float, ...]

    def __post_init__(self) -> None:
        self._state = _zeros(self.kind.state)
        self._mem = [0.0] * (self.kind.mem * int(self.params[0]) if self.kind.mem else 0)

    def over(self, bars: Records) -> list[NDArray[np.float64]]:
        """Its columns after each of these bars, which come after those before; NaN while it has not seen enough."""
        step, state, mem, params = self.kind.step, self._state, self._mem, self.params
        names = ("start", "high", "low", "close", "volume")
        bar = SimpleNamespace()
        found = []
        # The average price of a bar in which nothing was traded is its close.
        prices = np.where(np.isnan(bars["vwap"]), bars["close"], bars["vwap"]).tolist()
        for *values, price in zip(*(bars[name].tolist() for name in names), prices, strict=True):
            bar.start, bar.high, bar.low, bar.close, bar.volume = values
            bar.price = price
            found.append(step(state, mem, params, bar))
        return list(np.array(found, np.float64).reshape(-1, len(self.columns)).T)


def parse_indicator(text: str) -> Indicator:
    """Read `NAME` or `NAME:A,B`.

    Raises:
        UsageError: no such indicator, or parameters it does not take.
    """
    name, _, given = text.strip().partition(":")
    kind = KINDS.get(name.lower())
    if kind is None:
        close = difflib.get_close_matches(name.lower(), KINDS, n=1)
        raise UsageError(f"no indicator {name!r}: {f'did you mean {close[0]}?' if close else ', '.join(KINDS)}")
    words = [word.strip() for word in given.split(",")] if given.strip() else []
    if len(words) > len(kind.params):
        takes = ",".join(param for param, _ in kind.params) or "nothing"
        raise UsageError(f"--indicator {text}: {name} takes {takes}")
    params = tuple(_number(text, param, words[i] if i < len(words) else "", default) for i, (param, default) in enumerate(kind.params))
    if name.lower() == "macd" and params[0] > params[1]:
        raise UsageError(f"--indicator {text}: fast must not be above slow")
    shown = [f"{value:g}" for value in params]
    head = "_".join([name.lower(), *shown])
    columns = tuple(f"{head}_{column}" if column else head for column in kind.columns)
    return Indicator(f"{name.lower()}:{','.join(shown)}" if shown else name.lower(), columns, kind, params)


def _number(text: str, param: str, word: str, default: float) -> float:
    if param == "k":
        try:
            value = float(word or default)
        except ValueError:
            value = math.nan
        if not 0 < value < math.inf:
            raise UsageError(f"--indicator {text}: {param} must be a number above 0")
        return value
    if word and not (word.isascii() and word.isdecimal() and 1 <= int(word) <= MOST):
        raise UsageError(f"--indicator {text}: {param} must be a whole number from 1 to {MOST:,}")
    return int(word or default)


def _zeros(dtype: np.dtype[np.void]) -> SimpleNamespace:
    """An all-zeros state record as an object: a kernel in plain Python reads and sets attributes, and these cost a tenth of a record's."""
    fields: Mapping[str, Any] = dtype.fields or {}
    zeros = {name: _zeros(kind) if kind.fields else 0 if kind.kind == "i" else 0.0 for name, (kind, *_) in fields.items()}
    return SimpleNamespace(**zeros)
