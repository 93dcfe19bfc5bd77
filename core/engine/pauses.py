"""Keeps the engine's one loop free of long pauses, and measures those that come all the same.

Python's collector stops every thread of the process, for longer the more objects there are: what start-up made is set aside, and
full collections come when we say, in quiet moments. The probe asks to be called every so often and notes how late it is: what a
tick that arrives at a random moment waits for.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import time
from typing import Any

import numpy as np
import structlog

from core.latency import Histogram, Stage

log = structlog.get_logger("pauses")

#: How often the probe comes, while the loop has something to do and while it has not: a wake-up costs up to 0.1 ms by itself.
PROBE_S, IDLE_PROBE_S = 0.02, 0.1

#: The loop has something to do when its thread computed for more than this share of the last second.
BUSY = 0.05

#: Pauses from here on are counted and told apart by what made them.
LONG_NS = 5_000_000

#: How long another thread may compute before it must let the loop go on; Python's own 5 ms is a pause by itself.
SWITCH_S = 0.0005

#: Net new objects that start a young collection, and young ones a middle one. Full ones never start by themselves.
THRESHOLDS = (2000, 10, 1_000_000_000)

LOOK_S = 1.0

#: Middle collections since the last full one that make another worth while.
DUE = 10

#: A moment is quiet when the loop's thread computed for less than this share of the last second.
QUIET = 0.5

#: Where the next full collection would take longer than this, the survivors of this one are set aside for good.
SHORT_NS = 2_000_000

#: With no quiet moment for so long, one is taken.
PATIENCE_S = 600.0


class Pauses:
    """How late the loop comes to what it has to do, and why.

    Attributes:
        counts: long pauses by what made them: gc; work (the loop's own); processor (others had it); blocked (another thread held
            the interpreter, or a call into the kernel waited).
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("gc", "work", "processor", "blocked"), 0)
        self._late = Stage()
        self._own = Stage()
        self._noted: list[tuple[int, int]] = []
        self._worst = (0, "")
        self._collections = [0, 0, 0]
        self._gc_ns = self._gc_max_ns = self._gc_began = self._full_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0
        self._every = PROBE_S
        self._queue = -1
        self._seen = (0, 0, 0)
        self._before: tuple[float, tuple[int, int, int], bool] | None = None

    async def run(self) -> None:
        """Probe and collect until cancelled."""
        self.begin()
        try:
            collected, spent = time.monotonic(), time.thread_time()
            while True:
                await asyncio.sleep(LOOK_S)
                self._sort()
                now, cpu = time.monotonic(), time.thread_time()
                quiet, self._every = cpu - spent < QUIET * LOOK_S, PROBE_S if cpu - spent > BUSY * LOOK_S else IDLE_PROBE_S
                spent = cpu
                if gc.get_count()[2] >= DUE and (quiet or now - collected > PATIENCE_S):
                    self.collect()
                    collected, spent = now, time.thread_time()
        finally:
            self.end()

    def begin(self) -> None:
        """Set aside what start-up made, take over the collector, start the probe."""
        self._before = (sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count() > 0)
        sys.setswitchinterval(SWITCH_S)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        gc.callbacks.append(self._collecting)
        with contextlib.suppress(OSError):
            self._queue = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        self._seen = self._spent()
        self._arm()

    def end(self) -> None:
        """Put back what `begin` found."""
        if self._timer is not None:
            self._timer.cancel()
        if self._before is not None:
            interval, thresholds, frozen = self._before
            sys.setswitchinterval(interval)
            gc.set_threshold(*thresholds)
            gc.callbacks.remove(self._collecting)
            if not frozen:  # else it is not ours alone
                gc.unfreeze()
            self._before = None
        if self._queue >= 0:
            os.close(self._queue)
            self._queue = -1

    def collect_young(self) -> int:
        """A collection of what is not old yet; returns the objects freed."""
        return gc.collect(1)

    def collect(self, *, thorough: bool = False) -> int:
        """A full collection now; `thorough` also looks at what was set aside. Returns the objects freed."""
        if thorough:
            gc.unfreeze()
        freed = gc.collect()
        if thorough or self._full_ns > SHORT_NS:
            gc.freeze()
        return freed

    def figures(self) -> dict[str, Any]:
        """Of the probe's lateness (µs, since the start and of the last minute), of long pauses, of the collector.

        `own`: the same without what the loop waited for a processor that others had.
        """
        self._sort()
        total, own, lately = self._late.total(), self._own.total(), self._late.recent(time.monotonic_ns())
        worst, cause = self._worst
        return {
            **_figures(total),
            "own": _figures(own),
            "p99_minute_us": lately.figures()["p99_us"],
            "max_minute_us": round(lately.max / 1000, 1),
            "long": sum(self.counts.values()),
            "long_by": dict(self.counts),
            "worst_cause": cause,
            "worst_ms": round(worst / 1e6, 1),
            "collections": list(self._collections),
            "gc_max_us": round(self._gc_max_ns / 1000, 1),
        }

    def _arm(self) -> None:
        self._due = time.monotonic_ns() + int(self._every * 1e9)
        self._timer = asyncio.get_running_loop().call_later(self._every, self._probe)

    def _probe(self) -> None:
        now = time.monotonic_ns()
        late = max(now - self._due, 0)
        spent = self._spent()
        self._noted.append((late, max(late - spent[2] + self._seen[2], 0)))
        if late > LONG_NS:
            self._explain(late, *(after - before for after, before in zip(spent, self._seen, strict=True)))
        self._seen = spent
        self._arm()

    def _sort(self) -> None:
        """Into the histograms: many at once cost a fraction of each by itself."""
        if self._noted:
            now = time.monotonic_ns()
            for stage, ns in zip((self._late, self._own), np.array(self._noted, np.int64).T, strict=True):
                counted = Histogram()
                counted.record_many(ns)
                stage.add(now, counted)
            self._noted.clear()

    def _spent(self) -> tuple[int, int, int]:
        """So far, ns: collecting, computing on this thread, waiting for a processor."""
        waited = int(os.pread(self._queue, 64, 0).split()[1]) if self._queue >= 0 else 0
        return self._gc_ns, time.thread_time_ns(), waited

    def _explain(self, late: int, collecting: int, computing: int, waiting: int) -> None:
        """Count a long pause."""
        cause = cause_of(late, collecting, computing, waiting)
        self.counts[cause] += 1
        if late > self._worst[0]:
            self._worst = (late, cause)
            log.debug("the longest pause so far", ms=round(late / 1e6, 1), cause=cause)

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        """The collector starts or stops, on whichever thread set it off: all stand still meanwhile."""
        if phase == "start":
            self._gc_began = time.monotonic_ns()
            return
        took = time.monotonic_ns() - self._gc_began
        self._gc_ns += took
        self._gc_max_ns = max(self._gc_max_ns, took)
        self._collections[info["generation"]] += 1
        if info["generation"] == 2:
            self._full_ns = took


def _figures(of: Histogram) -> dict[str, Any]:
    most = of.quantile(0.999)
    return {**of.figures(), "p999_us": None if most is None else round(most / 1000, 1)}


def cause_of(late: int, collecting: int, computing: int, waiting: int) -> str:
    """What took most of a pause; all in ns, since the probe before: of the collector, of the loop's thread, of its wait for a processor."""
    shares = {
        "gc": collecting,
        "work": computing - collecting,
        "processor": waiting,
        "blocked": late - max(computing, collecting) - waiting,
    }
    return max(shares, key=lambda name: shares[name])
