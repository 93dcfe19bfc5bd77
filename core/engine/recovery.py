"""Start-up: the strategies of this home as they were, from the newest snapshot and the ticks and commands since.

It goes the same way as everything live: assignments, ticks and levers are sent to workers in order, and the
reports come back; fills that are already in the ledger are the same fills again.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import structlog

from core.compile.blueprint import Blueprint
from core.engine.hearing import in_order
from core.engine.journalled import Past, fold
from core.engine.roster import Entry
from core.engine.starting import build_all, fits, start
from core.errors import CockpitError, StrategyError
from core.store.journal import LEVERS, lines_of
from core.store.ledger_reader import read_days, read_fills
from core.workers.frames import Lever, Snapshot
from core.workers.worker import Worker

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("recovery")

SHOWN_FILLS = 500

#: Of so many newest fills of a strategy one is its last.
NEWEST = 20


def _told(payload: str) -> int:
    """The number of the last command that a snapshot holds."""
    return int(json.loads(payload).get("told", 0))


def _begins(snapshot: Snapshot, plan: Blueprint) -> str:
    """What becomes of a strategy that cannot go on from its snapshot."""
    if fits(snapshot, plan):
        return "its file was edited: state started afresh, the position stays"
    return "this cockpit keeps books in another way: state started afresh, the position and its P&L are those of its fills"


class Recovery:
    """Takes up every strategy of the home."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def run(self) -> list[str]:
        """Restore and replay; returns the bare symbols that must be streamed."""
        engine = self.engine
        rows = await engine.ledger.commands()
        past = fold(rows, engine.last_seq)
        if engine.external is not None:
            engine.external.recall(lines_of(rows))
        for row in rows:
            if row["after_seq"] is None and row["kind"] in (*LEVERS, "register"):
                engine.ledger.took_effect(row["command_id"], engine.last_seq)  # now: not at every start again
        engine.commands.used_ids |= past.ids
        engine.limiting.standard = past.standard
        engine.blotter.recall(await asyncio.to_thread(read_fills, engine.home / "ledger.db", newest=SHOWN_FILLS))
        snapshots = {
            row["strategy_id"]: Snapshot(
                row["strategy_id"], row["seq"], row["layout_hash"], row["source_hash"], row["state"], told=_told(row["payload"])
            )
            for row in await engine.ledger.snapshots()
        }
        running = [snapshot.seq for id_, snapshot in snapshots.items() if id_ in past.orders and id_ not in past.failed]
        past.heard = await engine.ledger.heard.told_since(min(running, default=engine.last_seq))
        known: list[Entry] = []
        afresh: list[Entry] = []
        ready = asyncio.ensure_future(engine.pool.prepare(len(past.orders)))
        plans = await build_all(engine, list(past.orders.values()))
        await ready
        for (id_, order), plan in zip(past.orders.items(), plans, strict=True):
            entry = engine.roster.entries[id_] = Entry(id_, order, None)
            self._recall(entry, past, snapshots.get(id_))
            try:
                taken_up = self._plan(entry, plan, past.failed.get(id_))
            except CockpitError as error:
                entry.fail(str(error))
                engine.alarms.raise_(f"strategy {id_}", "critical", f"{id_} did not start: {error}")
                continue
            (known if taken_up else afresh).append(entry)
        await asyncio.to_thread(self._find_reported, list(engine.roster))
        engine.positions.begin()
        await engine.desk.log.recall()
        count = await self._take_up([entry for entry in known if entry.state != "failed"])
        for entry in afresh:
            await self._start_afresh(entry)
        names = [engine.bare(symbol) for entry in engine.roster for symbol in entry.order.symbols]
        log.info("recovered", strategies=len(engine.roster), replayed=count, last_seq=engine.last_seq)
        return list(dict.fromkeys([*past.watched, *names]))

    def _find_reported(self, entries: list[Entry]) -> None:
        """What these did after their snapshots is on the ledger: should one end before it has done it again, it ended there."""
        for entry in entries:
            newest = read_fills(self.engine.home / "ledger.db", entry.id, newest=NEWEST)  # by time: legs may differ a little in that
            entry.days = read_days(self.engine.home / "ledger.db", entry.id)
            entry.filled = max((int(fill["fill_id"].rpartition(":")[2]) for fill in newest), default=0)
            entry.reported = max([entry.reported, entry.since, *(fill["seq"] for fill in newest)])

    def _recall(self, entry: Entry, past: Past, snapshot: Snapshot | None) -> None:
        """What the journal and the snapshot say of one strategy."""
        entry.begun.set()
        entry.snapshot = snapshot
        entry.since, entry.begun_ns = past.since[entry.id], past.begun[entry.id]
        entry.reached = self.engine.last_seq
        for pulled in in_order(past.levers, past.heard, entry.order):
            entry.tell(pulled.after, Lever(id=pulled.id, lever=pulled.lever, said=pulled.said, number=pulled.number, after=pulled.after))
            if pulled.asked is not None:
                entry.limits = pulled.asked
                entry.halted = pulled.halted
                entry.bind(pulled.bound)
        if snapshot is not None:
            entry.keep(snapshot)

    def _plan(self, entry: Entry, plan: Blueprint | str, failed: dict[str, str] | None) -> bool:
        """Give a strategy its plan; True where it can go on as it was, False where it must begin afresh.

        Raises:
            CockpitError: its file does not load, or does not fit its registration any more.
        """
        engine, order = self.engine, entry.order
        if isinstance(plan, str):
            raise StrategyError(plan)
        entry.plan = plan
        if plan.legs != len(order.symbols):
            raise CockpitError(f"its file was edited: it trades {plan.legs} symbols now, and was registered on {len(order.symbols)}")
        snapshot = entry.snapshot
        same = snapshot is not None and snapshot.source_hash == plan.source_hash
        if failed is not None and (same or snapshot is None):
            entry.fail(failed["line"], failed.get("traceback", ""))
            if entry.stance.keys() & {"close", "drop"}:  # nothing runs it: there is nothing to wait for
                engine.answers.remove(entry.id)
            else:
                engine.alarms.raise_(f"strategy {entry.id}", "critical", f"{entry.id} failed: {failed['line']}")
            return True
        return same

    async def _take_up(self, entries: list[Entry]) -> int:
        """Put strategies on workers as they were; returns ticks read to bring them to now."""
        engine = self.engine
        workers: list[Worker] = []
        number = min(len(entries), engine.pool.size)
        for k in range(number):
            worker = await engine.pool.place()
            engine.supply.take_up(worker, entries[k::number], engine.last_seq)
            workers.append(worker)
        for entry in entries:
            assert entry.plan is not None
            entry.state = "warming" if entry.plan.warmup else "running"
        return await engine.supply.catch_up(*workers)

    async def _start_afresh(self, entry: Entry) -> None:
        """It was edited, or never got to its first snapshot: warmed up anew; what was said to it before still holds."""
        engine, plan = self.engine, entry.plan
        assert plan is not None
        edited = entry.snapshot is not None
        if entry.snapshot is not None:
            engine.alarms.note("warning", f"{entry.id}: {_begins(entry.snapshot, plan)}")
            engine.journal.note("edited", {"id": entry.id, "source_hash": plan.source_hash}, engine.last_seq)
        engine.ledger.add_source(plan.source_hash, plan.name, plan.source)
        entry.begin_again(plan, "edited" if edited else "registered")
        await start(engine, entry)
