"""Both tiers of the tape as one: ticks of a series in the order of their ids, whether they are rows still or sealed already."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

import numpy as np

from core.errors import StoreError
from core.store.chunk import CODEC, LayOut, unpack
from core.store.packed import fetch
from core.types import Records, join

#: Rows of a query: it holds a moment of the file for some 20 ms, and the writer's log can start over between two.
STEP = 1 << 14

_ROWS = "(SELECT * FROM tick_rows WHERE series = :series AND id BETWEEN :low AND :high ORDER BY id LIMIT :step) t"

#: The first chunk that ends at an id or after it: those of a series never overlap, so it is the last that begins there, or the next one.
_CHUNK = """SELECT first_id, last_id, codec, data FROM chunks WHERE symbol = :symbol AND stream = :stream
    AND first_id >= coalesce((SELECT max(first_id) FROM chunks WHERE symbol = :symbol AND stream = :stream AND first_id <= :low), :low)
    AND first_id <= :high AND last_id >= :low ORDER BY first_id LIMIT 1"""


class Series(NamedTuple):
    """A symbol and stream of the tape, and its number there."""

    number: int
    symbol: str
    stream: str


class Chunk(NamedTuple):
    """A row of `chunks`, as far as reading it takes."""

    first_id: int
    last_id: int
    codec: str
    data: bytes


#: Gives the ticks of a chunk.
Opener: TypeAlias = Callable[[Series, Chunk], Records]


def all_series(db: sqlite3.Connection) -> list[Series]:
    """Every series, by symbol and stream."""
    return [Series(*row) for row in db.execute("SELECT series, symbol, stream FROM series ORDER BY symbol, stream")]


def opened(series: Series, chunk: Chunk, lay_out: LayOut | None = None) -> Records:
    """The ticks of a chunk.

    Raises:
        StoreError: it is damaged, or of a kind this program does not know.
    """
    which = f"the chunk of {series.symbol} {series.stream} from id {chunk.first_id}"
    if chunk.codec != CODEC:
        raise StoreError(f"{which} is encoded as {chunk.codec!r}: this program knows {CODEC!r} only")
    try:
        ticks = unpack(chunk.data, lay_out)
    except StoreError as error:
        raise StoreError(f"{which} is damaged ({error})") from error
    ticks["symbol"] = series.number
    return ticks


class LastOpened:
    """Opens the chunks of one series as `opened` does; the last one again is the same array."""

    def __init__(self, lay_out: LayOut | None = None) -> None:
        self._lay_out = lay_out
        self._chunk: Chunk | None = None
        self._ticks: Records | None = None

    def __call__(self, series: Series, chunk: Chunk) -> Records:
        if self._ticks is None or chunk != self._chunk:
            self._chunk, self._ticks = chunk, opened(series, chunk, self._lay_out)
        return self._ticks


def in_ids(db: sqlite3.Connection, series: Series, low: int, high: int, opener: Opener = opened) -> Generator[Records, None, None]:
    """TICK records with `low <= id <= high`, ascending, some thousand at a time, each array of one moment; `symbol` is the series' number.

    Raises:
        StoreError: a chunk is damaged; says which.
    """
    while low <= high:
        with one_moment(db):
            rows, chunk = rows_of_ids(db, series, low, high), chunk_after(db, series, low, high)
            if chunk is None or (len(rows) == STEP and rows["id"][-1] < chunk.first_id):
                piece, last = rows, int(rows["id"][-1]) if len(rows) else high
            else:
                last = min(chunk.last_id, high)
                among = rows.compress(rows["id"] <= last)
                while len(rows) == STEP and rows["id"][-1] < last:  # more of them than usual lie in what the chunk spans
                    rows = rows_of_ids(db, series, int(rows["id"][-1]) + 1, last)
                    among = join((among, rows))
                piece = merged(among, cut(opener(series, chunk), low, high))
        if len(piece):
            yield piece
        low = last + 1


@contextmanager
def one_moment(db: sqlite3.Connection) -> Iterator[None]:
    """What is read within is of one moment of the file."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


def rows_of_ids(db: sqlite3.Connection, series: Series, low: int, high: int, step: int = STEP) -> Records:
    """The first rows with `low <= id <= high`, at most so many."""
    return fetch(db, _ROWS, {"series": series.number, "low": low, "high": high, "step": step})


def chunk_after(db: sqlite3.Connection, series: Series, low: int, high: int) -> Chunk | None:
    """The first chunk that holds ids of this range, or spans some of it."""
    found = db.execute(_CHUNK, {"symbol": series.symbol, "stream": series.stream, "low": low, "high": high}).fetchone()
    return None if found is None else Chunk(*found)


def cut(ticks: Records, low: int, high: int) -> Records:
    """Of ticks that ascend by id, those of a range."""
    first, last = np.searchsorted(ticks["id"], (low, high + 1)).tolist()
    return ticks[first:last]


def merged(*parts: Records) -> Records:
    """Ticks of both tiers by id."""
    full = [part for part in parts if len(part)]
    ticks = join(full)
    return ticks if len(full) < 2 else ticks.take(np.argsort(ticks["id"], kind="stable"))
