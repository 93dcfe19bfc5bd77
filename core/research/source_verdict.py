"""How good the rows of a source were: figures, plain words and one verdict."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from core.clock import iso
from core.errors import SourceError
from core.research.source_name import clean
from core.types import SECOND

Word: TypeAlias = Literal["good", "gaps", "doubtful"]


class Hole(msgspec.Struct, frozen=True):
    """Rows that are not there: how many, the time of the last one before them and of the first one after them (ns UTC)."""

    count: int
    from_ns: int
    to_ns: int


class Holes(msgspec.Struct, frozen=True):
    """What is missing between the first and the last row.

    Attributes:
        what: "trade id" or "bar".
        missing: how many in all.
        places: in how many stretches.
        largest: of these stretches.
    """

    what: str
    missing: int
    places: int
    largest: Hole

    def words(self) -> str:
        """`3 trade ids are missing in 2 places, the largest 2 from … to …`."""
        at = self.largest
        most = f", the largest {at.count:,}" if self.places > 1 else ""
        are = "is" if self.missing == 1 else "are"
        where = f"{counted(self.places, 'place')}{most} from {moment(at.from_ns)} to {moment(at.to_ns)}"
        return f"{counted(self.missing, self.what)} {are} missing in {where}"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of the rows of a source.

    Attributes:
        verdict: `gaps`: data is missing that there was; `doubtful`: something missing or odd, in `words`; else `good`.
        rows: rows looked at.
        holes: what makes the verdict `gaps`; None where nothing does.
        small: what is missing and may never have been: ids a venue leaves out, bars without a trade.
        moved, dropped: rows that were out of order, and duplicates.
        outliers: prices far off the one before and the one after, which agree.
        flat: rows of the longest stretch at one price.
        step_ns: median step from row to row that is not 0; 0 unknown.
        silence: the longest step; None where there is none.
        odd: what else is odd, one phrase each.
    """

    verdict: Word
    rows: int
    holes: Holes | None = None
    small: Holes | None = None
    moved: int = 0
    dropped: int = 0
    outliers: int = 0
    flat: int = 0
    step_ns: int = 0
    silence: Hole | None = None
    odd: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """All of it, one phrase each."""
        return [*([self.holes.words()] if self.holes else []), *([_perhaps(self.small)] if self.small else []), *self.odd]

    def gaps(self) -> dict[str, Any] | None:
        """The holes in plain JSON types: `what` `missing` `places` `largest` `from_ns` `to_ns`; None without any."""
        if self.holes is None:
            return None
        holes, at = self.holes, self.holes.largest
        return {
            "what": f"{holes.what}s", "missing": holes.missing, "places": holes.places, "largest": at.count, "from_ns": at.from_ns,
            "to_ns": at.to_ns,
        }  # fmt: skip


class GapsError(SourceError):
    """A source that lacks data, and nobody said to go on without."""


def refuse(text: str, holes: Holes) -> GapsError:
    """The refusal of a source with holes: how many, the largest, from when to when, and how to go on."""
    return GapsError(f"{clean(text)}: {holes.words()}; get what is missing, or go on without it: --allow-gaps")


def _perhaps(small: Holes) -> str:
    at = small.largest
    why = "the venue leaves some out" if small.what == "trade id" else "nothing was traded, or the market was closed"
    return (
        f"{counted(small.missing, small.what)} not there, in {counted(small.places, 'place')}, at most {at.count:,} at once: perhaps {why}"
    )


def counted(count: int, what: str) -> str:
    """`1 bar`, `2,000 bars`."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def moment(ns: int) -> str:
    """A time for a sentence, to the second."""
    return f"{iso(ns - ns % SECOND)[:19]}Z"
