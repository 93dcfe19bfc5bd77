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
from core.kernels.records import REPORT
from core.workers import frames
from core.workers.frames import Failure, Figures, Snapshot
from core.workers.pool import Worker

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
        """Wait until every worker has done all it was sent, told its figures and, with `save`, sent its snapshots;
        False when one did not in time."""
        pool = self.engine.pool
        self._questions += 1
        number = self._questions
        owing = self._owing[number] = {worker.number for worker in pool.workers if worker.strategies}
        pool.broadcast((frames.frame(frames.SNAP) if save else b"") + frames.frame(frames.STATUS, b"", number))
        try:
            return await self.until(lambda: not owing, PATIENCE_S)
        finally:
            del self._owing[number]

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
            snapshot = msgspec.msgpack.decode(payload, type=Snapshot)
            self.engine.settler.put(snapshot.seq, lambda: self._save(snapshot))
        elif kind == frames.FAILED:
            self._failed(worker, msgspec.msgpack.decode(payload, type=Failure))
        elif kind == frames.GONE:
            worker.strategies.discard(payload.decode())
            self.remove(payload.decode())

    def _figures(self, rows: list[Figures]) -> None:
        roster = self.engine.roster
        for row in rows:
            if row.id in roster:
                roster[row.id].take(row)
        self.heard.set()
        self.engine.panes.touch("strategies", "header")

    def _report(self, id_: str, payload: bytearray, seq: int) -> None:
        """To the trade log now, to the ledger once the ticks it came from are on the tape."""
        engine = self.engine
        if id_ not in engine.roster:
            return
        rows = engine.blotter.translate(engine.roster[id_], np.frombuffer(payload, REPORT), seq)
        engine.settler.put(seq, lambda: self._book(rows))
        engine.panes.touch("trades", "strategies", "header")

    async def _book(self, rows: Rows) -> None:
        ledger = self.engine.ledger
        writes = [ledger.add_fills(rows.fills)] if rows.fills else []
        writes += [ledger.put_orders(rows.orders)] if rows.orders else []
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
        )

    def _failed(self, worker: Worker, failure: Failure) -> None:
        """A strategy raised: it is out, shown with its error, the others go on."""
        engine = self.engine
        worker.strategies.discard(failure.id)
        if failure.id in engine.roster:
            engine.roster[failure.id].fail(failure.line, failure.traceback)
        log.error("strategy failed", id=failure.id, error=failure.line)
        engine.alarms.raise_(f"strategy {failure.id}", "critical", f"{failure.id} failed: {failure.line}")
        engine.panes.touch("strategies")

    def lost(self, worker: Worker) -> None:
        """A worker's process ended on its own: its strategies are shown as failed."""
        engine = self.engine
        for owing in self._owing.values():
            owing.discard(worker.number)
        self.heard.set()
        for id_ in worker.strategies:
            engine.roster[id_].fail("its worker process died")
        engine.alarms.raise_(f"worker {worker.number}", "critical", f"worker {worker.number} (pid {worker.pid}) died")
        engine.panes.touch("strategies")

    def remove(self, id_: str) -> None:
        """Forget a strategy that is gone; its fills stay in the ledger."""
        engine = self.engine
        engine.roster.entries.pop(id_, None)
        engine.alarms.resolve(f"strategy {id_}")
        engine.settler.put(engine.last_seq, lambda: self._note_gone(id_))
        engine.panes.touch("strategies", "header")
        log.info("strategy gone", id=id_)

    async def _note_gone(self, id_: str) -> None:
        engine = self.engine
        command_id = uuid.uuid4().hex
        engine.ledger.journal(command_id, engine.clock.now_ns(), "engine", "gone", json.dumps({"id": id_}))
        await engine.ledger.took_effect(command_id, engine.last_seq)
