"""The codes, times and names everything speaks in. No NumPy here: the screen loads this."""

from __future__ import annotations

import re
from enum import IntEnum, IntFlag, StrEnum
from typing import Literal, NamedTuple

from core.errors import UsageError


class Side(IntEnum):
    """Who took: the buyer, the seller, or not known."""

    SELL = -1
    UNKNOWN = 0
    BUY = 1


class Origin(IntEnum):
    """How a tick came to us."""

    LIVE = 0
    BACKFILL = 1
    LATE = 2
    IMPORT = 3
    SYNTHETIC = 4


class BarQuality(IntFlag):
    """What a bar is made of: where its prints came from (`1 << Origin`), and whether all of them are there."""

    LIVE = 1 << Origin.LIVE
    BACKFILL = 1 << Origin.BACKFILL
    LATE = 1 << Origin.LATE
    IMPORT = 1 << Origin.IMPORT
    SYNTHETIC = 1 << Origin.SYNTHETIC
    VENUE = 1 << 6  # the venue's own figures, not made of prints
    INCOMPLETE = 1 << 7  # ids are missing in it, or between it and its neighbour


class Mode(StrEnum):
    """What a home's engine does with orders and where its prices come from."""

    PAPER = "paper"
    LIVE = "live"
    DEMO = "demo"
    REPLAY = "replay"


SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

_UNITS = {"ms": 1_000_000, "s": SECOND, "m": MINUTE, "h": 60 * MINUTE, "d": DAY, "w": 7 * DAY}
_INTERVAL = re.compile(r"([1-9]\d{0,5})(ms|s|m|h|d|w)")


def interval_ns(text: str) -> int:
    """Nanoseconds of an interval such as `1s`, `5m`, `1h`; `tick` is 0.

    Raises:
        UsageError: the text is no interval.
    """
    if text == "tick":
        return 0
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not an interval: tick, or a number and ms, s, m, h, d or w, such as 1s, 5m, 1h")
    return int(match[1]) * _UNITS[match[2]]


def interval_text(ns: int) -> str:
    """The shortest name of an interval: 60_000_000_000 -> `1m`, 0 -> `tick`."""
    if ns == 0:
        return "tick"
    unit = next(u for u in ("w", "d", "h", "m", "s", "ms") if ns % _UNITS[u] == 0)
    return f"{ns // _UNITS[unit]}{unit}"


class BarKind(NamedTuple):
    """How prints are cut into bars.

    Attributes:
        by: `time`; `tick`: so many prints, by their ids; `volume`, `dollar`: so much traded, in base or quote currency.
        size: nanoseconds, prints, or the amount.
    """

    by: Literal["time", "tick", "volume", "dollar"]
    size: float

    @property
    def text(self) -> str:
        """As it is written: `1m`, `tick:500`, `dollar:1M`."""
        if self.by == "time":
            return interval_text(int(self.size))
        letter, scale = next(((letter, scale) for letter, scale in _SCALES if self.size % scale == 0), ("", 1))
        return f"{self.by}:{self.size / scale:.15g}{letter}" if self.size != 1 or self.by != "tick" else "tick"


_SCALES = (("B", 10**9), ("M", 10**6), ("k", 10**3))
_AMOUNT = re.compile(r"(tick|volume|dollar):(\d{1,15}(?:\.\d{1,8})?)([kMB]?)")

#: Bounds of a bar's amount: what a venue's decimals can tell, and what an int64 can count.
_LEAST, _MOST = 1e-8, 1e12


def bar_kind(text: str) -> BarKind:
    """The kind of bar of `1m`, `tick:500`, `volume:10`, `dollar:1M`; `tick` is each print.

    Raises:
        UsageError: the text is none.
    """
    if text == "tick":
        return BarKind("tick", 1)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        try:
            return BarKind("time", interval_ns(text))
        except UsageError:
            raise UsageError(f"{text!r} is no kind of bar: such as 1s, 5m, 1h, tick:500, volume:10 or dollar:1M") from None
    by, size = found[1], float(found[2]) * dict(_SCALES).get(found[3], 1)
    least = 1 if by == "tick" else _LEAST
    if not least <= size <= _MOST or (by == "tick" and size != int(size)):
        raise UsageError(f"{text!r}: the number is {'whole and ' if by == 'tick' else ''}from {least:g} to {_MOST:g}")
    return BarKind(by, size)  # type: ignore[arg-type]


def split_symbol(symbol: str, venue: str) -> tuple[str, str]:
    """(`venue`, `SYMBOL`) of `binance:BTCUSDT` or of a bare `btcusdt` on the given venue."""
    head, sep, tail = symbol.rpartition(":")
    return (head.lower() if sep else venue, tail.upper())


class Symbols:
    """The process's symbol table: `venue:SYMBOL` <-> small int, in order of first use."""

    def __init__(self, names: list[str] | None = None) -> None:
        self.names: list[str] = []
        self._index: dict[str, int] = {}
        for name in names or []:
            self.add(name)

    def add(self, name: str) -> int:
        """The index of a symbol, given one if it has none yet."""
        index = self._index.get(name)
        if index is None:
            index = self._index[name] = len(self.names)
            self.names.append(name)
        return index

    def __getitem__(self, name: str) -> int:
        return self._index[name]

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __len__(self) -> int:
        return len(self.names)
