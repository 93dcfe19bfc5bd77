"""The codes, times and names everything speaks in. No NumPy here: the screen loads this."""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum

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
