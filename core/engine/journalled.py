"""What the journal says of a home: which strategies run, and all they were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.commands import Register, SetLimits
from core.engine.hearing import Pulled
from core.store.heard import Told
from core.store.journal import Line, lines_of
from core.trading.bounds import Bound


@dataclass
class Past:
    """What the journal says of this home.

    Attributes:
        orders: registrations that were not undone, by id.
        since: the seq each registration took effect after.
        begun: when each was registered.
        told: how many levers each id was given.
        levers: in order.
        heard: what strategies heard since their snapshots.
        failed: the line of each strategy that failed and was not resumed.
        ids: every id ever used.
        watched: bare symbols streamed on request.
        standard: limits that were set for all.
    """

    orders: dict[str, Register] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    levers: list[Pulled] = field(default_factory=list)
    failed: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    watched: dict[str, None] = field(default_factory=dict)
    standard: SetLimits | None = None
    heard: Told = field(default_factory=lambda: Told([], {}))

    def pull(self, line: Line, after: int) -> None:
        """A lever, for each of those it was said to."""
        limits = line.said if isinstance(line.said, SetLimits) else None
        asked = _asked(limits, line.payload) if limits else None
        for id_ in line.ids:
            self.told[id_] = self.told.get(id_, 0) + 1
            halted, bound = str(line.payload.get("reason", "")), Bound(*line.payload.get("bound", ()))
            self.levers.append(Pulled(after, line.ts_ns, id_, line.lever, line.said, asked, halted, bound, self.told[id_]))
            if line.lever == "resume":
                self.failed.pop(id_, None)
        if limits is not None and limits.id is None:
            self.standard = limits

    def stream(self, symbols: list[str], *, wanted: bool) -> None:
        """Symbols that are streamed on request from here on, or no more."""
        for symbol in symbols:
            name = symbol.rpartition(":")[2].upper()
            self.watched.pop(name, None)
            if wanted:
                self.watched[name] = None


def fold(rows: list[dict[str, Any]], last_seq: int) -> Past:
    """Read the journal from its beginning. A command that was journalled and never took effect does so at `last_seq`."""
    past = Past()
    for line in lines_of(rows):
        after = last_seq if line.after is None else line.after
        if line.order is not None and line.order.id is not None:
            id_ = line.order.id
            past.orders[id_] = line.order
            past.since[id_], past.begun[id_] = after, line.ts_ns
            past.ids.add(id_)
        elif line.kind == "gone":
            past.orders.pop(line.ids[0], None)
        elif line.kind == "failed":
            past.failed[line.ids[0]] = line.payload
        elif line.kind == "edited":
            past.failed.pop(line.ids[0], None)
        elif line.kind in ("watch", "unwatch"):
            past.stream(line.payload["symbols"], wanted=line.kind == "watch")
        elif line.lever:
            past.pull(line, after)
    past.levers = [pulled for pulled in past.levers if pulled.id in past.orders]
    return past


def _asked(limits: SetLimits, payload: dict[str, Any]) -> SetLimits:
    """What a person had asked for when these limits were told."""
    position = payload.get("asked_position", limits.max_position)
    return msgspec.structs.replace(limits, mode=payload.get("asked", limits.mode), max_position=position)
