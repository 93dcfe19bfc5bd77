"""Reading the tape from any process, while the engine writes or not: read-only, one short query at a time, tiers unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import numpy as np

from core.errors import SourceError
from core.store.migrations import TAPE
from core.store.packed import fetch
from core.store.schema import open_to_read
from core.store.tick_rows import SEQ_BUCKET, TIME_BUCKET
from core.store.tiers import LastOpened, Opener, Series, all_series, chunk_after, cut, in_ids, opened
from core.types import Records, Symbols, join

#: Times beyond every venue's.
_EVER = 1 << 62

#: Buckets of seq that are read together at most, where several series share them.
_TOGETHER = 16

_SPANS = (
    """SELECT series, min(lo_id), max(hi_id) FROM zones WHERE axis = 'seq' AND series IN ({}) AND bucket BETWEEN ? AND ? GROUP BY series"""
)

_IDS = """SELECT min(lo_id), max(hi_id) FROM zones WHERE axis = 'time' AND series = ? AND bucket BETWEEN ? AND ?"""


def read_ticks(
    path: Path,
    symbol: str,
    stream: str | None = None,
    *,
    from_ns: int | None = None,
    to_ns: int | None = None,
    as_delivered: bool = False,
    symbols: Symbols,
) -> Records:
    """TICK records of one symbol with `from_ns <= ts < to_ns`, by (ts, id).

    Args:
        symbol: `venue:SYMBOL`.
        stream: None where the tape holds only one of this symbol.
        as_delivered: only ticks that strategies saw, in the order they saw them (`seq`).
        symbols: the process's table; gets the symbol if it lacks it.

    Raises:
        SourceError: the tape does not hold this symbol or stream, or several streams of it and none is named.
        StoreError: the file cannot be read.
    """
    start, stop = 0 if from_ns is None else from_ns, _EVER if to_ns is None else to_ns
    parts: list[Records] = []
    with open_to_read(path, TAPE) as db:
        series = find_series(db, path, symbol, stream)
        ((first, last),) = db.execute(_IDS, (series.number, start // TIME_BUCKET, (stop - 1) // TIME_BUCKET)).fetchall()
        for part in in_ids(db, series, first, last) if first is not None else ():
            wanted = (part["ts"] >= start) & (part["ts"] < stop)
            if as_delivered:
                wanted &= part["seq"] > 0
            parts.append(part if wanted.all() else part.compress(wanted))
    ticks = join(parts)
    ticks["symbol"] = symbols.add(symbol)
    by = ticks["seq"] if as_delivered else ticks["ts"]
    # Rows come by id, which is nearly always the order asked for.
    return ticks if bool((np.diff(by) >= 0).all()) else ticks.take(np.argsort(by, kind="stable"))


def ticks_since(
    path: Path, seq: int, names: Sequence[str] | None = None, *, symbols: Symbols, to_seq: int | None = None, batch: int = 1 << 16
) -> Generator[Records, None, None]:
    """TICK records of these symbols (None: all) with `seq < the tick's seq <= to_seq`, in the order of seq.

    Holds what was committed when it began. Each array takes queries of its own, so that a slow user keeps nothing from
    the writer. It may be advanced from different threads, one at a time.

    Args:
        names: `venue:SYMBOL`; those that are not on the tape have no ticks.
        symbols: the process's table; gets the symbols it lacks.
        to_seq: None: the last one.
        batch: most ticks in an array.

    Raises:
        StoreError: the file cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        series = [one for one in all_series(db) if names is None or one.symbol in names]
        index = np.zeros(max((one.number for one in series), default=0) + 1, "i4")
        for one in series:
            index[one.number] = symbols.add(one.symbol)
        numbers = ", ".join(str(one.number) for one in series)
        stop = _newest_seq(db, series) if to_seq is None else to_seq
        # A chunk nearly always reaches into the next stretch; of many series that would be too much to keep.
        openers: dict[int, Opener] = {one.number: LastOpened() for one in series} if len(series) <= _TOGETHER else {}
        held: list[Records] = []
        for buckets in _stretches(db, numbers, (seq + 1) // SEQ_BUCKET, stop // SEQ_BUCKET):
            ticks = _stretch(db, series, buckets, seq, stop, openers)
            ticks["symbol"] = index.take(ticks["symbol"])
            held.append(ticks)
            if sum(map(len, held)) >= min(batch, SEQ_BUCKET):
                ready = join(held)
                held = []
                yield from (ready[i : i + batch] for i in range(0, len(ready), batch))
        ready = join(held)
        yield from (ready[i : i + batch] for i in range(0, len(ready), batch))


def newest_seq(path: Path) -> int:
    """The highest seq that is committed, 0 where there is none: every tick with a lower one is on the tape.

    Raises:
        StoreError: the file cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        return _newest_seq(db, all_series(db))


def _stretches(db: sqlite3.Connection, numbers: str, first: int, last: int) -> list[tuple[int, int]]:
    """(first, last) of runs of buckets of seq: one while they are rows; sealed ones together, as each chunk that is met is opened whole."""
    query = f"SELECT bucket, count(*) FROM zones WHERE axis = 'seq' AND series IN ({numbers}) AND bucket BETWEEN ? AND ? GROUP BY bucket"
    stretches: list[tuple[int, int]] = []
    for bucket, series in db.execute(query, (first, last)).fetchall():
        if stretches and stretches[-1][1] == bucket - 1 and bucket - stretches[-1][0] < min(series, _TOGETHER):
            stretches[-1] = (stretches[-1][0], bucket)
        else:
            stretches.append((bucket, bucket))
    return stretches


def _stretch(
    db: sqlite3.Connection, series: Sequence[Series], buckets: tuple[int, int], after: int, last: int, openers: Mapping[int, Opener]
) -> Records:
    """The ticks of some buckets of seq, in its order; `symbol` is the series. Chunks are opened by `openers` where they have one."""
    low, high = max(after + 1, buckets[0] * SEQ_BUCKET), min(last, (buckets[1] + 1) * SEQ_BUCKET - 1)
    known = {one.number: one for one in series}
    numbers = ", ".join(map(str, known))
    parts = []
    for bucket in range(buckets[0], buckets[1] + 1):
        span = (max(low, bucket * SEQ_BUCKET), min(high, (bucket + 1) * SEQ_BUCKET - 1))
        parts.append(fetch(db, _of_bucket(numbers), (*span, bucket), "GROUP BY z.series"))
    # Chunks come second: what is sealed meanwhile is met twice, and never missed.
    for number, first_id, last_id in db.execute(_SPANS.format(numbers), buckets).fetchall():
        while first_id <= last_id and (chunk := chunk_after(db, known[number], first_id, last_id)):
            part = cut(openers.get(number, opened)(known[number], chunk), first_id, last_id)
            seqs = np.ascontiguousarray(part["seq"])
            wanted = (seqs >= low) & (seqs <= high)
            parts.append(part if wanted.all() else part.compress(wanted))
            first_id = chunk.last_id + 1
    ticks = join([part for part in parts if len(part)])
    if bool((np.diff(ticks["seq"]) > 0).all()):
        return ticks
    ticks = ticks.take(np.argsort(ticks["seq"], kind="stable"))
    twice = np.diff(ticks["seq"], prepend=-1) == 0
    return ticks.compress(~twice) if twice.any() else ticks


def _newest_seq(db: sqlite3.Connection, series: Sequence[Series]) -> int:
    """The highest seq that is committed for these series, 0 when there is none."""
    numbers = ", ".join(str(one.number) for one in series)
    ((bucket,),) = db.execute(f"SELECT max(bucket) FROM zones WHERE axis = 'seq' AND series IN ({numbers})").fetchall()
    newest = join([]) if bucket is None else _stretch(db, series, (bucket, bucket), -1, _EVER, {})
    return int(newest["seq"][-1]) if len(newest) else 0


def _of_bucket(numbers: str) -> str:
    """The rows of these series whose seq lies between two, in one stretch of the sparse index."""
    return f"""zones z CROSS JOIN tick_rows t ON t.series = z.series AND t.id BETWEEN z.lo_id AND z.hi_id AND t.seq BETWEEN ? AND ?
        WHERE z.axis = 'seq' AND z.series IN ({numbers}) AND z.bucket = ?"""


def find_series(db: sqlite3.Connection, path: Path, symbol: str, stream: str | None) -> Series:
    """The series of a symbol; `stream` None where there is only one of it.

    Raises:
        SourceError: the tape does not hold it, or several streams of it and none is named.
    """
    every = all_series(db)
    found = [one for one in every if one.symbol == symbol]
    chosen = [one for one in found if stream in (None, one.stream)]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        raise SourceError(f"{symbol} is on the tape as {' and '.join(one.stream for one in found)}: say which stream")
    held = ", ".join(f"{one.symbol} {one.stream}" for one in every[:20])
    raise SourceError(f"{path} holds no {symbol}{f' {stream}' if stream else ''}: it has {held or 'no ticks yet'}")


def time_span(path: Path, names: Sequence[str]) -> tuple[int, int] | None:
    """From when to when (ns UTC, to five minutes) the tape holds prints of any of these symbols; None: of none of them.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        numbers = [one.number for one in all_series(db) if one.symbol in names]
        query = f"SELECT min(bucket), max(bucket) FROM zones WHERE axis = 'time' AND series IN ({', '.join(map(str, numbers))})"
        ((first, last),) = db.execute(query).fetchall()
    return None if first is None else (first * TIME_BUCKET, (last + 1) * TIME_BUCKET)
