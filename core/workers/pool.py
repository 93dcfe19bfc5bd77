"""The strategy processes: started when first needed, each in a place that is filled again when it dies.

Not `concurrent.futures`: one crash there fails every job, and a submit per tick costs more than the loop itself.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import structlog

from core.errors import CockpitError
from core.types import Records
from core.workers.vitals import Vitals
from core.workers.worker import Hear, Tell, Worker

log = structlog.get_logger("workers")

START_TIMEOUT_S = 60.0

#: How often a worker is started that ends at once.
TRIES = 3

#: Told why a worker ended.
Ended = Callable[[Worker, str], None]


class Place:
    """One of the pool's places, whoever fills it.

    Attributes:
        restarts: how often its worker was replaced.
        last_end: why the worker before this one ended.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.restarts = 0
        self.last_end = ""
        self.vitals = Vitals()


class Pool:
    """N workers; a strategy lives on the one with the fewest.

    Args:
        size: processes at most; 0 is one a core.
        hear: called with (worker, kind, seq, payload) for every frame a worker sends.
        lost: called as soon as a worker is gone that nobody asked to go.
        ended: called when it is known why.
        late: called when a worker fell behind.

    Attributes:
        room: whether there is memory for one worker more; the first one is started in any case.
    """

    def __init__(self, size: int, hear: Hear, lost: Tell, ended: Ended, late: Tell) -> None:
        self.size = size or os.cpu_count() or 1
        self.workers: list[Worker] = []
        self.places: dict[int, Place] = {}
        self.room: Callable[[], bool] = lambda: True
        self._hear = hear
        self._lost = lost
        self._ended = ended
        self._late = late
        self._starting = asyncio.Lock()
        self._ends: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def place(self) -> Worker:
        """The worker for one more strategy, started if need be and ready.

        Raises:
            CockpitError: a new one ended, or did not come up in time.
        """
        async with self._starting:
            idle = [w for w in self.workers if not w.slots]
            free = set(range(1, self.size + 1)) - {w.number for w in self.workers}
            if not idle and free and (not self.workers or self.room()):
                return await self._start(min(free))
            return min(idle or self.workers, key=lambda w: len(w.slots))

    async def prepare(self, number: int) -> None:
        """Start so many workers at once, for strategies that are about to be placed.

        Raises:
            CockpitError: one did not come up.
        """
        async with self._starting:
            free = sorted(set(range(1, self.size + 1)) - {w.number for w in self.workers})
            await asyncio.gather(*(self._start(place) for place in free[: max(number - len(self.workers), 0)]))

    async def replace(self, number: int) -> Worker:
        """A new worker in the place of one that is gone.

        Raises:
            CockpitError: it ended, or did not come up in time.
        """
        async with self._starting:
            self.places[number].restarts += 1
            there = [worker for worker in self.workers if worker.number == number]  # started meanwhile for a new strategy
            return there[0] if there else await self._start(number)

    async def _start(self, number: int) -> Worker:
        """A worker in this place. One that is killed while it starts says nothing about the next."""
        for _ in range(TRIES):
            worker = Worker(number, self._hear, self._miss, self._late)
            self.places.setdefault(number, Place(number)).vitals = Vitals()
            self.workers.append(worker)
            self.workers.sort(key=lambda w: w.number)
            try:
                await worker.start()
                await asyncio.wait_for(worker.ready.wait(), START_TIMEOUT_S)
            except (OSError, TimeoutError) as error:
                log.error("worker did not start", number=number, reason=repr(error))
                self._miss(worker)
                break
            if worker in self.workers:
                log.info("worker started", pid=worker.pid, number=number)
                return worker
        raise CockpitError(f"worker process {worker.pid} did not start: see the log")

    def _miss(self, worker: Worker) -> None:
        """A worker is gone, or as good as: find out why, and tell."""
        if worker in self.workers:
            self.workers.remove(worker)
            self._lost(worker)
            end = asyncio.get_running_loop().create_task(self._bury(worker))
            self._ends.add(end)
            end.add_done_callback(self._ends.discard)

    async def _bury(self, worker: Worker) -> None:
        why = await worker.ended()
        self.places[worker.number].last_end = why
        try:
            if not self._stopping:
                self._ended(worker, why)
        finally:
            worker.release()

    def send_ticks(self, ticks: Records) -> None:
        """Hand a batch to every worker that wants any of it."""
        for worker in self.workers:
            worker.give(ticks)

    def broadcast(self, data: bytes) -> None:
        """Send the same frames to all, before the ticks that wait."""
        for worker in self.workers:
            worker.send(data)

    def hold(self, held: bool) -> None:
        """Send no ticks to anybody for now, or again."""
        for worker in self.workers:
            worker.hold(held)

    def holding(self, strategy: str) -> Worker | None:
        """The worker a strategy lives on."""
        return next((w for w in self.workers if strategy in w.slots.values()), None)

    async def stop(self) -> None:
        """End all workers."""
        self._stopping = True
        await asyncio.gather(*(w.stop() for w in self.workers), *self._ends)
        self.workers.clear()

    def figures(self) -> list[dict[str, Any]]:
        """One row a place: who fills it, what waits for it, what it costs, how often it was replaced."""
        alive = {worker.number: worker for worker in self.workers}
        return [_figures(place, alive.get(place.number)) for place in self.places.values()]


def _figures(place: Place, worker: Worker | None) -> dict[str, Any]:
    row: dict[str, Any] = {"number": place.number, "restarts": place.restarts, "last_end": place.last_end}
    if worker is None:
        return row | dict(
            pid=0, state="restarting", strategies=[], queue_ticks=0, in_flight_ticks=0, behind_seq=0, cpu_pct=None, rss_mb=None, p99_us=None
        )
    state = "starting" if not worker.ready.is_set() else "behind" if worker.behind else "running"
    cpu, rss = place.vitals.look(worker.pid)
    return row | dict(
        pid=worker.pid,
        state=state,
        strategies=sorted(worker.strategies),
        queue_ticks=worker.waiting,
        in_flight_ticks=worker.in_flight,
        behind_seq=max(worker.given_seq - worker.seen_seq, 0) if not worker.caught_up else 0,
        cpu_pct=cpu,
        rss_mb=rss,
        p99_us=place.vitals.p99_us,
    )
