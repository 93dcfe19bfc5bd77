"""TICK records as rows of the tape: the exact compact encoding, the statements that insert it, and the sparse index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.store.row_units import LAG_NS, PRICE_SCALE, QTY_SCALE, TS_NS, count
from core.types import Origin, Records, join

#: Spans of the sparse index: 5 minutes of venue time, 16,384 of seq.
TIME_BUCKET = 300_000_000_000
SEQ_BUCKET = 1 << 14

#: Rows a statement. sqlite3 gives up the interpreter lock once a statement: one a row would wait for a busy event loop
#: (up to 5 ms) at each row. Much longer ones hold it too long while their values are bound (256 rows: 0.2 ms).
ROWS_A_STATEMENT = (256, 32, 1)

#: Rows whose columns are made at once; a multiple of every number of rows a statement.
_PIECE = 2048

_COLUMNS = ("series", "id", "ts", "lag", "seq", "price", "qty", "bid", "ask", "flags")


def _insert(rows: int) -> str:
    row = "(" + ",".join("?" * len(_COLUMNS)) + ")"
    return f"INSERT INTO tick_rows({','.join(_COLUMNS)}) VALUES {','.join([row] * rows)} ON CONFLICT(series, id) DO NOTHING"


INSERTS = {rows: _insert(rows) for rows in ROWS_A_STATEMENT}

INSERT_ZONE = """INSERT INTO zones(axis, series, bucket, lo_id, hi_id) VALUES(?, ?, ?, ?, ?)
    ON CONFLICT(axis, series, bucket) DO UPDATE SET lo_id = min(lo_id, excluded.lo_id), hi_id = max(hi_id, excluded.hi_id)"""

#: The columns of a TICK in order, with the series number where the symbol's index goes.
SELECT = f"""{TS_NS}, {TS_NS} + {LAG_NS}, t.seq, t.id,
    CASE typeof(t.price) WHEN 'integer' THEN t.price / {PRICE_SCALE} ELSE t.price END,
    CASE typeof(t.qty) WHEN 'integer' THEN t.qty / {QTY_SCALE} ELSE t.qty END,
    CASE typeof(t.bid) WHEN 'integer' THEN (t.price - t.bid) / {PRICE_SCALE} ELSE t.bid END,
    CASE typeof(t.ask) WHEN 'integer' THEN (t.price + t.ask) / {PRICE_SCALE} ELSE t.ask END,
    t.series, 0, t.flags % 3 - 1, t.flags / 3 % 5"""


def why_unfit(ticks: Records) -> str | None:
    """What keeps these ticks off a tape, naming the first that does; None when nothing does.

    Prices and quantities are finite and positive, quotes are finite or NaN, times and seq are not negative.
    """
    price, qty = ticks["price"], ticks["qty"]
    bad = ~((price > 0) & (price < 1e300) & (qty > 0) & (qty < 1e300))
    bad |= np.isinf(ticks["bid"]) | np.isinf(ticks["ask"])
    bad |= (ticks["ts"] | ticks["recv"] | ticks["seq"]) < 0
    if not bad.any():
        return None
    tick = ticks[int(np.argmax(bad))]
    figures = " ".join(f"{name}={tick[name]}" for name in ("price", "qty", "bid", "ask", "ts", "recv", "seq"))
    return f"tick {tick['id']} has a value no tape may hold: {figures}"


class TickRows:
    """Ticks of any number of series on their way into the tape. Rows and zones are made as they are asked for, on
    whichever thread that is; they come sorted by series, so that the tree is written one place after the other.

    That thread shares the interpreter with the engine's event loop: what it does at a stretch is kept to tenths of a millisecond.

    Args:
        parts: TICK arrays that `why_unfit` finds nothing in.
        series: for each part, (n,) the tape's number of each tick's symbol and stream.
    """

    def __init__(self, parts: Sequence[Records], series: Sequence[NDArray[np.int64]]) -> None:
        self.count = sum(map(len, parts))
        self._parts = parts
        self._part_series = series

    @cached_property
    def _sorted(self) -> tuple[Records, NDArray[np.int64]]:
        series = np.concatenate(self._part_series)
        # 16-bit integers are sorted by radix, several times as fast.
        order = np.argsort(series.astype("u2") if series.max() < 1 << 16 else series, kind="stable")
        return join(self._parts).take(order), series.take(order)

    def statements(self) -> Iterator[tuple[str, Iterator[list[Any]]]]:
        """(statement, its lists of parameters) that insert all rows not there yet."""
        start = 0
        for rows in ROWS_A_STATEMENT:
            stop = self.count - (self.count - start) % rows
            if stop > start:
                yield INSERTS[rows], self._values(start, stop, rows)
            start = stop

    def zones(self) -> Iterator[tuple[str, int, int, int, int]]:
        """(axis, series, bucket, lowest id, highest id) of all that is here; a bucket may come in several parts."""
        ticks, series = self._sorted
        yield from _spans("time", series, ticks["ts"] // TIME_BUCKET, ticks["id"])
        imported = ticks["origin"] == Origin.IMPORT
        if imported.any():
            mine = ticks.compress(imported)
            yield from _spans("import", series.compress(imported), mine["ts"] // TIME_BUCKET, mine["id"])
        numbered = ticks["seq"] > 0
        if not numbered.all():
            ticks, series = ticks.compress(numbered), series.compress(numbered)
        yield from _spans("seq", series, ticks["seq"] // SEQ_BUCKET, ticks["id"])

    def _values(self, start: int, stop: int, rows: int) -> Iterator[list[Any]]:
        all_ticks, all_series = self._sorted
        for first in range(start, stop, _PIECE):
            last = min(first + _PIECE, stop)
            columns = _columns(all_ticks[first:last], all_series[first:last])
            for i in range(0, last - first, rows):
                values: list[Any] = [None] * (rows * len(_COLUMNS))
                for n, column in enumerate(columns):
                    values[n :: len(_COLUMNS)] = column[i : i + rows].tolist()
                yield values


def _columns(ticks: Records, series: NDArray[np.int64]) -> list[NDArray[Any]]:
    """The values of each column, in the order of `_COLUMNS`."""
    ts, lag, numbers, flags = count(ticks)
    return [series, ticks["id"], ts, lag, ticks["seq"], numbers.price, numbers.qty, numbers.bid, numbers.ask, flags]


def _spans(
    axis: str, series: NDArray[np.int64], buckets: NDArray[np.int64], ids: NDArray[np.int64]
) -> Iterator[tuple[str, int, int, int, int]]:
    """(axis, series, bucket, lowest id, highest id) of each run of ticks of one series and bucket."""
    if not len(ids):
        return
    starts = np.flatnonzero((np.diff(series, prepend=-1) != 0) | (np.diff(buckets, prepend=-1) != 0))
    lows, highs = np.minimum.reduceat(ids, starts), np.maximum.reduceat(ids, starts)
    for one, bucket, low, high in zip(series[starts].tolist(), buckets[starts].tolist(), lows.tolist(), highs.tolist(), strict=True):
        yield (axis, one, bucket, low, high)
