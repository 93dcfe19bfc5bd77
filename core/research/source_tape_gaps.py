"""What a stretch of tape lacks, by its own table of gaps: ids that are still looked for, or will not come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.research.source_verdict import Hole, Holes

if TYPE_CHECKING:
    from core.store.gaps import Gap

#: The cause of ids that came and were no market data: nothing that a strategy could have been given.
REFUSED = "quarantined"


def lacks(path: Path, symbol: str, stream: str) -> list[Gap]:
    """The gaps of a series that are open or lost, by id.

    Raises:
        StoreError: the tape cannot be read.
    """
    from core.store.tape_stats import read_gaps

    series = (symbol, stream)
    return [gap for gap in read_gaps(path) if (gap.symbol, gap.stream) == series and gap.state != "filled" and gap.cause != REFUSED]


def listed_between(gaps: Sequence[Gap], from_ns: int | None, to_ns: int | None, since_ns: int) -> list[Gap]:
    """Those that lie between two prints of a stretch by their times; the times of some are not known."""
    return [
        gap
        for gap in gaps
        if gap.from_ns is not None and gap.to_ns is not None
        and (from_ns is None or gap.from_ns >= from_ns) and (to_ns is None or gap.to_ns < to_ns) and ends_after(gap, since_ns)
    ]  # fmt: skip


def ends_after(gap: Gap, since_ns: int) -> bool:
    """Whether a gap ends after a time, or nobody knows."""
    return gap.to_ns is None or gap.to_ns > since_ns


def lacking(gaps: Sequence[Gap]) -> Holes | None:
    """Gaps as holes; None without any."""
    if not gaps:
        return None
    sizes = [gap.to_id - gap.from_id + 1 for gap in gaps]
    largest = gaps[sizes.index(max(sizes))]
    since = largest.from_ns if largest.from_ns is not None else largest.to_ns
    until = largest.to_ns if largest.to_ns is not None else since
    return Holes("trade id", sum(sizes), len(gaps), Hole(max(sizes), since or 0, until or 0))
