"""A sealed chunk's columns into ticks, one row after another: what `core.store.chunk` does column by column, in a single pass."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Where a column lies: bytes a value, how far one of its planes is from the next, where it begins; and how to read it.
COLUMN = np.dtype([("width", "i8"), ("kept", "i8"), ("at", "i8"), ("unit", "i8"), ("low", "i8"), ("first", "i8")])


def whole(plain: Any, column: Any, i: int) -> int:
    """Value `i` of a column, from its planes of bytes."""
    value = np.int64(0)
    at = column.at + i
    for k in range(column.width):
        value |= np.int64(plain[at]) << np.int64(8 * k)
        at += column.kept
    return value * column.unit + column.low  # type: ignore[no-any-return]


def lay_out(plain: Any, columns: Any, scale: float, qty_scale: float, ticks: Any, count: int) -> None:
    """All but unknown quotes, `symbol` and `leg`, which become 0.

    Args:
        plain: the bytes of a chunk, no longer compressed.
        columns: nine COLUMN records: id, ts, lag, seq, flags, price, near, spread, qty.
        scale, qty_scale: 10 to the decimal places of prices and quantities.
        ticks: TICK records to fill.
    """
    number, ts, lag, seq, price = columns[0].first, columns[1].first, columns[2].first, columns[3].first, columns[5].first
    for i in range(count):
        if i > 0:
            number += whole(plain, columns[0], i - 1)
            ts += whole(plain, columns[1], i - 1)
            lag += whole(plain, columns[2], i - 1)
            seq += whole(plain, columns[3], i - 1)
            price += whole(plain, columns[5], i - 1)
        flags, near, spread = whole(plain, columns[4], i), whole(plain, columns[6], i) + price, whole(plain, columns[7], i)
        side = (flags & 3) - 1
        bid = near - spread if side > 0 else near
        ask = near if side > 0 else near + spread
        tick = ticks[i]
        tick.id, tick.ts, tick.recv, tick.seq = number, ts, ts + lag, seq
        tick.symbol, tick.leg, tick.side, tick.origin = 0, 0, side, flags >> 2
        tick.price, tick.bid, tick.ask = price / scale, bid / scale, ask / scale
        tick.qty = whole(plain, columns[8], i) / qty_scale
