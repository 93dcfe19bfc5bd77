"""The tape around orders: the last print before each, and what was traded in the minute before; nothing where a print may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.research.source_name import plain_symbol
from core.research.source_tape_gaps import lacks
from core.store.reader import read_ticks
from core.store.span import tape_rows, tape_series
from core.types import MINUTE, Records, Symbols

#: How far back a print may lie to be of the same market, and the time whose volume an order is held against.
NEAR_NS = MINUTE

#: Moments so far apart are read together, up to stretches of this length.
_TOGETHER_NS, _LONGEST_NS = 5 * MINUTE, 60 * MINUTE

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True)
class Before:
    """What the tape shows before some moments, an element each.

    Attributes:
        price: of the last print before it, NaN: there is none in the minute before, or one may be missing behind it.
        volume: base currency printed in the minute before, NaN where prints of it are missing.
        hidden: the price is not known because the tape has a gap there.
    """

    price: Floats
    volume: Floats
    hidden: NDArray[np.bool_]


def before(tape: Path, symbol: str, moments: Times) -> Before:
    """Prints earlier than each of these moments (ns), not at them: there one's own execution is printed.

    Raises:
        StoreError: the tape cannot be read.
    """
    price, volume = np.full(len(moments), np.nan), np.full(len(moments), np.nan)
    hidden = np.zeros(len(moments), bool)
    series = series_of(tape, symbol)
    if series is None:
        return Before(price, volume, hidden)
    since = np.full(len(moments), -1)
    for part in _stretches(moments):
        ends = moments[part]
        ticks = read_ticks(
            tape, *series, from_ns=int(ends.min()) - NEAR_NS, to_ns=int(ends.max()), symbols=Symbols([series[0]])
        )  # fmt: skip
        price[part], volume[part], since[part] = _last(ticks, ends)
    for start, stop in _holes(tape, *series):
        volume[(start < moments) & (stop > moments - NEAR_NS)] = np.nan
        hidden |= (start < moments) & (stop > np.where(since < 0, moments - NEAR_NS, since))
    price[hidden] = np.nan
    return Before(price, volume, hidden)


def series_of(tape: Path, symbol: str) -> tuple[str, str] | None:
    """(symbol, stream) of the series that holds most prints of a symbol; None: it is not on the tape.

    Raises:
        StoreError: the tape cannot be read.
    """
    if not tape.exists():
        return None
    known = tape_series(tape)
    found = [one for one in known if one[0] == symbol]
    if not found and ":" not in symbol:
        found = [one for one in known if plain_symbol(one[0]) == plain_symbol(symbol)]
    if len({name for name, _ in found}) != 1:
        return None
    return max(found, key=lambda one: tape_rows(tape, *one))


def _stretches(moments: Times) -> Iterator[NDArray[np.intp]]:
    """Places of moments that are read at once."""
    order = np.argsort(moments, kind="stable")
    begin = 0
    for k in range(1, len(order) + 1):
        if k == len(order) or (
            moments[order[k]] - moments[order[k - 1]] > _TOGETHER_NS or moments[order[k]] - moments[order[begin]] > _LONGEST_NS
        ):
            yield order[begin:k]
            begin = k


def _last(ticks: Records, ends: Times) -> tuple[Floats, Floats, Times]:
    """Price of the last print before each end, what was traded in the minute before it, and that print's time (-1: none)."""
    times = np.ascontiguousarray(ticks["ts"])
    traded = np.concatenate([[0.0], np.cumsum(ticks["qty"])])
    stops, starts = np.searchsorted(times, ends), np.searchsorted(times, ends - NEAR_NS)
    some = stops > starts
    last = np.maximum(stops - 1, 0)
    if not len(ticks):
        return np.full(len(ends), np.nan), np.zeros(len(ends)), np.full(len(ends), -1)
    return np.where(some, ticks["price"][last], np.nan), traded[stops] - traded[starts], np.where(some, times[last], -1)


def _holes(tape: Path, symbol: str, stream: str) -> list[tuple[int, int]]:
    """(from, to) ns of what the tape lacks; of a hole with one known end that moment, others cannot be placed."""
    found = []
    for gap in lacks(tape, symbol, stream):
        edges = [edge for edge in (gap.from_ns, gap.to_ns) if edge is not None]
        if edges:
            found.append((edges[0], max(edges[-1], edges[0] + 1)))
    return found
