"""What strategies hear of sources beyond the tape, among their other levers: who hears, what a snapshot holds of it, what was heard before.

What is heard has no number as commands have: heard a second time at its place it changes nothing, so that whatever a snapshot may not
hold is heard again, from the ledger's `heard` and not from its journal of commands.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from core.commands import Hear, Register, Said, SetLimits
from core.store.heard import Told
from core.trading.bounds import FREE, Bound
from core.workers.frames import Lever, Snapshot

if TYPE_CHECKING:
    from core.engine.roster import Entry

#: In these states nobody is there to hear anything.
_DEAF = ("starting", "failed")


def listens(entry: Entry, source: str, symbol: str) -> bool:
    """Whether a strategy runs and hears what this source says of this symbol."""
    return entry.plan is not None and source in entry.plan.sources and symbol in entry.order.symbols and entry.state not in _DEAF


def holds(snapshot: Snapshot, after: int, told: Lever) -> bool:
    """Whether a snapshot holds what was said after a seq; of what was heard at its own seq the number tells, which counts anew in each
    life of an engine: 0 is of an earlier one."""
    if told.lever == "hear":
        return after < snapshot.seq or (after == snapshot.seq and 0 < told.heard <= snapshot.heard)
    return told.number <= snapshot.told


class Pulled(NamedTuple):
    """A lever of the past: the seq it took effect after, when it was journalled, whose, which; where that is limits, what a person
    asked for, why the venue halted it, and what the account let it do."""

    after: int
    ts_ns: int
    id: str
    lever: str
    said: Said
    asked: SetLimits | None = None
    halted: str = ""
    bound: Bound = FREE
    number: int = 0


def in_order(levers: Iterable[Pulled], told: Told, order: Register) -> Iterator[Pulled]:
    """The levers of one strategy and what it heard among them: by the seq they took effect after, of one seq by time."""
    ours = (pulled for pulled in levers if pulled.id == order.id)
    return heapq.merge(ours, _heard_before(told, order), key=lambda pulled: (pulled.after, pulled.ts_ns))


def _heard_before(told: Told, order: Register) -> Iterator[Pulled]:
    if order.id is None or order.id not in told.rows:
        return
    for after, number, side, confidence, at, until in told.rows[order.id].tolist():
        source, symbol = told.sources[number]
        said = Hear(source=source, leg=order.symbols.index(symbol), side=side, confidence=confidence, at=at, until=until)
        yield Pulled(after, at, order.id, "hear", said)
