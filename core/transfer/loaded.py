"""What an import is asked for, and what it has come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from core.transfer.fetch import Came
from core.transfer.intake import Counts

#: The streams of a tape, by the word for them here.
STREAMS = {"agg": "aggTrade", "trade": "trade"}

#: Venues whose trade ids go up by one.
DENSE = frozenset({"binance"})


@dataclass
class Loaded:
    """What an import has come to; kept up while it runs.

    Attributes:
        files: files that are done.
        of_files: files there are.
        series: what was imported, by `venue:SYMBOL stream`.
        holes: stretches of ids that these series list as missing, once it is done.
        missing: ids in them.
        notes: what was set right or passed over.
        absent: days the venue has no dump of (yet), as `SYMBOL DAY`.
        known: days that were imported before and not fetched again.
        bytes: of dumps that were fetched.
        fetching: what is fetched just now, and how far it is.
        sealed: ticks that were sealed meanwhile; `sealing`: it does so just now.
        part: how much of all there is to do is done, 0..1.
    """

    files: int = 0
    of_files: int = 0
    series: dict[str, Counts] = field(default_factory=dict)
    holes: int = 0
    missing: int = 0
    notes: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    bytes: int = 0
    fetching: tuple[str, Came] | None = None
    sealed: int = 0
    sealing: bool = False
    part: float = 0.0
    elapsed_s: float = 0.0

    def total(self, name: str) -> int:
        """One of the counts over all series."""
        return sum(int(getattr(counts, name)) for counts in self.series.values())

    def document(self) -> dict[str, Any]:
        """As the one document of `--json`."""
        totals = {name: self.total(name) for name in ("rows", "new", "there", "different", "closed")}
        rest = {
            "holes": self.holes,
            "missing": self.missing,
            "sealed": self.sealed,
            "absent": self.absent,
            "known": self.known,
            "notes": self.notes,
            "elapsed_s": round(self.elapsed_s, 3),
        }
        return {"files": self.files, **totals, "series": {name: asdict(counts) for name, counts in self.series.items()}, **rest}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the files is to be imported; None: what they are by themselves.

    Attributes:
        symbol: whose prints.
        stream: aggTrade or trade.
    """

    symbol: str | None = None
    stream: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None


#: Called as an import goes on.
Tell = Callable[[Loaded], None]
