"""What the exchange serves: a market, recorded or generated, cut into numbered segments of which some are already released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.exchange.bars import Bar
from core.exchange.rows import Kind, Segment
from core.exchange.timeline import Timeline
from core.types import Records


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as the exchange lists it; `tick` and `step` in units of 1e-8."""

    symbol: str
    base: str
    quote: str
    tick: int
    step: int


class Market(Protocol):
    """A market in segments, in the order of time; ids of a symbol grow through them.

    Attributes:
        listings: its symbols; their place is their number.
        live: on the wall clock (a generated market), else on a timeline of its own that is played (a recording).
        visible: ns on its timeline; what is due by then has been released, and REST may tell of it.
        segment_ns: how long every segment lasts; 0 when there is only one.
        timeline: how a live market's own time goes; rows that are not released change with it.
    """

    listings: list[Listing]
    live: bool
    visible: int
    segment_ns: int
    timeline: Timeline

    def first(self) -> int:
        """Number of the oldest segment it can tell of to who asks by time."""
        ...

    def last(self) -> int:
        """Number of the newest segment that is released, in part at least."""
        ...

    def number_at(self, when: int) -> int:
        """Number of the segment in which a moment (ns) lies."""
        ...

    def number_of(self, kind: Kind, symbol: int, row_id: int) -> int:
        """Number of the segment that holds a trade or aggregate id, or the nearest there is: by id it can tell of every print there was."""
        ...

    def rows(self, kind: Kind, symbol: int, number: int) -> Records:
        """All rows of one kind, symbol and segment, released or not."""
        ...

    def segment(self, number: int) -> Segment | None:
        """A segment to play; None after the last."""
        ...

    def day(self, symbol: int) -> Bar | None:
        """The last 24 h as one bar, whose `start` is where they begin; None before the first trade."""
        ...

    def clock_us(self) -> int:
        """The market's current time, µs."""
        ...
