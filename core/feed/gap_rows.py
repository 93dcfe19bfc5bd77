"""The rows one symbol has in the table of gaps: opened at a deadline, shrunk by what comes late, closed as filled or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.feed.batch import GapEvent, GapState
from core.feed.spans import Span, cut, overlap


@dataclass(slots=True)
class _Row:
    event: GapEvent
    left: list[Span]
    filled: bool = False  # at least one id came


class GapRows:
    """The open rows of one symbol. Keys never change: a part that is lost for good gets a `lost` row of its own."""

    def __init__(self, symbol: int, stream: str, open_rows: Sequence[GapEvent] = ()) -> None:
        self.symbol = symbol
        self.stream = stream
        self._rows = [_Row(event, [(event.from_id, event.to_id)]) for event in open_rows]

    def __len__(self) -> int:
        return len(self._rows)

    def wanted(self) -> list[Span]:
        """Ids that are still worth fetching, ascending."""
        return sorted(span for row in self._rows for span in row.left)

    def open(self, first: int, last: int, from_ns: int, to_ns: int, cause: str) -> GapEvent:
        """These ids did not come in time."""
        event = self._event(first, last, from_ns, to_ns, "open", cause)
        self._rows.append(_Row(event, [(first, last)]))
        return event

    def lost(self, first: int, last: int, from_ns: int, to_ns: int, cause: str) -> GapEvent:
        """The row of ids that were never waited for past a deadline, and will not come."""
        return self._event(first, last, from_ns, to_ns, "lost", cause)

    def fill(self, first: int, last: int) -> list[GapEvent]:
        """These ids came late."""
        for row in self._touched(first, last):
            row.left = cut(row.left, first, last)
            row.filled = True
        return self._close()

    def lose(self, first: int, last: int, cause: str) -> list[GapEvent]:
        """These ids, where they are still wanted, will not come."""
        events = []
        for row in self._touched(first, last):
            gap = row.event
            gone = overlap(row.left, first, last)
            row.left = cut(row.left, first, last)
            if gone != [(gap.from_id, gap.to_id)]:
                events += [self._event(a, b, gap.from_ns, gap.to_ns, "lost", cause) for a, b in gone]
            else:
                row.event = self._event(gap.from_id, gap.to_id, gap.from_ns, gap.to_ns, "open", cause)
        return events + self._close()

    def _touched(self, first: int, last: int) -> list[_Row]:
        return [row for row in self._rows if overlap(row.left, first, last)]

    def _close(self) -> list[GapEvent]:
        """Take out the rows that want nothing more."""
        done = [row for row in self._rows if not row.left]
        if done:
            self._rows = [row for row in self._rows if row.left]
        return [
            self._event(gap.from_id, gap.to_id, gap.from_ns, gap.to_ns, "filled" if row.filled else "lost", gap.cause)
            for row in done
            for gap in (row.event,)
        ]

    def _event(self, first: int, last: int, from_ns: int, to_ns: int, state: GapState, cause: str) -> GapEvent:
        return GapEvent(self.symbol, self.stream, first, last, from_ns, to_ns, state, cause)
