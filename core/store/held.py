"""Which ids a series of the tape holds, for whoever brings it more: asked of both tiers, by id."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.tiers import Series, all_series, in_ids
from core.types import Origin, Records, join

#: Chunks of a series never overlap: the last to begin is the last to end.
_RANGE = """SELECT min(first), max(last) FROM (
    SELECT min(id) first, max(id) last FROM tick_rows WHERE series = :series
    UNION ALL SELECT min(first_id), NULL FROM chunks WHERE symbol = :symbol AND stream = :stream
    UNION ALL SELECT NULL, (SELECT last_id FROM chunks WHERE symbol = :symbol AND stream = :stream ORDER BY first_id DESC LIMIT 1))"""


def id_range(path: Path, symbol: str, stream: str) -> tuple[int, int] | None:
    """(lowest id, highest id) of a series; None while it holds nothing.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        for series in _named(db, symbol, stream):
            ((first, last),) = db.execute(_RANGE, {"series": series.number, "symbol": symbol, "stream": stream}).fetchall()
            return None if first is None else (first, last)
    return None


def held(path: Path, symbol: str, stream: str, ids: NDArray[np.int64]) -> Records:
    """The ticks of a series that have one of these ids, by id.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    parts: list[Records] = []
    with open_to_read(path, TAPE) as db:
        for series in _named(db, symbol, stream) if len(ids) else ():
            pieces = in_ids(db, series, int(ids.min()), int(ids.max()))
            parts = [piece if mine.all() else piece.compress(mine) for piece in pieces if (mine := np.isin(piece["id"], ids)).any()]
    return join(parts)


def ended_in_imports(path: Path, stream: str, last_ids: Mapping[str, int], before_ns: int) -> dict[str, int]:
    """Of the series whose last ids these are, those that end in a print that was imported and is of before that time.

    Raises:
        StoreError: the file cannot be read.
    """
    found: dict[str, int] = {}
    with open_to_read(path, TAPE) as db:
        for series in all_series(db):
            if series.stream != stream or series.symbol not in last_ids:
                continue
            last = last_ids[series.symbol]
            for tick in (tick for part in in_ids(db, series, last, last) for tick in part):
                if tick["origin"] == Origin.IMPORT and tick["ts"] < before_ns:
                    found[series.symbol] = last
    return found


def _named(db: sqlite3.Connection, symbol: str, stream: str) -> list[Series]:
    return [series for series in all_series(db) if (series.symbol, series.stream) == (symbol, stream)]
