"""Where in a home's past a moment lies for one strategy: which incarnation ran, from which of its snapshots it can be run again, and up
to which tick."""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from core.commands import Register
from core.errors import UsageError
from core.research.audit_past import NEVER, Incarnation, Mark, read_past
from core.store.reader import ticks_since
from core.types import SECOND, Records, Symbols

#: What happened so long before a moment is told too, ns.
NEAR_NS = 600 * SECOND


@dataclass
class Place:
    """A moment in the past of one strategy.

    Attributes:
        lives: all its incarnations, in order.
        life: the one that ran at the moment, with what it was told by then alone; None: none did yet.
        marks: snapshots of it to begin from, the best first.
        through: ticks through this seq had come by then, and none of its own between the last it had seen and this.
        seen_ns: of the last of its prints by then, 0 none.
        sources: (source, symbol) by the numbers in what it heard.
    """

    order: Register
    lives: list[Incarnation]
    life: Incarnation | None = None
    marks: list[Mark] = field(default_factory=list)
    through: int = 0
    seen_ns: int = 0
    sources: list[tuple[str, str]] = field(default_factory=list)


def find_place(home: Path, id_: str, at_ns: int) -> Place:
    """Look it up.

    A print counts as come when no later one of its symbols came before it: time is the prints', in the order they were released.

    Raises:
        UsageError: no such strategy was ever registered here.
        StoreError: a file is missing or cannot be read.
    """
    past = read_past(home / "ledger.db", id_)
    if id_ not in past.orders:
        known = ", ".join(sorted(read_past(home / "ledger.db", None).orders)) or "none was ever registered"
        raise UsageError(f"no strategy {id_!r} on the ledger of {home}: {known}")
    order, lives = past.orders[id_], past.incarnations.get(id_, [])
    begun = [(life, mark) for life in lives for mark in (life.start, *life.marks)]
    reading = _Reading(home / "tape.db", order.symbols, [mark.seq for _, mark in begun])
    at = bisect_right(begun, at_ns, key=lambda one: reading.begins_ns(one[1]))
    place = Place(order, lives, sources=past.sources)
    if at == 0:
        return place
    life, newest = begun[at - 1]
    seen, place.seen_ns, after = reading.until(newest.seq, at_ns)
    place.through = after - 1
    held = [one for one in life.levers if one.after < seen or (one.after < after and one.ts_ns <= at_ns)]
    held.sort(key=lambda one: one.after)
    place.life = replace(life, levers=held, marks=[], end=min(place.through, life.end if life.over else NEVER))
    early = bisect_right(begun, at_ns - NEAR_NS, key=lambda one: reading.begins_ns(one[1]))
    mine = [mark for one, mark in begun[:at] if one is life]
    before = sum(one is life for one, _ in begun[:early])
    # those from which what came shortly before is run too, the newest first; then the others, the oldest first
    wanted = [*reversed(mine[:before]), *mine[before:]]
    place.marks = [mark for mark in wanted if reading.is_whole_after(mark.seq)]
    return place


class _Reading:
    """The tape of one strategy's symbols."""

    def __init__(self, tape: Path, names: list[str], seqs: list[int]) -> None:
        self.tape, self.names = tape, names
        self._seqs = seqs
        self._first = cache(self._first_seq)
        self._next_ns = cache(self._first_ns)

    def begins_ns(self, mark: Mark) -> int:
        """When the first print after a snapshot was made; where there is none yet, when it was taken, after all prints there are."""
        return self._next_ns(mark.seq) or max(mark.ts_ns, self._end_ns + 1)

    @cached_property
    def _end_ns(self) -> int:
        """Of the last print there is; 0 where none comes after a snapshot."""
        known = next((seq for seq in reversed(self._seqs) if self._next_ns(seq)), None)
        return 0 if known is None else self.until(known, NEVER)[1]

    def until(self, seq: int, at_ns: int) -> tuple[int, int, int]:
        """Of the prints after a seq: seq and time of the last one by a moment, seq of the next; 0, 0 and NEVER where there is none."""
        last, last_ns = 0, 0
        with contextlib.closing(ticks_since(self.tape, seq, self.names, symbols=Symbols())) as batches:
            for batch in batches:
                late = batch["ts"] > at_ns
                cut = int(late.argmax()) if late.any() else len(batch)
                if cut:
                    last, last_ns = int(batch["seq"][cut - 1]), int(batch["ts"][cut - 1])
                if cut < len(batch):
                    return last, last_ns, int(batch["seq"][cut])
        return last, last_ns, NEVER

    def is_whole_after(self, seq: int) -> bool:
        """Whether no print after a seq can have been dropped from the old end of the tape."""
        return self._first("") == 1 or all(self._first(name) <= seq for name in self.names)

    def _first_seq(self, name: str) -> int:
        first = self._one(0, [name] if name else None)
        return NEVER if first is None else int(first["seq"][0])

    def _first_ns(self, seq: int) -> int:
        first = self._one(seq, self.names)
        return 0 if first is None else int(first["ts"][0])

    def _one(self, seq: int, names: list[str] | None) -> Records | None:
        with contextlib.closing(ticks_since(self.tape, seq, names, symbols=Symbols(), batch=1)) as batches:
            return next(batches, None)
