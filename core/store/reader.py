"""Reading the tape from any process, while the engine writes or not: read-only, one short query at a time, tiers unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from core.errors import SourceError
from core.store.migrations import TAPE
from core.store.packed import fetch
from core.store.schema import open_to_read
from core.store.tick_rows import SEQ_BUCKET, TIME_BUCKET
from core.types import Records, Symbols, join

#: Times beyond every venue's.
_EVER = 1 << 62

#: Rows of a query: it holds a moment of the file for some 20 ms, and the writer's log can start over between two.
_STEP = 1 << 14

_RANGE = """(SELECT * FROM tick_rows WHERE series = :series AND id BETWEEN :id AND :last_id
    AND ts >= :from_ns AND ts < :to_ns AND seq >= :seq ORDER BY id LIMIT :step) t"""

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
        series = _series(db, path, symbol, stream)
        ((first, last),) = db.execute(_IDS, (series, start // TIME_BUCKET, (stop - 1) // TIME_BUCKET)).fetchall()
        wanted = {"series": series, "id": first, "last_id": last, "from_ns": start, "to_ns": stop, "seq": int(as_delivered), "step": _STEP}
        while first is not None and len(part := fetch(db, _RANGE, wanted)):
            parts.append(part)
            wanted["id"] = int(part["id"][-1]) + 1
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
        series = [row for row in db.execute("SELECT series, symbol FROM series") if names is None or row[1] in names]
        index = np.zeros(max((number for number, _ in series), default=0) + 1, "i4")
        for number, name in series:
            index[number] = symbols.add(name)
        numbers = ", ".join(str(number) for number, _ in series)
        stop = _newest_seq(db, numbers) if to_seq is None else to_seq
        span = ((seq + 1) // SEQ_BUCKET, stop // SEQ_BUCKET)
        query = f"SELECT DISTINCT bucket FROM zones WHERE axis = 'seq' AND series IN ({numbers}) AND bucket BETWEEN ? AND ?"
        buckets = sorted(bucket for (bucket,) in db.execute(query, span))
        held: list[Records] = []
        for bucket in buckets:
            ticks = _bucket(db, numbers, bucket, seq, stop)
            ticks["symbol"] = index.take(ticks["symbol"])
            held.append(ticks)
            if sum(map(len, held)) >= min(batch, SEQ_BUCKET) or bucket == buckets[-1]:
                ready = join(held)
                held = []
                yield from (ready[i : i + batch] for i in range(0, len(ready), batch))


def _bucket(db: sqlite3.Connection, numbers: str, bucket: int, after: int, last: int) -> Records:
    """The ticks of one stretch of seq, in its order; `symbol` is the series."""
    low, high = max(after + 1, bucket * SEQ_BUCKET), min(last, bucket * SEQ_BUCKET + SEQ_BUCKET - 1)
    ticks = fetch(db, _of_bucket(numbers), (low, high, bucket), "GROUP BY z.series")
    return ticks.take(np.argsort(ticks["seq"], kind="stable"))


def _newest_seq(db: sqlite3.Connection, numbers: str) -> int:
    """The highest seq that is committed for these series, 0 when there is none."""
    ((bucket,),) = db.execute(f"SELECT max(bucket) FROM zones WHERE axis = 'seq' AND series IN ({numbers})").fetchall()
    if bucket is None:
        return 0
    ((newest,),) = db.execute(f"SELECT max(t.seq) FROM {_of_bucket(numbers)}", (0, _EVER, bucket)).fetchall()
    return int(newest)


def _of_bucket(numbers: str) -> str:
    """The rows of these series whose seq lies between two, in one stretch of the sparse index."""
    return f"""zones z CROSS JOIN tick_rows t ON t.series = z.series AND t.id BETWEEN z.lo_id AND z.hi_id AND t.seq BETWEEN ? AND ?
        WHERE z.axis = 'seq' AND z.series IN ({numbers}) AND z.bucket = ?"""


def _series(db: sqlite3.Connection, path: Path, symbol: str, stream: str | None) -> int:
    found = [row for row in db.execute("SELECT series, symbol, stream FROM series ORDER BY symbol, stream") if row[1] == symbol]
    chosen = [number for number, _, name in found if stream in (None, name)]
    if len(chosen) == 1:
        return int(chosen[0])
    if chosen:
        raise SourceError(f"{symbol} is on the tape as {' and '.join(row[2] for row in found)}: say which stream")
    held = ", ".join(f"{row[1]} {row[2]}" for row in db.execute("SELECT 1, symbol, stream FROM series ORDER BY symbol, stream LIMIT 20"))
    raise SourceError(f"{path} holds no {symbol}{f' {stream}' if stream else ''}: it has {held or 'no ticks yet'}")
