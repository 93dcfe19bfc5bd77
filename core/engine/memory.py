"""The memory of the engine, its workers and its analyst together, held to a budget: what matters least is given up first.

Stage 1 (80 %): caches shrink. 2 (100 %): quotes are shown less often, nothing new is taken on. 3 (120 %): the biggest worker that
outgrew itself is replaced; its strategies go on from their snapshots. 4 (150 %, and that did not help): reading stands still until
it falls. What is on the tape or on the ledger, or on its way there, is never given up.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog

from core.engine import footprint
from core.errors import CockpitError

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.workers.worker import Worker

log = structlog.get_logger("memory")

MB = 1 << 20

#: Shares of the budget at which the stages begin; each ends when the load is this much below its own.
STAGES = (0.8, 1.0, 1.2, 1.5)
SLACK = 0.1

#: Every second what processes touch is read; what they hold, which takes longer, every five seconds, or when the former grew by
#: this share of the budget, or while any stage is on.
LOOK_S, WEIGH_S, GROWN = 1.0, 5.0, 0.1

#: A worker outgrew itself when it holds so many times what it held at first, and so much more than that.
TIMES, MORE = 2.0, 32 * MB

#: After replacing a worker nothing further is done for so long: it takes that to show.
SETTLE_S = 5.0

#: How often the allocator is asked to give back, and the collector to look at everything.
TRIM_S, THOROUGH_S = 30.0, 600.0

#: What is kept of each cache while all is well, and while it is not.
CACHES = {"recent": (200_000, 20_000), "blotter": (500, 100), "sparks": (60, 20)}

SAID = (
    "",
    "caches shrink",
    "quotes are shown less often; no strategies or symbols are added",
    "the biggest worker that outgrew itself is replaced",
    "reading stands still until it falls",
)

Weigh = Callable[[Iterable[int]], dict[int, int]]


class Ladder:
    """Which stage a load means: up at once, down only with some room below."""

    def __init__(self) -> None:
        self.stage = 0

    def step(self, load: float) -> int:
        """Take a load as a share of the budget; returns the stage."""
        up = sum(load >= begin for begin in STAGES)
        while self.stage > up and load < STAGES[self.stage - 1] - SLACK:
            self.stage -= 1
        self.stage = max(self.stage, up)
        return self.stage


class Memory:
    """Watches one engine's budget.

    Args:
        weigh: bytes each process holds; glance: the same, roughly and fast.

    Attributes:
        shed: how often something was given up, by what.
        floors: bytes each process held when it was first weighed, by pid.
    """

    def __init__(
        self, engine: Engine, budget_mb: int, *, weigh: Weigh = footprint.proportional, glance: Weigh = footprint.resident
    ) -> None:
        self.engine = engine
        self.budget = budget_mb * MB
        self.shed: Counter[str] = Counter()
        self.floors: dict[int, int] = {}
        self._held: dict[int, int] = {}
        self._ladder = Ladder()
        self._weigh = weigh
        self._glance = glance
        self._touched = 0
        self._weighed = self._trimmed = self._thorough = self._replaced = float("-inf")
        self._eyes = ThreadPoolExecutor(1, "memory")

    async def run(self) -> None:
        """Watch for ever."""
        try:
            while True:
                await self.look(time.monotonic())
                await asyncio.sleep(LOOK_S)
        finally:
            self._eyes.shutdown(wait=False, cancel_futures=True)

    async def look(self, now: float) -> None:
        """See where memory stands, and do what that asks for."""
        loop = asyncio.get_running_loop()
        workers = (worker.pid for worker in self.engine.pool.workers if worker.ready.is_set())
        pids = [os.getpid(), *(pid for pid in (*workers, self.engine.analyst.pid) if pid)]
        touched = sum((await loop.run_in_executor(self._eyes, self._glance, pids)).values())
        grown = touched - self._touched > GROWN * self.budget
        if self.stage or grown or now - self._weighed >= WEIGH_S:
            self._held = await loop.run_in_executor(self._eyes, self._weigh, pids)
            self._weighed, self._touched = now, touched
            self.floors = {pid: self.floors.get(pid, held) for pid, held in self._held.items()}
            before = self.stage
            if self._ladder.step(self.used / self.budget) != before:
                self._change(before)
            await self._relieve(now)
        self.engine.alarms.sweep()

    @property
    def stage(self) -> int:
        """0 all is kept; 1 to 4 as the module says."""
        return self._ladder.stage

    @property
    def used(self) -> int:
        """Bytes the engine and the processes it lives with hold."""
        return sum(self._held.values())

    @property
    def floor(self) -> int:
        """Bytes they held when they were new: shedding does not get below."""
        return sum(self.floors.values())

    def admit(self, what: str) -> None:
        """Make sure there is room for something new.

        Raises:
            CockpitError: there is not; says why and what can be done.
        """
        if self.stage >= 2:
            self.shed["refused"] += 1
            raise CockpitError(f"no room for {what}: {self._load()}; unregister something, or raise engine.memory_mb")

    def has_room_for_worker(self) -> bool:
        """Whether one more worker process, as big as those there are, would leave some of the budget."""
        sizes = [held for pid, held in self._held.items() if pid not in (os.getpid(), self.engine.analyst.pid)]
        return self.used + (max(sizes) if sizes else 0) <= STAGES[0] * self.budget

    def figures(self) -> dict[str, Any]:
        """For `status`; sizes in MB."""
        engine, analyst = (self._held.get(pid, 0) for pid in (os.getpid(), self.engine.analyst.pid))
        return {
            "budget_mb": self.budget // MB,
            "used_mb": round(self.used / MB, 1),
            "engine_mb": round(engine / MB, 1),
            "workers_mb": round((self.used - engine - analyst) / MB, 1),
            "analyst_mb": round(analyst / MB, 1),
            "stage": self.stage,
            "shedding": SAID[self.stage],
            "shed": dict(self.shed) | {"quotes": self.engine.market.quotes_shed},
        }

    def _load(self) -> str:
        return f"memory {self.used // MB:,} of {self.budget // MB:,} MB"

    def _change(self, before: int) -> None:
        """Say it, and put in force what stands as long as a stage does."""
        engine, stage = self.engine, self.stage
        log.warning("memory", stage=stage, before=before, used_mb=self.used // MB, budget_mb=self.budget // MB)
        if stage:
            text = f"{self._load()}: {SAID[stage]}"
            if self.floor > self.budget * STAGES[0]:
                need = f"the engine and {len(self._held) - 1} processes beside it need {self.floor // MB:,} MB by themselves"
                text += f"; {need}: raise engine.memory_mb"
            engine.alarms.raise_("memory", "warning" if stage == 1 else "critical", text)
        else:
            engine.alarms.resolve("memory")
        if (stage >= 1) != (before >= 1):
            self._size_caches(small=stage >= 1)
        engine.market.conflated = stage >= 2
        if stage < 4:
            engine.gate.release("memory")

    def _size_caches(self, *, small: bool) -> None:
        engine = self.engine
        self.shed["caches"] += small
        recent, blotter, sparks = (sizes[small] for sizes in CACHES.values())
        engine.recent.keep(recent)
        engine.blotter.keep(blotter)
        engine.market.keep(sparks)
        for entry in engine.roster:
            entry.spark = deque(entry.spark, sparks)

    async def _relieve(self, now: float) -> None:
        """What is done again as long as a stage lasts."""
        if self.stage and now - self._trimmed >= TRIM_S:
            self._trimmed = now
            self.shed["trims"] += 1
            await self._collect(now)
            await asyncio.get_running_loop().run_in_executor(self._eyes, footprint.give_back)
        if self.stage < 3 or now - self._replaced < SETTLE_S:
            return
        worker = self._outgrown()
        if worker is not None:
            self._replaced = now
            self.shed["workers"] += 1
            held, first = self._held[worker.pid] // MB, self.floors[worker.pid] // MB
            await self.engine.rescue.recycle(worker, f"it held {held:,} MB, {first:,} MB when it was new, and {self._load()}")
        elif self.stage == 4 and self.used - self.floor > self.budget * (STAGES[3] - STAGES[0]) / 2:
            # Where most of it was there from the start, it is not reading that fills the memory.
            if "memory" not in self.engine.gate.holders:
                self.shed["pauses"] += 1
            self.engine.gate.hold("memory")

    def _outgrown(self) -> Worker | None:
        """The biggest worker that holds far more than when it was new."""

        def outgrew(pid: int) -> bool:
            held, first = self._held.get(pid, 0), self.floors.get(pid, 0)
            return held > TIMES * first and held > first + MORE

        found = [worker for worker in self.engine.pool.workers if outgrew(worker.pid)]
        return max(found, key=lambda worker: self._held[worker.pid], default=None)

    async def _collect(self, now: float) -> None:
        """Garbage collection in slices; one that looks at everything, which takes longest, only now and then in need."""
        for _ in range(2):
            await asyncio.sleep(0)
            self.engine.pauses.collect_young()
        await asyncio.sleep(0)
        thorough = self.stage >= 2 and now - self._thorough >= THOROUGH_S
        if thorough:
            self._thorough = now
        self.engine.pauses.collect(thorough=thorough)
