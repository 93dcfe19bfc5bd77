"""The tick files `cockpit db export` writes, read in columns: several times as fast as cell by cell, to the same values.

Whatever is not as it was written (another symbol, a word for a number, a missing cell) is left to the careful reader, which names the row.
"""

from __future__ import annotations

import numpy as np

from core.research.source_columns import Columns
from core.research.source_layout import Layout
from core.research.source_name import plain_symbol
from core.research.source_table import Wanted

#: The header of such a file.
HEADER = ("time", "ts_ns", "symbol", "stream", "trade_id", "price", "qty", "side", "bid", "ask", "recv_ns", "seq", "origin")

_SIDES = {"buy": 1, "sell": -1, "": 0}

#: Times below this are in another unit than ns.
_LEAST_NS = 10**17


def export_columns(block: bytes, line: int, layout: Layout, wanted: Wanted) -> Columns | None:
    """The columns of a block of whole lines; None where it is not such a file, or the careful reader must look at it."""
    if layout.header != HEADER or b'"' in block or b"\r" in block:
        return None
    try:
        cells = block[:-1].decode().replace("\n", ",").split(",")
        # A row of too many or too few would move words to where numbers belong.
        columns = {name: cells[i :: len(HEADER)] for i, name in enumerate(HEADER)}
        if len(cells) != len(HEADER) * block.count(b"\n"):
            return None
        times = np.array(list(map(int, columns["ts_ns"])), np.int64)
        ids = np.array(list(map(int, columns["trade_id"])), np.int64)
        values = {name: np.array(list(map(float, columns[name])), np.float64) for name in ("price", "qty")}
        values |= {name: np.array([float(cell or "nan") for cell in columns[name]], np.float64) for name in ("bid", "ask")}
        sides = np.array([_SIDES[side] for side in columns["side"]], np.int8)
    except (ValueError, OverflowError, KeyError):
        return None
    symbols = set(columns["symbol"])
    if len(symbols) != 1 or (wanted.symbol is not None and plain_symbol(symbols.pop()) != wanted.symbol) or int(times.min()) < _LEAST_NS:
        return None
    return Columns(np.arange(line, line + len(times)), times, values, ids, sides)
