"""What the tape holds of each symbol over time, in stretches: whether prints came live, were fetched later or imported, or are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from core.store.migrations import TAPE
from core.store.schema import open_to_read
from core.store.tick_rows import TIME_BUCKET
from core.types import DAY

#: Lengths a stretch may have, in ns: as many tape buckets (5 min) as each says.
STEPS = tuple(TIME_BUCKET * count for count in (1, 2, 3, 6, 12, 24, 48, 72, 144, 288))

#: The worst there is in a stretch: nothing recorded, all live, some fetched later, some imported (no strategy was given them), some missing
#: or refused.
NOTHING, LIVE, FILLED, IMPORTED, HOLE = " ", "=", "+", "i", "!"

_RANK = {NOTHING: 0, LIVE: 1, FILLED: 2, IMPORTED: 3, HOLE: 4}


class Coverage(NamedTuple):
    """One symbol's strip.

    Attributes:
        symbol: `venue:SYMBOL`, with the stream where it is not the only one.
        from_ns: where the strip begins; every symbol's begins there.
        step_ns: how long a stretch is.
        cells: one character a stretch: NOTHING, LIVE, FILLED, IMPORTED or HOLE.
        ids: ids on the tape in all of it.
        missing: ids that are listed as open or lost.
    """

    symbol: str
    from_ns: int
    step_ns: int
    cells: str
    ids: int
    missing: int


def coverage(path: Path, now_ns: int, cells: int = 48) -> list[Coverage]:
    """The strips of all symbols, as many stretches as asked for; by symbol.

    The last one is the one `now_ns` lies in, or that of the newest print where the tape is of another day. They reach back to the first
    print, or as far as the longest stretches do.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, TAPE) as db:
        names = dict(db.execute("SELECT series, symbol FROM series"))
        ((oldest, newest),) = db.execute("SELECT min(bucket), max(bucket) FROM zones WHERE axis = 'time'").fetchall()
        if oldest is None:
            return []
        until = now_ns if abs(now_ns - newest * TIME_BUCKET) < DAY else newest * TIME_BUCKET
        step = next((step for step in STEPS if step * (cells - 1) >= until - oldest * TIME_BUCKET), STEPS[-1])
        first = until // step - cells + 1
        strips: dict[str, list[str]] = {symbol: [NOTHING] * cells for symbol in names.values()}
        held: dict[str, int] = defaultdict(int)
        query = "SELECT axis, series, bucket, hi_id - lo_id + 1 FROM zones WHERE axis IN ('time', 'import') AND bucket >= ?"
        for axis, series, bucket, ids in db.execute(query, (first * step // TIME_BUCKET,)):
            symbol, at = names[series], bucket * TIME_BUCKET // step - first
            if 0 <= at < cells:
                strip, mark = strips[symbol], LIVE if axis == "time" else IMPORTED
                strip[at] = max(strip[at], mark, key=_RANK.__getitem__)
                held[symbol] += ids if axis == "time" else 0
        missing = _mark_gaps(db.execute("SELECT symbol, from_id, to_id, from_ns, to_ns, state FROM gaps"), strips, step, first)
    return [
        Coverage(symbol, first * step, step, "".join(strip), max(held[symbol] - missing[symbol], 0), missing[symbol])
        for symbol, strip in sorted(strips.items())
    ]


def _mark_gaps(
    rows: Iterable[tuple[str, int, int, int | None, int | None, str]], strips: dict[str, list[str]], step: int, first: int
) -> dict[str, int]:
    """Put gaps into the strips; ids missing by symbol."""
    missing: dict[str, int] = defaultdict(int)
    for symbol, from_id, to_id, from_ns, to_ns, state in rows:
        start, stop = from_ns if from_ns is not None else to_ns, to_ns if to_ns is not None else from_ns
        if start is None or stop is None or symbol not in strips:
            continue
        strip = strips[symbol]
        low, high = max(start // step - first, 0), min(stop // step - first, len(strip) - 1)
        if high < low:
            continue
        mark = FILLED if state == "filled" else HOLE
        missing[symbol] += 0 if state == "filled" else to_id - from_id + 1
        for at in range(low, high + 1):
            strip[at] = max(strip[at], mark, key=_RANK.__getitem__)
    return missing
