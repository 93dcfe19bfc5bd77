"""What a screen may know of a source before anything is run over it."""

from __future__ import annotations

from msgspec import Struct


class Lacking(Struct, frozen=True):
    """What is missing in a span of some tapes.

    Attributes:
        missing, places: ids, and the gaps they are in.
        open: of the ids, how many are still looked for.
        from_ns, to_ns: the longest stretch without a gap; None where it begins or ends as the span does.
        length_ns: how long that is; 0 where there is none.
    """

    missing: int
    places: int
    open: int
    from_ns: int | None
    to_ns: int | None
    length_ns: int
