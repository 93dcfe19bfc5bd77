"""What happens to prints on their way to the streams: some stay out, come twice, in another order, or with values nobody should believe.

REST is not touched by any of it: it tells what really traded.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from core.exchange.alterations import Alteration, unaltered
from core.exchange.rows import Kind, Segment, Source

#: An event of a segment: kind, symbol number, row.
Event: TypeAlias = tuple[int, int, int]

_PRINTS = (Kind.TRADE, Kind.AGG)


class Altered(NamedTuple):
    """An event that has left its segment: its own row, and what is done to its payload."""

    kind: int
    symbol: int
    row: tuple[Any, ...]
    alter: Alteration


class _Hold:
    """The next prints of a source, kept until there are enough to turn their order round."""

    def __init__(self) -> None:
        self.wanted = 0
        self.prints: list[Altered] = []

    def take(self, print_: Altered) -> list[Altered]:
        """What can go out now."""
        self.prints.append(print_)
        return self.release() if len(self.prints) >= self.wanted else []

    def release(self) -> list[Altered]:
        """All of them, the last first."""
        self.wanted, out, self.prints = 0, self.prints[::-1], []
        return out


class Disturbances:
    """What is to happen to the events of each source.

    Attributes:
        halted: numbers of the symbols of which nothing goes out.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._withheld: Counter[Source] = Counter()
        self._repeated: Counter[Source] = Counter()
        self._held: dict[Source, _Hold] = {}
        self._poisoned: dict[Source, list[Alteration]] = {}
        self._renamed: dict[int, tuple[float, Alteration]] = {}
        self.halted: set[int] = set()

    def withhold(self, symbol: int, count: int) -> None:
        """Leave the next prints of a symbol out, on each print stream."""
        self._withheld.update({(kind, symbol): count for kind in _PRINTS})

    def repeat(self, symbol: int, count: int) -> None:
        """Send the next prints of a symbol twice, on each print stream."""
        self._repeated.update({(kind, symbol): count for kind in _PRINTS})

    def reorder(self, symbol: int, count: int) -> None:
        """Turn the order of the next prints round, on each print stream."""
        for kind in _PRINTS:
            self._held.setdefault((kind, symbol), _Hold()).wanted += count

    def poison(self, symbol: int, count: int, alter: Alteration) -> None:
        """Alter the next prints of a symbol, on each print stream, after those already told to be."""
        for kind in _PRINTS:
            self._poisoned.setdefault((kind, symbol), []).extend([alter] * count)

    def rename(self, symbol: int, seconds: float, alter: Alteration) -> None:
        """Alter every print of a symbol for a while."""
        self._renamed[symbol] = (self._monotonic() + seconds, alter)

    def apply(self, segment: Segment, events: Sequence[Event]) -> Sequence[Event | Altered]:
        """The events as they go out."""
        if not (self._withheld or self._repeated or self._held or self._poisoned or self._renamed or self.halted):
            return events
        out: list[Event | Altered] = []
        for event in events:
            if event[1] not in self.halted:
                out += [event] if event[0] == Kind.BOOK else self._print(segment, event)
        self._forget_what_is_over()
        return out

    def held_back(self) -> list[Altered]:
        """Prints that still wait for others, in the order they would go out; they wait no longer."""
        out = [print_ for hold in self._held.values() for print_ in hold.release()]
        self._held.clear()
        return out

    def _print(self, segment: Segment, event: Event) -> list[Event | Altered]:
        kind, symbol, row = event
        source = (kind, symbol)
        if self._withheld[source] > 0:
            self._withheld[source] -= 1
            return []
        alter = self._alteration(source)
        hold = self._held.get(source)
        going: list[Event | Altered] = [event]
        if alter is not unaltered or hold is not None:
            print_ = Altered(kind, symbol, segment.rows[kind, symbol][row].item(), alter)
            going = [print_] if hold is None else [*hold.take(print_)]
        if self._repeated[source] > 0 and going:
            self._repeated[source] -= 1
            going.append(going[-1])
        return going

    def _alteration(self, source: Source) -> Alteration:
        queue = self._poisoned.get(source)
        if queue:
            return queue.pop(0)
        until, alter = self._renamed.get(source[1], (0.0, unaltered))
        return alter if self._monotonic() < until else unaltered

    def _forget_what_is_over(self) -> None:
        now = self._monotonic()
        self._withheld, self._repeated = +self._withheld, +self._repeated
        self._held = {source: hold for source, hold in self._held.items() if hold.wanted}
        self._poisoned = {source: queue for source, queue in self._poisoned.items() if queue}
        self._renamed = {symbol: entry for symbol, entry in self._renamed.items() if entry[0] > now}
