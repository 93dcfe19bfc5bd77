"""Start-up: the strategies of this home as they were, from the newest snapshot and the ticks and commands since.

It goes the same way as everything live: assignments, ticks and levers are sent to workers in order, and the
reports come back; fills that are already in the ledger are the same fills again.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import structlog

from core.commands import Register, SetLimits
from core.compile import service
from core.compile.blueprint import Blueprint
from core.engine.roster import Entry
from core.errors import CockpitError
from core.store.ledger_reader import read_fills
from core.store.reader import ticks_since
from core.types import Records
from core.workers import frames
from core.workers.frames import Assignment, Lever, Snapshot

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("recovery")

LEVERS = ("pause", "resume", "flatten", "limits", "unregister")
SHOWN_FILLS = 500


class Pulled(NamedTuple):
    """A lever of the past: the seq it took effect after, whose, which."""

    after: int
    id: str
    lever: str
    limits: SetLimits | None


@dataclass
class Past:
    """What the journal says of this home.

    Attributes:
        orders: registrations that were not undone, by id.
        levers: in order.
        ids: every id ever used.
        watched: bare symbols streamed on request.
    """

    orders: dict[str, Register] = field(default_factory=dict)
    levers: list[Pulled] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    watched: dict[str, None] = field(default_factory=dict)

    def levers_since(self, taken: dict[str, int]) -> list[Pulled]:
        """Those that snapshots, by id taken after a seq, do not hold; and every end to a strategy: that one is closing is
        known to the desk alone."""
        return [p for p in self.levers if p.id in taken and (p.after >= taken[p.id] or p.lever in ("close", "drop"))]

    def standing(self, id_: str) -> list[Pulled]:
        """What still holds of all that was said to a strategy that starts afresh: all but flattening."""
        return [p for p in self.levers if p.id == id_ and p.lever != "flatten"]


def fold(rows: list[dict[str, Any]], last_seq: int) -> Past:
    """Read the journal from its beginning. A command that was journalled and never took effect does so at `last_seq`."""
    past = Past()
    for row in rows:
        kind, payload = row["kind"], json.loads(row["payload"])
        after = last_seq if row["after_seq"] is None else row["after_seq"]
        ids = payload.pop("ids", [])
        if kind == "register":
            payload.pop("plan", None)
            order = msgspec.convert(payload, Register)
            assert order.id is not None
            past.orders[order.id] = order
            past.ids.add(order.id)
        elif kind == "gone":
            past.orders.pop(payload["id"], None)
        elif kind in ("watch", "unwatch"):
            for symbol in payload["symbols"]:
                name = symbol.rpartition(":")[2].upper()
                past.watched.pop(name, None)
                if kind == "watch":
                    past.watched[name] = None
        elif kind in LEVERS:
            limits = msgspec.convert(payload, SetLimits) if kind == "limits" else None
            lever = ("drop" if payload.get("keep") else "close") if kind == "unregister" else kind
            past.levers += [Pulled(after, id_, lever, limits) for id_ in ids]
    past.levers = [pulled for pulled in past.levers if pulled.id in past.orders]
    return past


class Recovery:
    """Takes up every strategy of the home."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def run(self) -> list[str]:
        """Restore and replay; returns the bare symbols that must be streamed."""
        engine = self.engine
        rows = await engine.ledger.commands()
        past = fold(rows, engine.last_seq)
        for row in rows:
            if row["after_seq"] is None and row["kind"] in (*LEVERS, "register"):
                engine.ledger.took_effect(row["command_id"], engine.last_seq)  # now: not at every start again
        engine.commands.used_ids |= past.ids
        engine.blotter.recall(await asyncio.to_thread(read_fills, engine.home / "ledger.db", newest=SHOWN_FILLS))
        snapshots = {
            row["strategy_id"]: Snapshot(row["strategy_id"], row["seq"], row["layout_hash"], row["source_hash"], row["state"])
            for row in await engine.ledger.snapshots()
        }
        edited: list[tuple[Entry, Snapshot | None]] = []
        taken: dict[str, int] = {}
        for id_, order in past.orders.items():
            entry = engine.roster.entries[id_] = Entry(id_, order, None)
            snapshot = snapshots.get(id_)
            try:
                plan = await service.build(engine.folders, order.name, order.params)
            except CockpitError as error:
                entry.fail(str(error))
                engine.alarms.raise_(f"strategy {id_}", "critical", f"{id_} did not start: {error}")
                continue
            entry.plan = msgspec.convert(plan, Blueprint, builtin_types=(bytes,))
            if entry.plan.legs != len(order.symbols):
                entry.fail(f"its file was edited: it trades {entry.plan.legs} symbols now, and was registered on {len(order.symbols)}")
                continue
            if snapshot is None or snapshot.source_hash != entry.plan.source_hash:
                edited.append((entry, snapshot))
                continue
            await self._assign(entry, snapshot)
            taken[id_] = snapshot.seq
        if taken:
            await self._replay(min(taken.values()), past.levers_since(taken))
        for entry, snapshot in edited:
            if snapshot is not None:
                engine.alarms.note("warning", f"{entry.id}: its file was edited: state started afresh, the position stays")
            await self._start_afresh(entry, snapshot, past.standing(entry.id))
        names = [engine.bare(symbol) for entry in engine.roster for symbol in entry.order.symbols]
        log.info("recovered", strategies=len(engine.roster), replayed_from=min(taken.values(), default=None), last_seq=engine.last_seq)
        return list(dict.fromkeys([*past.watched, *names]))

    async def _start_afresh(self, entry: Entry, snapshot: Snapshot | None, standing: list[Pulled]) -> None:
        """Warm it up, with the books of its snapshot; what was said to it before still holds, and is in its new snapshot."""
        await self.engine.commands.start(entry, None, snapshot)
        for pulled in standing:
            self._pull(pulled)
        worker = self.engine.pool.holding(entry.id)
        if standing and worker is not None:
            worker.send(frames.frame(frames.SNAP))

    async def _assign(self, entry: Entry, snapshot: Snapshot) -> None:
        engine = self.engine
        assert entry.plan is not None
        worker = await engine.pool.place()
        worker.strategies.add(entry.id)
        legs = {engine.symbols.add(symbol): leg for leg, symbol in enumerate(entry.order.symbols)}
        assignment = Assignment(
            id=entry.id, plan=entry.plan, terms=entry.terms, legs=legs, snapshot=snapshot.data, layout=snapshot.layout, seq=snapshot.seq
        )
        worker.send(frames.message(frames.ASSIGN, assignment))
        worker.want(worker.wanted | set(legs))
        entry.state = "warming" if entry.plan.warmup else "running"

    async def _replay(self, seq: int, levers: list[Pulled]) -> None:
        """Send the ticks after `seq`, with the levers at the places where they took effect."""
        engine = self.engine
        symbols = sorted({symbol for entry in engine.roster for symbol in entry.order.symbols})
        batches = ticks_since(engine.home / "tape.db", seq, symbols, symbols=engine.symbols)
        count = 0
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            levers = self._send(batch, levers)
            engine.recent.add(batch)
            count += len(batch)
            await engine.pool.wait_room()
        for pulled in levers:
            self._pull(pulled)
        log.info("replayed", ticks=count, after_seq=seq)

    def _send(self, batch: Records, levers: list[Pulled]) -> list[Pulled]:
        """Send a batch, cut where levers took effect; returns the levers that come later."""
        done = 0
        last = int(batch["seq"][-1])
        while levers and levers[0].after < last:
            pulled = levers.pop(0)
            cut = int(np.searchsorted(batch["seq"], pulled.after, "right"))
            if cut > done:
                self.engine.pool.send_ticks(batch[done:cut])
                done = cut
            self._pull(pulled)
        if done < len(batch):
            self.engine.pool.send_ticks(batch[done:])
        return levers

    def _pull(self, pulled: Pulled) -> None:
        worker = self.engine.pool.holding(pulled.id)
        if worker is not None:
            worker.send(frames.message(frames.LEVER, Lever(id=pulled.id, lever=pulled.lever, limits=pulled.limits)))
