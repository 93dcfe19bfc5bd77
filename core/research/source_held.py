"""All rows of a source at once, for what looks at them again and again: as long as there is memory for them, measured before the first."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import SourceError
from core.research.source import Source
from core.research.source_name import clean
from core.research.source_room import room, sized, with_size
from core.types import Records, copied, join


class TooLarge(SourceError):
    """Rows that do not fit in memory."""


def hold_rows(source: Source, told: Callable[[Source, int], None] | None = None) -> Records:
    """Read them all.

    Args:
        told: called with the source and how many rows there are so far.

    Raises:
        TooLarge: they do not fit, with the size of the source.
        SourceError: what cannot be read.
    """
    parts: list[Records] = []
    done, most = 0, room() * 3 // 4  # to join them takes as much again
    try:
        for batch in source.batches():
            parts.append(copied(batch))
            done += len(batch)
            if done * batch.itemsize > most:
                raise _too_large(
                    source, f"its first {done:,} rows take {sized(done * batch.itemsize)}, and {sized(most)} may be taken here"
                )
            if told is not None:
                told(source, done)
        return join(parts, parts[0].dtype)
    except MemoryError:
        raise _too_large(source, f"there is none left after {done:,} rows") from None


def _too_large(source: Source, why: str) -> TooLarge:
    return TooLarge(
        f"{with_size(clean(source.text), source.total_bytes)} does not fit in memory: {why}: choose a shorter span with --from and --to"
    )
