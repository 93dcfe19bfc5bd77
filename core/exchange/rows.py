"""What the local exchange keeps of a market: trades, aggregates and quotes as exact numbers, and the order they are sent in.

Prices and sizes are int64 in units of 1e-8, the most digits Binance prints, so that every answer repeats the market's own decimals
and sums are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.types import Records

SCALE = 10**8
_DIGITS = 8
_LARGEST = 2**63 - 1

_MOMENT = [("when", "i8"), ("event", "i8"), ("time", "i8"), ("id", "i8"), ("price", "i8"), ("qty", "i8")]

#: One fill. `when`: ns on the market's own timeline, when it is sent; `event`, `time`: the venue's E and T, µs; `maker`: the seller took.
TRADE = np.dtype([*_MOMENT, ("maker", "?")])

#: One aggregate: a TRADE with the ids of its first and last fill.
AGG = np.dtype([*_MOMENT, ("maker", "?"), ("first", "i8"), ("last", "i8")])

#: A change of the best bid or ask.
BOOK = np.dtype([("when", "i8"), ("update_id", "i8"), ("bid", "i8"), ("bid_qty", "i8"), ("ask", "i8"), ("ask_qty", "i8")])


class Kind(IntEnum):
    """The streams served, in the order they are sent when due at once."""

    BOOK = 0
    TRADE = 1
    AGG = 2


#: Where an event comes from: its kind (plain int: enum members cost time where events are many) and its symbol's number.
Source: TypeAlias = tuple[int, int]

STREAMS = {Kind.BOOK: "bookTicker", Kind.TRADE: "trade", Kind.AGG: "aggTrade"}
DTYPES = {Kind.BOOK: BOOK, Kind.TRADE: TRADE, Kind.AGG: AGG}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the market: rows by kind and symbol number, and the order of sending.

    Attributes:
        rows: by (kind, symbol number), each sorted by `when`.
        when, kind, symbol, row: one entry an event, in the order of sending.
        end: no event of this segment is due at or after it.
    """

    rows: dict[Source, Records]
    when: NDArray[np.int64]
    kind: NDArray[np.int8]
    symbol: NDArray[np.int16]
    row: NDArray[np.int32]
    end: int


def in_order(rows: dict[Source, Records], arrival: dict[Source, NDArray[np.int64]] | None, end: int) -> Segment:
    """A segment of these rows, sent by `when`, then by `arrival` where it is given, then by kind."""
    keys = sorted(rows)
    sizes = [len(rows[key]) for key in keys]
    if not keys:
        empty = np.empty(0, np.int64)
        return Segment(rows, empty, empty.astype(np.int8), empty.astype(np.int16), empty.astype(np.int32), end)
    when = np.concatenate([rows[key]["when"] for key in keys])
    kind = np.repeat(np.array([key[0] for key in keys], np.int8), sizes)
    symbol = np.repeat(np.array([key[1] for key in keys], np.int16), sizes)
    row = np.concatenate([np.arange(size, dtype=np.int32) for size in sizes])
    # Both sorts are stable: events alike stay in the order of the keys, by kind.
    came = None if arrival is None else np.concatenate([arrival[key] for key in keys])
    order = np.argsort(when, kind="stable") if came is None else np.lexsort((came, when))
    return Segment(rows, when[order], kind[order], symbol[order], row[order], end)


def aggregate(trades: Records, first_id: int) -> Records:
    """AGG rows of TRADE rows in id order: consecutive trades of one price, side and time are one, numbered from `first_id`.

    An aggregate is sent with the last of its trades.
    """
    if len(trades) == 0:
        return np.empty(0, AGG)
    same = np.diff(trades["id"]) == 1
    for field in ("price", "maker", "time"):
        same &= trades[field][1:] == trades[field][:-1]
    first = np.concatenate([[0], np.flatnonzero(~same) + 1])
    last = np.concatenate([first[1:] - 1, [len(trades) - 1]])
    aggs = np.empty(len(first), AGG)
    for field in ("time", "price", "maker"):
        aggs[field] = trades[field][first]
    aggs["when"], aggs["event"] = trades["when"][last], trades["event"][last]
    aggs["qty"] = np.add.reduceat(trades["qty"], first)
    aggs["first"], aggs["last"] = trades["id"][first], trades["id"][last]
    aggs["id"] = np.arange(first_id, first_id + len(first))
    return aggs


def scaled(text: str) -> int:
    """A decimal in units of 1e-8: `0.02` -> 2000000.

    Raises:
        ValueError: it is no plain decimal that is not negative, or has more than 8 places.
    """
    whole, _, part = text.partition(".")
    digits = whole + part[:_DIGITS].ljust(_DIGITS, "0")
    if not (digits.isascii() and digits.isdecimal() and whole) or part[_DIGITS:].strip("0"):
        raise ValueError(f"{text!r} is not a decimal of at most {_DIGITS} places")
    value = int(digits)
    if value > _LARGEST:
        raise ValueError(f"{text!r} is too large")
    return value


def decimal(value: int) -> str:
    """As Binance prints it, with eight places: 2000000 -> `0.02000000`."""
    return f"{value // SCALE}.{value % SCALE:08d}"


def exact_sums(values: NDArray[np.int64], starts: Sequence[int] | NDArray[np.int64]) -> list[int]:
    """Sums of the runs of `values` that begin at `starts`; exact where an int64 would overflow. Values are not negative."""
    if len(starts) == 0:
        return []
    high = np.add.reduceat(values >> 32, starts)
    low = np.add.reduceat(values & 0xFFFFFFFF, starts)
    return [(int(h) << 32) + int(part) for h, part in zip(high, low, strict=True)]
