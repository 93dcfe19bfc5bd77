"""What the workers say: reports of the loop, figures, snapshots, failures, goodbyes."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import structlog

from core.engine.blotter import Rows
from core.errors import CockpitError
from core.kernels.records import REPORT
from core.workers import frames
from core.workers.frames import Failure, Figures, Snapshot
from core.workers.worker import Worker

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("answers")

PATIENCE_S = 10.0


class Answers:
    """Takes every frame of every worker.

    Attributes:
        heard: set at each round of figures.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.heard = asyncio.Event()
        self._questions = 0
        self._owing: dict[int, set[int]] = {}

    async def catch_up(self, *, save: bool = False) -> bool:
        """Wait until every worker has done all it was given, told its figures and, with `save`, sent its snapshots;
        False when one did not in time."""
        pool = self.engine.pool
        goals = {worker: worker.given_seq for worker in pool.workers if worker.slots}
        done = await self.until(lambda: self._nobody_away() and all(_done(worker, goal) for worker, goal in goals.items()), PATIENCE_S)
        self._questions += 1
        number = self._questions
        owing = self._owing[number] = {worker.number for worker in pool.workers if worker.slots}
        pool.broadcast((frames.frame(frames.SNAP) if save else b"") + frames.frame(frames.STATUS, b"", number))
        try:
            return await self.until(lambda: not owing, PATIENCE_S) and done
        finally:
            del self._owing[number]

    def _nobody_away(self) -> bool:
        """Every strategy whose worker died is on another one, which has caught up."""
        pool = self.engine.pool
        away = [pool.holding(entry.id) for entry in self.engine.roster if entry.state == "restarting"]
        return all(worker is not None and worker.caught_up for worker in away)

    async def settled(self) -> int:
        """The seq of now, when all that ticks through it and commands so far brought about is on disk.

        Raises:
            CockpitError: a worker is too far behind for that.
        """
        engine = self.engine
        seq = engine.last_seq
        engine.incoming.absorb()
        await engine.tape.flush()
        if not await self.catch_up():
            raise CockpitError("strategies have not seen all ticks yet: try again in a moment")
        await engine.settler.drain()
        return seq

    async def until(self, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
        """Wait for something the workers' answers bring about; False when it did not come in time."""
        deadline = self.engine.clock.monotonic() + seconds
        while not condition():
            self.heard.clear()
            try:
                await asyncio.wait_for(self.heard.wait(), deadline - self.engine.clock.monotonic())
            except TimeoutError:
                return False
        return True

    async def flat(self) -> bool:
        """Wait until no strategy holds a position; False when prints to fill on did not come in time."""
        await self.catch_up()
        roster = self.engine.roster
        return await self.until(lambda: all(e.state == "failed" or e.figures is None or e.figures.position == 0 for e in roster))

    def hear(self, worker: Worker, kind: int, seq: int, payload: bytearray) -> None:
        """One frame."""
        if kind == frames.REPORTS:
            size = int.from_bytes(payload[:2], "little")
            self._report(payload[2 : 2 + size].decode(), payload[2 + size :], seq)
        elif kind == frames.FIGURES:
            self._figures(msgspec.msgpack.decode(payload, type=list[Figures]))
            self._owing.get(seq, set()).discard(worker.number)
        elif kind == frames.SNAPSHOT:
            self._snapshot(msgspec.msgpack.decode(payload, type=Snapshot))
        elif kind == frames.FAILED:
            self._failed(worker, msgspec.msgpack.decode(payload, type=Failure))
        elif kind == frames.GONE:
            worker.let_go(payload.decode())
            self.remove(payload.decode())
        elif kind == frames.SEEN:
            self.heard.set()
        elif kind == frames.STANDING:
            self.engine.conditions.hear(payload)
        elif kind == frames.TIMES:
            self._times(worker, payload)

    def _snapshot(self, snapshot: Snapshot) -> None:
        roster = self.engine.roster
        if snapshot.id in roster:
            roster[snapshot.id].keep(snapshot)
        self.engine.settler.put(snapshot.seq, lambda: self._save(snapshot))

    def _times(self, worker: Worker, payload: bytearray) -> None:
        self.engine.passage.heard(payload)
        self.engine.pool.places[worker.number].vitals.hear(payload)

    def _figures(self, rows: list[Figures]) -> None:
        roster = self.engine.roster
        for row in rows:
            if row.id in roster:
                roster[row.id].take(row)
                if self.engine.external is not None:
                    self.engine.external.look(roster[row.id], row)
        self.heard.set()
        self.engine.panes.touch("strategies", "header", "desk")

    def _report(self, id_: str, payload: bytearray, seq: int) -> None:
        """To the trade log now, to the ledger once the ticks it came from are on the tape."""
        engine = self.engine
        if id_ not in engine.roster:
            return
        engine.roster[id_].reported = max(engine.roster[id_].reported, seq)
        rows = engine.blotter.translate(engine.roster[id_], np.frombuffer(payload, REPORT), seq)
        engine.positions.hear(rows)
        engine.desk.log.hear(engine.roster[id_], rows)
        engine.settler.put(seq, lambda: self._book(rows))
        if engine.external is None:
            engine.passage.filled([fill["seq"] for fill in rows.fills])
        else:
            engine.external.hear(engine.roster[id_], np.frombuffer(payload, REPORT), seq)
        engine.panes.touch("trades", "strategies", "header", "desk")

    async def _book(self, rows: Rows) -> None:
        ledger = self.engine.ledger
        writes = [ledger.add_fills(rows.fills)] if rows.fills else []
        writes += [ledger.put_orders(rows.orders)] if rows.orders else []
        writes += [ledger.add_signals(rows.signals)] if rows.signals else []
        writes += [ledger.desk.add_blocks(rows.blocks)] if rows.blocks else []
        writes += [ledger.add_funding(rows.funding)] if rows.funding else []
        writes += [ledger.mark_equity(rows.marks)] if rows.marks else []
        await asyncio.gather(*writes)

    async def _save(self, snapshot: Snapshot) -> None:
        await self.engine.ledger.add_snapshot(
            snapshot.id,
            snapshot.seq,
            self.engine.clock.now_ns(),
            layout_hash=snapshot.layout,
            source_hash=snapshot.source_hash,
            state=snapshot.data,
            payload=json.dumps(json.loads(snapshot.payload) | {"told": snapshot.told}),
        )

    def _failed(self, worker: Worker, failure: Failure) -> None:
        """A strategy raised: it is out, shown with its error, the others go on."""
        engine = self.engine
        worker.let_go(failure.id)
        if failure.id in engine.roster:
            engine.roster[failure.id].fail(failure.line, failure.traceback)
            payload = {"id": failure.id, "line": failure.line, "cause": "raised", "traceback": failure.traceback}
            engine.journal.note_settled("failed", payload, failure.seq)
        log.error("strategy failed", id=failure.id, error=failure.line)
        engine.alarms.raise_(f"strategy {failure.id}", "critical", f"{failure.id} failed: {failure.line}")
        engine.panes.touch("strategies")

    def forget(self, worker: Worker) -> None:
        """A worker is gone: nothing more is expected of it."""
        for owing in self._owing.values():
            owing.discard(worker.number)
        self.heard.set()

    def remove(self, id_: str) -> None:
        """Forget a strategy that is gone; its fills stay in the ledger."""
        engine = self.engine
        engine.session.left(id_)
        engine.roster.entries.pop(id_, None)
        engine.positions.forget(id_)
        engine.blotter.outcomes.forget(id_)
        if engine.external is not None:
            engine.external.gone(id_)
        engine.alarms.resolve(f"strategy {id_}")
        engine.settler.put(engine.last_seq, lambda: self._note_gone(id_))
        engine.panes.touch("strategies", "header", "desk")
        log.info("strategy gone", id=id_)

    async def _note_gone(self, id_: str) -> None:
        engine = self.engine
        command_id = uuid.uuid4().hex
        engine.ledger.journal(command_id, engine.clock.now_ns(), "engine", "gone", json.dumps({"id": id_}))
        await engine.ledger.took_effect(command_id, engine.last_seq)


def _done(worker: Worker, goal: int) -> bool:
    """It has done the ticks of then, whatever came since; or is gone."""
    return not worker.alive or worker.caught_up or (worker.seen_seq >= goal and not worker.behind)
