"""A long stretch of one series of the tape, a window at a time, however long it is.

No more than a window is in memory, the file stays open from one to the next, and a chunk that reaches from one into the next is opened
once: `read_ticks`, asked window by window, pays for both again and again.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.store.chunk import LayOut
from core.store.migrations import TAPE
from core.store.reader import find_series
from core.store.schema import open_to_read
from core.store.tick_rows import SEQ_BUCKET, TIME_BUCKET
from core.store.tiers import LastOpened, Series, in_ids
from core.types import Records, Symbols, join

#: Ids of a window, about: few enough that a processor's cache still has what was decoded when it is used.
WINDOW = 1 << 16

#: Beyond every venue's times and ids.
_EVER = 1 << 62

_OF_TIME = "SELECT bucket, lo_id, hi_id FROM zones WHERE axis = 'time' AND series = ? AND bucket BETWEEN ? AND ? ORDER BY bucket"

_OF_SEQ = "SELECT bucket, lo_id, hi_id FROM zones WHERE axis = 'seq' AND series = ? AND hi_id >= ? AND lo_id <= ? ORDER BY bucket"


class Window(NamedTuple):
    """All ticks with `low <= key < high`, where the key is their time or their seq, have ids from `first_id` to `last_id`."""

    low: int
    high: int
    first_id: int
    last_id: int


class Cut(NamedTuple):
    """Ticks by id, and whether they ascend by the key too."""

    ticks: Records
    ascends: bool


def scan_ticks(
    path: Path,
    symbol: str,
    stream: str | None = None,
    *,
    from_ns: int | None = None,
    to_ns: int | None = None,
    as_delivered: bool = False,
    symbols: Symbols,
    rows: int = WINDOW,
    lay_out: LayOut | None = None,
) -> Generator[list[Records], None, None]:
    """TICK records as `read_ticks` gives them, the same in the same order: window by window a list of arrays, none of them empty.

    What is committed while it runs may be among them or not. Each array takes queries of its own, so that a slow user keeps nothing from
    the writer. It may be advanced from different threads, one at a time.

    Args:
        rows: ids of a window, about; it spans five minutes, or 16,384 of seq, at least.
        lay_out: as `unpack` takes it.

    Raises:
        SourceError: as `read_ticks`.
        StoreError: the file cannot be read.
    """
    start, stop = 0 if from_ns is None else from_ns, _EVER if to_ns is None else to_ns
    key = "seq" if as_delivered else "ts"
    with open_to_read(path, TAPE) as db:
        series = find_series(db, path, symbol, stream)
        index, opener = symbols.add(symbol), LastOpened(lay_out)
        for window in _windows(db, series, start, stop, as_delivered, rows):
            cuts = []
            for piece in in_ids(db, series, window.first_id, window.last_id, opener):
                cut = _cut(piece, key, window.low, window.high)
                if as_delivered and (start or stop < _EVER):
                    ticks = _cut(cut.ticks, "ts", start, stop).ticks
                    cut = Cut(ticks, cut.ascends)
                if len(cut.ticks):
                    cut.ticks["symbol"] = index
                    cuts.append(cut)
            if cuts:
                yield _in_order(cuts, key)


def _windows(db: sqlite3.Connection, series: Series, start: int, stop: int, as_delivered: bool, rows: int) -> list[Window]:
    """In order, what holds every tick with `start <= ts < stop`."""
    zones = db.execute(_OF_TIME, (series.number, start // TIME_BUCKET, (stop - 1) // TIME_BUCKET)).fetchall()
    if not as_delivered or not zones:
        return [window._replace(low=max(window.low, start), high=min(window.high, stop)) for window in _joined(zones, TIME_BUCKET, rows)]
    first, last = min(low for _, low, _ in zones), max(high for _, _, high in zones)
    zones = db.execute(_OF_SEQ, (series.number, first, last)).fetchall()
    windows = _joined([(bucket, max(low, first), min(high, last)) for bucket, low, high in zones], SEQ_BUCKET, rows)
    return [window._replace(low=max(window.low, 1)) for window in windows]  # 0 is no seq: of ticks nobody was given


def _joined(zones: list[tuple[int, int, int]], size: int, rows: int) -> list[Window]:
    """Windows of about so many ids from the rows of the sparse index: (bucket, lowest id, highest id), a bucket being so long."""
    windows: list[Window] = []
    for bucket, first, last in zones:
        low, high = bucket * size, (bucket + 1) * size
        if windows:
            before = windows[-1]
            ids = (min(before.first_id, first), max(before.last_id, last))
            if ids[1] - ids[0] < rows:
                windows[-1] = Window(before.low, high, *ids)
                continue
        windows.append(Window(low, high, first, last))
    return windows


def _cut(ticks: Records, key: str, low: int, high: int) -> Cut:
    """Of ticks by id those with `low <= key < high`."""
    by = np.ascontiguousarray(ticks[key])
    if bool((by[1:] >= by[:-1]).all()):
        first, last = (0, len(by)) if not len(by) or (by[0] >= low and by[-1] < high) else np.searchsorted(by, (low, high)).tolist()
        return Cut(ticks[first:last], True)
    return Cut(ticks.compress((by >= low) & (by < high)), False)


def _in_order(cuts: list[Cut], key: str) -> list[Records]:
    """The ticks of some cuts by key, then id."""
    parts = [cut.ticks for cut in cuts]
    ends = [(int(ticks[key][0]), int(ticks[key][-1])) for ticks in parts]
    if all(cut.ascends for cut in cuts) and all(a[1] <= b[0] for a, b in itertools.pairwise(ends)):
        return parts
    ticks = join(parts)
    return [ticks.take(np.argsort(ticks[key], kind="stable"))]
