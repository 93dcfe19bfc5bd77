"""The closes of one leg: the last price of every interval that is over, from bars or prints of any source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.analytics.pairs.absent import Floats
from core.errors import SourceError
from core.research.source import Source
from core.research.source_columns import SHORTEST_MONTH
from core.research.source_name import clean, plain_symbol
from core.research.source_verdict import Holes, refuse
from core.research.sources import open_many
from core.types import MINUTE, Records, interval_text

Telling = Callable[[Source, int], None]


@dataclass(frozen=True, slots=True)
class Closes:
    """One leg.

    Attributes:
        symbol: `venue:SYMBOL`.
        interval_ns: length of a bar.
        times: (n,) when bars with a close opened, ns UTC, multiples of the interval, ascending.
        prices: (n,) their closes, quote currency.
        notes: what was set right in its source, or is missing in it.
    """

    symbol: str
    interval_ns: int
    times: NDArray[np.int64]
    prices: Floats
    notes: Sequence[str] = ()


def open_legs(
    texts: Sequence[str],
    legs: Sequence[str],
    *,
    home: Path | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    cache: bool = False,
) -> tuple[list[Source], dict[str, str]]:
    """(the sources of the legs in their order, or of all there are; what cannot be opened, and why).

    Args:
        texts, home, from_ns, to_ns, cache: as of `open_many`.
        legs: `BTCUSDT` or `binance:BTCUSDT`; none: all.

    Raises:
        SourceError: a leg is not there, or cannot be opened, or is there twice.
    """
    many = open_many(texts, symbols=legs, home=home, from_ns=from_ns, to_ns=to_ns, cache=cache)
    if not legs:
        return list(many.sources.values()), many.refused
    found = []
    for leg in legs:
        fits = [name for name in many.sources if leg == name or (":" not in leg and plain_symbol(leg) == plain_symbol(name))]
        fits = fits or [name for name in many.sources if plain_symbol(leg) == plain_symbol(name)]
        if len(fits) != 1:
            why = [text for name, text in many.refused.items() if plain_symbol(name) == plain_symbol(leg)]
            several = f"several fit, name one of {clean(', '.join(fits))}"
            raise SourceError(f"leg {clean(leg)}: {several if fits else '; '.join(why) or 'not there'}")
        found.append(many.sources[fits[0]])
    return found, {}


def common_interval(sources: Sequence[Source], wanted_ns: int | None) -> int:
    """The length of a bar for all of them, ns: the wanted one; else the longest that any of them comes in, a minute for prints alone.

    Raises:
        SourceError: bars of one of them cannot be made into such bars.
    """
    interval = wanted_ns or max([source.interval_ns for source in sources]) or MINUTE
    for source in sources:
        name = f"{clean(source.text)}: {source.symbol}"
        if source.interval_ns >= SHORTEST_MONTH:
            raise SourceError(f"{name}: months differ in length: bars of at most a week can be put beside others")
        if source.interval_ns and interval % source.interval_ns:
            own = interval_text(source.interval_ns)
            raise SourceError(f"{name}: bars of {own} do not make bars of {interval_text(interval)}: --interval takes multiples of {own}")
    return interval


def read_closes(source: Source, interval_ns: int, told: Telling | None = None, *, allow_gaps: bool = False) -> Closes:
    """Read a source, a batch at a time.

    Args:
        interval_ns: as of `common_interval`.
        told: called with the source and how many rows there are so far.

    Raises:
        SourceError: what cannot be read.
        GapsError: it has holes, and they are not allowed.
    """
    _refuse(source, source.listed(), allow_gaps)
    parts: list[tuple[NDArray[np.int64], Floats]] = []
    done, end = 0, 0
    for batch in source.batches():
        parts.append(closes_of(batch, source.kind == "bars", interval_ns))
        end = max(end, int(batch["ts"][-1]))
        done += len(batch)
        if told is not None:
            told(source, done)
    times, prices = (np.concatenate(column) for column in zip(*parts, strict=True))
    last = np.append(times[1:] != times[:-1], True) & (times + interval_ns <= end)
    notes = list(source.notes)
    if source.verdict is not None and source.verdict.holes is not None:
        _refuse(source, source.verdict.holes, allow_gaps)
        notes.append(f"{source.verdict.holes.words()}: allowed")
    return Closes(source.symbol, interval_ns, times[last], prices[last], notes)


def closes_of(rows: Records, is_bars: bool, interval_ns: int) -> tuple[NDArray[np.int64], Floats]:
    """(when each interval opened that rows fall into, its last price): of TICK or BAR records, ascending in time."""
    opened = np.asarray(rows["start" if is_bars else "ts"]) // interval_ns * interval_ns
    last = np.append(opened[1:] != opened[:-1], True)
    return opened[last], np.ascontiguousarray(rows["price"], np.float64)[last]


def _refuse(source: Source, holes: Holes | None, allow_gaps: bool) -> None:
    if holes is not None and not allow_gaps:
        raise refuse(source.text, holes)
