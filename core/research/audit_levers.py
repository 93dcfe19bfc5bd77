"""What one incarnation was told by people and heard from sources beyond the tape, in the order in which it took effect."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

from core.commands import Hear
from core.research.audit_past import Pulled
from core.types import Records

#: Rows turned into Python values at once.
PIECE = 4096


class Coming:
    """Taken one after the other.

    Args:
        levers: by the seq they took effect after, of one seq as they were journalled.
        heard: HEARING records, in order.
        sources: (source, symbol) by the numbers in them.
        symbols: of the strategy, by leg.

    Attributes:
        ahead: the next one; None there is none.
    """

    def __init__(self, levers: Iterable[Pulled], heard: Records, sources: Sequence[tuple[str, str]], symbols: Sequence[str]) -> None:
        said = _heard(heard, sources, symbols)
        self._rest = heapq.merge(levers, said, key=lambda pulled: (pulled.after, pulled.ts_ns))
        self.ahead = next(self._rest, None)

    def take(self) -> Pulled:
        """The next one, which there is."""
        taken, self.ahead = self.ahead, next(self._rest, None)
        assert taken is not None
        return taken


def _heard(rows: Records, sources: Sequence[tuple[str, str]], symbols: Sequence[str]) -> Iterator[Pulled]:
    for at in range(0, len(rows), PIECE):
        for after, number, side, confidence, ns, until in rows[at : at + PIECE].tolist():
            source, symbol = sources[number]
            said = Hear(source=source, leg=symbols.index(symbol), side=side, confidence=confidence, at=ns, until=until)
            yield Pulled(after, ns, "hear", said)
