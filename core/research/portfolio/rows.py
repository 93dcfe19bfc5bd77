"""The rows of a portfolio: each source is read once, however many legs trade on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.order import refuse_holes
from core.research.portfolio.legs import Ask, Known, Leg
from core.research.source import Source
from core.research.source_held import TooLarge, hold_rows
from core.research.sources import open_sources
from core.types import Records

#: What makes two legs share their rows.
Key: TypeAlias = tuple[tuple[str, ...], str | None]

Telling: TypeAlias = Callable[[Source, int], None]

_AT_ONCE = 1 << 20


class Held(Source):
    """Rows in memory, as a source of their own.

    Args:
        like: the source they were read from.
    """

    def __init__(self, like: Source, rows: Records) -> None:
        super().__init__(like.text, like.kind, like.form, like.symbol, like.interval_ns)
        self.rows, self.notes, self.total_rows, self.verdict = rows, list(like.notes), len(rows), like.verdict

    @property
    def bars(self) -> bool:
        """Whether the rows are BAR records, else TICK."""
        return self.kind == "bars"

    @property
    def when(self) -> NDArray[np.int64]:
        """Times of the rows, ns UTC; of bars, when they open."""
        return np.asarray(self.rows["start" if self.bars else "ts"])

    @property
    def last_ns(self) -> int:
        """The last moment that the rows tell of: of bars, the one before the last closes."""
        return int(self.rows["ts"][-1]) - self.bars

    def batches(self) -> Iterator[Records]:
        """As `Source.batches`."""
        for start in range(0, len(self.rows), _AT_ONCE):
            yield self.rows[start : start + _AT_ONCE]

    def between(self, from_ns: int | None, to_ns: int | None) -> Held:
        """The rows that a source opened on this span would have; bars those wholly inside."""
        first = 0 if from_ns is None else int(np.searchsorted(self.when, from_ns))
        last = len(self.rows) if to_ns is None else int(np.searchsorted(self.rows["ts"], to_ns, side="right" if self.bars else "left"))
        return Held(self, self.rows[first:last])


def key_of(leg: Leg) -> Key:
    """Legs of one key trade on the same rows."""
    return leg.sources, leg.symbol


def read_rows(ask: Ask, known: Sequence[Known], telling: Telling | None, stage: Callable[[str], None] | None) -> dict[Key, Held | str]:
    """The rows of every key, from where the leg that needs most begins to warm up; why they cannot be read, where they cannot.

    Raises:
        UsageError: a source cannot be opened; the line names the leg.
    """
    opened: dict[Key, Source] = {}
    for one in known:
        if key_of(one.leg) not in opened:
            opened[key_of(one.leg)] = _opened(ask, one.leg, [other for other in known if key_of(other.leg) == key_of(one.leg)])
    found: dict[Key, Held | str] = {}
    for number, (key, source) in enumerate(opened.items(), 1):
        if stage is not None:
            stage(f"read {number}/{len(opened)}")
        found[key] = _read(source, telling)
    return found


def _opened(ask: Ask, leg: Leg, sharing: Sequence[Known]) -> Source:
    reaches = [one.reach_ns for one in sharing]
    reach = None if None in reaches else min(at for at in reaches if at is not None)
    try:
        source = open_sources(leg.sources, symbol=leg.symbol, home=ask.home, from_ns=reach, to_ns=ask.to_ns, cache=ask.cache)
        source.since_ns = ask.from_ns or 0
        refuse_holes(source.text, source.listed(), ask.allow_gaps)
        return source
    except SourceError as error:
        raise type(error)(f"leg {leg.name}: {error}") from None


def _read(source: Source, telling: Telling | None) -> Held | str:
    try:
        return Held(source, hold_rows(source, telling))
    except TooLarge:
        raise
    except SourceError as error:
        return str(error)
