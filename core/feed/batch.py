"""What the feed hands on: batches of released ticks, events of gaps, what is to be fetched, and its state in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.feed.spans import Span
from core.types import QUOTE, TICK, Records

GapState = Literal["open", "filled", "lost"]
LinkState = Literal["connecting", "live", "stale", "backoff", "stopped"]
VenueState = Literal["connecting", "live", "degraded", "stale", "backoff", "stopped"]


@dataclass(frozen=True, slots=True)
class GapEvent:
    """A row of the table of gaps, by its key (symbol, stream, from_id, to_id), as it now stands.

    `open`: given up on in time, still being fetched; what comes is late. `filled`: every id came late, but for those
    that have a `lost` row of their own inside it. `lost`: these ids will not come.

    Attributes:
        symbol: index in the process's symbol table.
        from_ns: venue time of the last print before it; 0 unknown.
        to_ns: venue time of the first print after it; 0 unknown.
    """

    symbol: int
    stream: str
    from_id: int
    to_id: int
    from_ns: int
    to_ns: int
    state: GapState
    cause: str


@dataclass(frozen=True, slots=True)
class Spike:
    """A print more than 50 % away from the one before it: released, but worth a look."""

    symbol: int
    id: int
    price: float
    before: float


@dataclass(frozen=True, slots=True)
class Want:
    """Ids to fetch with one page: others wait for them since a moment (monotonic), or nobody does any more (None).

    A `probe` asks whether there is anything after the newest id at all.
    """

    symbol: int
    spans: tuple[Span, ...]
    since: float | None
    probe: bool = False


@dataclass(slots=True)
class Counters:
    """Running totals of one venue's feed since it was made."""

    frames: int = 0
    bytes: int = 0
    ticks: int = 0  # released, in order
    quotes: int = 0
    late: int = 0
    backfilled: int = 0  # fetched over REST, in time or late
    duplicates: int = 0
    stepped_back: int = 0  # duplicates so far back that the venue may have restarted its numbering
    quarantined: int = 0
    malformed: int = 0
    spikes: int = 0
    unwatched: int = 0  # prints of symbols no one watches (any more)
    gaps: int = 0  # gap rows ever opened
    gaps_open: int = 0
    reconnects: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What arrived since the last batch.

    Attributes:
        ticks: TICK in the canonical order, `seq` set.
        late: TICK with `seq` 0 and origin LATE: for the tape only.
        quotes: QUOTE in the order of arrival.
        gaps: changes to the table of gaps, in order.
        held: symbols whose ticks wait for missing ones right now.
        spikes: the prints among `ticks` that jumped.
        counters: the feed's running totals, live: the same object in each batch.
    """

    counters: Counters
    ticks: Records = field(default_factory=lambda: np.empty(0, TICK))
    late: Records = field(default_factory=lambda: np.empty(0, TICK))
    quotes: Records = field(default_factory=lambda: np.empty(0, QUOTE))
    gaps: tuple[GapEvent, ...] = ()
    held: frozenset[int] = frozenset()
    spikes: tuple[Spike, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedState:
    """How the connections of one venue are, in words; the worst of them speaks for all.

    Attributes:
        state: `degraded`: all are live, and of some symbols nothing comes that can be used.
        detail: why it is not live, or empty.
        retry_in_s: seconds from this message to the next try, in `backoff`.
        names: bare symbols on connections that are not live now, or degraded.
    """

    venue: str
    state: VenueState
    detail: str = ""
    retry_in_s: float | None = None
    names: tuple[str, ...] = ()
