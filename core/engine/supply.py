"""What workers are sent besides live ticks: commands, and the ticks of the past for those that are behind.

A worker is behind when it is new in the place of one that died, when an engine starts, or when it is slower than the
market. Its ticks then come from the tape, and from memory at the end, until it is up with the stream. The tape never
waits for a strategy.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from msgspec import structs

from core.engine.roster import Entry
from core.engine.starting import assign_again
from core.store.reader import ticks_since
from core.workers import frames
from core.workers.frames import Lever
from core.workers.lane import WINDOW
from core.workers.worker import Worker

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("supply")

PIECE = 16 * WINDOW
LAST_PIECE = 4 * WINDOW


class Supply:
    """The way to the workers.

    Attributes:
        falls: times a worker fell behind.
        telling: held while strategies are told something, so that they are told in the order of the journal.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.telling = asyncio.Lock()
        self.falls = 0

    def pull(self, entry: Entry, lever: Lever) -> int:
        """Tell a strategy something now, ahead of the ticks that wait; returns the seq after which it takes effect.

        While ticks it had seen before its worker died are sent again, now is where that worker had come to; never before what it was
        told last, which may not have reached that worker.
        """
        worker = self.engine.pool.holding(entry.id)
        after = max(entry.reached, entry.since, entry.told_at)
        if worker is not None and (worker.past or (worker.behind and worker.cursor < worker.again_until)):
            after = max(after, worker.past[-1][0] if worker.past else 0, worker.again_until)
            worker.past.append((after, structs.replace(lever, after=after)))
        elif worker is not None:
            after = max(after, worker.cursor if worker.behind or worker.waiting else self.engine.last_seq)
            worker.send(frames.message(frames.LEVER, structs.replace(lever, after=after)))
        entry.tell(after, structs.replace(lever, after=after))
        return after

    def take_up(self, worker: Worker, entries: list[Entry], again_until: int) -> None:
        """Put strategies on a worker as they were at their newest snapshots; `catch_up` brings them to now."""
        engine = self.engine
        for id_ in worker.strategies & engine.roster.entries.keys():  # those that run there see nothing twice
            engine.roster[id_].reached = max(engine.roster[id_].reached, worker.cursor)
        for entry in entries:
            worker.send(assign_again(engine, entry, worker.take_on(entry.id)))
        worker.want(worker.wanted | {engine.symbols.add(symbol) for entry in entries for symbol in entry.order.symbols})
        worker.fall_behind()
        worker.past.extend(sorted((told for entry in entries for told in entry.levers), key=lambda told: told[0]))
        worker.cursor = min(entry.snapshot.seq if entry.snapshot else entry.since for entry in entries)
        worker.again_until = again_until
        worker.given_seq = engine.last_seq

    def late(self, worker: Worker) -> None:
        """A worker is slower than the market: it goes on from the tape."""
        self.falls += 1
        cause = f"worker {worker.number} behind"
        self.engine.alarms.raise_(cause, "warning", f"worker {worker.number} is behind the market: it reads on from the tape")
        self.engine.spawn(self._follow(worker, cause), cause)

    async def _follow(self, worker: Worker, cause: str) -> None:
        await self.catch_up(worker)
        self.engine.alarms.resolve(cause)

    async def catch_up(self, *workers: Worker) -> int:
        """Send these workers what they lack, in one pass for all, until they are live or gone; returns ticks read."""
        engine, count = self.engine, 0
        while late := [worker for worker in workers if worker.alive and worker.behind]:
            since = min(worker.cursor for worker in late)
            engine.incoming.absorb()
            fresh = engine.recent.since(since)
            if fresh is None:
                count += await self._from_tape(late, since)
            elif len(fresh) <= LAST_PIECE and not (len(fresh) and any(worker.past for worker in late)):
                count += len(fresh)
                for worker in late:
                    worker.go_live(fresh)  # nothing awaited since `fresh` was taken
            else:
                count += len(fresh)
                for at in range(0, len(fresh), PIECE):
                    for worker in late:
                        await worker.pass_on(fresh[at : at + PIECE])
        return count

    async def _from_tape(self, late: list[Worker], since: int) -> int:
        engine = self.engine
        await engine.tape.wait_synced(engine.recent.floor)
        synced = engine.tape.synced_seq
        names = sorted({engine.symbols.names[symbol] for worker in late for symbol in worker.wanted})
        batches = ticks_since(engine.home / "tape.db", since, names, symbols=engine.symbols, to_seq=synced)
        count = 0
        ahead = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
        try:
            while (batch := await asyncio.shield(ahead)) is not None:
                ahead = asyncio.ensure_future(asyncio.to_thread(next, batches, None))  # read while the workers run
                count += len(batch)
                for worker in late:
                    await worker.pass_on(batch)
        finally:
            await asyncio.wait({ahead})
            await asyncio.to_thread(batches.close)
        for worker in late:
            worker.cursor = max(worker.cursor, synced)
        return count
