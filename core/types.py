"""The records that flow through the engine: ticks, bars and quotes as NumPy dtypes, and the names of their codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError

#: A structured array; its dtype is named where it is used (TICK, BAR, QUOTE, …).
Records: TypeAlias = NDArray[Any]

#: One public trade print. Times are int64 ns UTC; `seq` 0 means never delivered to strategies;
#: `bid`/`ask` are the last quote sequenced before this print, NaN where unknown; `symbol` is an
#: index into the process's symbol table, `leg` a strategy's own number for it (set by the loop).
TICK = np.dtype(
    [
        ("ts", "i8"),
        ("recv", "i8"),
        ("seq", "i8"),
        ("id", "i8"),
        ("price", "f8"),
        ("qty", "f8"),
        ("bid", "f8"),
        ("ask", "f8"),
        ("symbol", "i4"),
        ("leg", "i2"),
        ("side", "i1"),
        ("origin", "i1"),
    ]
)

#: One finished bar as a source of a backtest: a TICK whose `ts` is the close time, `price` the close
#: and `qty` the volume, with the open time and the range added.
BAR = np.dtype([*TICK.descr, ("start", "i8"), ("open", "f8"), ("high", "f8"), ("low", "f8")])

#: Best bid and ask at a moment (`recv`: when we read it; spot venues give no time of their own).
QUOTE = np.dtype(
    [
        ("recv", "i8"),
        ("update_id", "i8"),
        ("bid", "f8"),
        ("bid_qty", "f8"),
        ("ask", "f8"),
        ("ask_qty", "f8"),
        ("symbol", "i4"),
        ("pad", "i4"),
    ]
)


def join(parts: Sequence[Records], dtype: np.dtype[np.void] = TICK) -> Records:
    """Arrays of one dtype as one; the array itself where there is only one.

    Records are copied whole: NumPy's own `concatenate` goes field by field, at a twentieth of the speed. (For the same reason
    `records.compress(mask)` and `records.take(indices)` are used here, and not `records[mask]`.)
    """
    if len(parts) < 2:
        return parts[0] if parts else np.empty(0, dtype)
    whole = whole_of(dtype)
    return np.concatenate([part.view(whole) for part in parts]).view(dtype)


def copied(records: Records) -> Records:
    """A copy, contiguous, made in the same quick way."""
    return records.view(whole_of(records.dtype)).copy().view(records.dtype)


def whole_of(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """The same records as bytes without fields: what a view of both sides makes an assignment fast."""
    return np.dtype((np.void, dtype.itemsize))


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
