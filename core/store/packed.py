"""Rows of the tape as arrays, fast: SQLite itself writes thousands of rows into one text of hexadecimal digits.

A row at a time, each value becomes a Python object, and the interpreter lock changes hands at each row: an event loop that
is busy at that moment takes it for up to 5 ms each time. One text a stretch is made entirely without the lock.
"""

from __future__ import annotations

import binascii
import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.store.row_units import FLAG_BITS, UNITS
from core.store.tick_rows import SELECT
from core.types import TICK, Records, join

#: Stands for an unknown quote: no distance from a price comes near it.
_NONE = -(1 << 63)

#: Eight integers a row: it is the number of them that costs time. Rows whose numbers are not all whole units do not go this way.
_DIGITS = 16
_PACKED = f"""printf('{"%016x" * 8}', t.id, t.ts, t.lag, (t.seq << {FLAG_BITS}) | t.flags, t.price, t.qty,
    ifnull(t.bid, 0x8000000000000000), ifnull(t.ask, 0x8000000000000000))"""
_ROW = _DIGITS * 8

#: What a digit would be lost of does not go this way either.
_FITS = f"typeof(t.price) = 'integer' AND t.seq < {1 << 63 - FLAG_BITS}"
_COLUMNS = f"min(t.series), group_concat({_PACKED}, '') FILTER (WHERE {_FITS}), count(*)"

Values = Sequence[int] | Mapping[str, int]


def fetch(db: sqlite3.Connection, origin: str, values: Values, group: str = "") -> Records:
    """TICK records of the rows of `origin`, as they come group by group; `symbol` is the series.

    Args:
        origin: what follows FROM: rows of `tick_rows`, named `t`, at most some ten thousand of them.
        group: a GROUP BY that keeps series apart, where there may be several.
    """
    texts = db.execute(f"SELECT {_COLUMNS} FROM {origin} {group}", values).fetchall()
    parts = []
    for series, text, count in texts:
        if (len(text) if text else 0) < count * _ROW:
            return np.fromiter(db.execute(f"SELECT {SELECT} FROM {origin}", values), TICK)
        if count:
            parts.append(_unpack(text, series))
    return join(parts)


def _unpack(text: str, series: int) -> Records:
    """TICK records of the digits of `_PACKED`."""
    words = np.frombuffer(binascii.unhexlify(text), ">i8").reshape(-1, 8)
    ticks = np.zeros(len(words), TICK)
    ticks["symbol"] = series
    id_, ts, lag, tail, price, qty, bid, ask = np.ascontiguousarray(words.T, "i8")
    units = UNITS.of(tail & ((1 << FLAG_BITS) - 1))
    ts *= units.ts
    ts += units.epoch
    ticks["id"], ticks["ts"] = id_, ts
    lag *= units.lag
    np.add(ts, lag, out=ticks["recv"])
    np.right_shift(tail, FLAG_BITS, out=ticks["seq"])
    ticks["side"], ticks["origin"] = units.side, units.origin
    np.divide(price, units.price, out=ticks["price"])
    np.divide(qty, units.qty, out=ticks["qty"])
    ticks["bid"] = _quote(price - bid, bid, units.price)
    ticks["ask"] = _quote(price + ask, ask, units.price)
    return ticks


def _quote(quote: NDArray[np.int64], distance: NDArray[np.int64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quote itself; NaN where it is unknown."""
    number: NDArray[np.float64] = quote / scale
    number[distance == _NONE] = np.nan
    return number
