"""Where a series on the tape begins and ends, and which ids of a stretch it holds: asked of both tiers by time, as any reader asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.store.reader import read_ticks
from core.store.span import tape_series, tape_windows
from core.types import Records, Symbols, join

#: How far apart two reports of one print may be (streams tell µs, older dumps ms, REST in between), ns.
MARGIN = 1_000_000_000

#: Ids a window holds, about.
_WINDOW = 1 << 18


def known(path: Path, symbol: str, stream: str) -> bool:
    """Whether the tape has this series."""
    return path.exists() and (symbol, stream) in tape_series(path)


def edges(path: Path, symbol: str, stream: str) -> tuple[int, int] | None:
    """(lowest id, highest id) of a series; None while it holds nothing.

    Ids and times of a venue run together to within minutes: the ends lie in the first and last stretches of time.
    """
    if not known(path, symbol, stream):
        return None
    windows = tape_windows(path, symbol, stream, 1)
    low = [ids for start, stop in windows[:2] if len(ids := _read(path, symbol, stream, start, stop)["id"])]
    high = [ids for start, stop in windows[-2:] if len(ids := _read(path, symbol, stream, start, stop)["id"])]
    if not low or not high:
        return None
    return int(min(ids.min() for ids in low)), int(max(ids.max() for ids in high))


def held(path: Path, symbol: str, stream: str, ticks: Records) -> Records:
    """Those prints of the tape that have an id of these, by id."""
    if not len(ticks) or not known(path, symbol, stream):
        return ticks[:0]
    first, last = int(ticks["ts"].min()) - MARGIN, int(ticks["ts"].max()) + MARGIN + 1
    parts = [part.compress(np.isin(part["id"], ticks["id"])) for part in _windows(path, symbol, stream, first, last)]
    found = join(parts)
    return found.take(np.argsort(found["id"], kind="stable"))


def _windows(path: Path, symbol: str, stream: str, first: int, last: int) -> Iterator[Records]:
    for start, stop in tape_windows(path, symbol, stream, _WINDOW):
        start, stop = max(start, first), min(stop, last)
        if start < stop:
            yield _read(path, symbol, stream, start, stop)


def _read(path: Path, symbol: str, stream: str, start: int, stop: int) -> Records:
    return read_ticks(path, symbol, stream, from_ns=start, to_ns=stop, symbols=Symbols([symbol]))
