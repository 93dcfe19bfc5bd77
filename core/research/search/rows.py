"""The rows of a study, read once: a file each that every process maps, named by what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.errors import SourceError
from core.research.search.trial import Series
from core.research.source import Source
from core.research.source_held import hold_rows
from core.research.source_verdict import refuse
from core.types import DAY

Progress = Callable[[Source, int], None]

#: Days a span must have for its periods to be UTC days; a shorter one is cut into so many equal stretches of time.
LEAST_DAYS = 32
STRETCHES = 48


def keep_rows(source: Source, folder: Path, progress: Progress | None = None, *, allow_gaps: bool = False) -> Series:
    """Read all of a source and keep it in a file of this folder.

    Args:
        progress: called with the source and the rows read so far.

    Raises:
        SourceError: what cannot be read; or it does not fit in memory, with its size.
        GapsError: it has holes, and they are not allowed.
    """
    rows = hold_rows(source, progress)
    data = rows.view(np.uint8).data
    if source.verdict is not None and source.verdict.holes is not None:
        if not allow_gaps:
            raise refuse(source.text, source.verdict.holes)
        source.notes.append(f"{source.symbol}: {source.verdict.holes.words()}: allowed")
    key = hashlib.blake2b(data, digest_size=16, person=source.kind.encode()).hexdigest()
    path = folder / key
    try:
        with path.open("wb") as file:
            file.write(data)
    except OSError as error:
        raise SourceError(f"cannot write {len(data) / 1e6:,.0f} MB of rows to {path}: {error.strerror}") from error
    bars = source.kind == "bars"
    when = rows["start" if bars else "ts"]
    span = int(when[0]), int(when[-1])
    return Series(key, str(path), source.symbol, len(rows), bars, source.interval_ns, *span, period_edges(*span))


def period_edges(first: int, last: int) -> list[int]:
    """Where the periods end whose changes of equity are compared: days, or equal stretches where there are few days. Times in ns UTC."""
    midnights = range((first // DAY + 1) * DAY, last + 1, DAY)
    if len(midnights) >= LEAST_DAYS:
        return [*midnights, max(last + 1, (last // DAY + 1) * DAY)]
    return [first + (last + 1 - first) * k // STRETCHES for k in range(1, STRETCHES)] + [last + 1]
