"""Workers that die or hang: why, whose code it was, and everybody else back at work from snapshots and the ticks since.

A strategy that runs into the deadline, or ends its process, is out at once. One that was at work when its process was
killed may be innocent of it (the kernel was short of memory): it is out when that happens again within a minute.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import structlog

from core.engine.roster import Entry
from core.errors import CockpitError
from core.workers.vitals import busy_seconds, stopped
from core.workers.worker import Worker

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("rescue")

LOOK_S = 0.25

#: Loading a strategy, which may compile it, may take so many times the deadline; so may code that waits instead of working.
PATIENCE = 3.0
LOADING = 12.0

#: Deaths within this time add up.
SPAN_S = 60.0
DEATHS_OF_ONE = 2
DEATHS_OF_A_PLACE = 5
RETRY_S = (0.0, 1.0, 5.0)


class Look(NamedTuple):
    """When a worker was first seen at the point where it still is, and what processor time it had used by then."""

    steps: int
    since: float
    busy_s: float


class Rescue:
    """Watches over the workers of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.quarantined = 0
        self._looks: dict[Worker, Look] = {}
        self._verdicts: dict[Worker, str] = {}
        self._deaths: dict[int, list[float]] = {}

    async def watch(self) -> None:
        """Look for workers that make no progress, for ever."""
        clock = self.engine.clock
        last = clock.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            now = clock.monotonic()
            if now - last > 4 * LOOK_S:  # we were not running ourselves: what was seen before says nothing
                self._looks.clear()
            last = now
            for worker in list(self.engine.pool.workers):
                self._look(worker, now)
            for gone in self._looks.keys() - set(self.engine.pool.workers):
                del self._looks[gone]

    def _look(self, worker: Worker, now: float) -> None:
        """End a worker that has been at one point for too long."""
        steps, slot = worker.progress
        known = self._looks.get(worker)
        if known is None or known.steps != steps or (slot == 0 and not worker.in_flight):
            self._looks[worker] = Look(steps, now, busy_seconds(worker.pid) or 0.0)
            return
        deadline = self.engine.config.engine.worker_deadline_s
        stuck = now - known.since
        if stuck < deadline:
            return
        busy = busy_seconds(worker.pid)
        at_work = busy is None or busy - known.busy_s > deadline / 2
        if stuck < deadline * (LOADING if slot < 0 else 1.0 if at_work and slot else PATIENCE):
            return
        id_ = worker.slots.get(abs(slot))
        if id_ is not None and not stopped(worker.pid):
            self._verdicts[worker] = id_
        log.error("worker hangs", pid=worker.pid, number=worker.number, strategy=id_, seconds=round(stuck, 1))
        worker.kill()

    async def recycle(self, worker: Worker, reason: str) -> None:
        """End a worker that is none the worse for it, and put its strategies on a new one."""
        self._verdicts[worker] = ""
        log.warning("worker is replaced", pid=worker.pid, number=worker.number, reason=reason)
        worker.kill()

    def lost(self, worker: Worker) -> None:
        """A worker is gone."""
        engine = self.engine
        engine.answers.forget(worker)
        for entry in self._on(worker):
            entry.interrupt(worker.cursor, "its worker process ended: taken up again")
        engine.panes.touch("strategies", "header")

    def _on(self, worker: Worker) -> list[Entry]:
        roster = self.engine.roster
        return [roster[id_] for id_ in worker.slots.values() if id_ in roster and roster[id_].state != "failed"]

    def ended(self, worker: Worker, why: str) -> None:
        """It is known how it ended: who is out, and who is taken up again."""
        engine = self.engine
        suspect = worker.slots.get(abs(worker.progress.slot))
        verdict = self._verdicts.pop(worker, None)
        victims = self._on(worker)
        culprit = self._culprit(suspect, verdict, why, [entry.id for entry in victims])
        log.error("worker gone", pid=worker.pid, number=worker.number, why=why, strategies=sorted(worker.strategies), suspect=suspect)
        for entry in victims:
            entry.reported = max(entry.reported, worker.seen_seq if entry.since <= worker.seen_seq else entry.since)
            if entry.id == culprit:
                told = f"it made no progress for {engine.config.engine.worker_deadline_s:g} s" if verdict else f"its process {why}"
                self._quarantine(entry, f"{told}: taken out, the others go on")
        rest = [entry for entry in victims if entry.id != culprit]
        cause = f"worker {worker.number}"
        engine.alarms.raise_(cause, "critical" if verdict != "" else "info", f"worker {worker.number} (pid {worker.pid}) {_past(why)}")
        if verdict != "" and self._often(worker.number):
            for entry in rest:
                self._quarantine(entry, f"its worker ended {DEATHS_OF_A_PLACE} times within {SPAN_S:g} s, last: {why}")
            rest = []
        engine.panes.touch("strategies", "header")
        engine.spawn(self._restore(worker, rest, cause), cause)

    def _culprit(self, suspect: str | None, verdict: str | None, why: str, victims: list[str]) -> str | None:
        """Which strategy is out, if any."""
        if verdict is not None:
            return verdict if verdict in victims else None
        if suspect not in victims or suspect is None:
            return None
        if why.startswith("exited"):
            return suspect
        now = self.engine.clock.monotonic()
        entry = self.engine.roster[suspect]
        entry.deaths = [at for at in entry.deaths if now - at < SPAN_S] + [now]
        return suspect if len(entry.deaths) >= DEATHS_OF_ONE else None

    def _often(self, number: int) -> bool:
        now = self.engine.clock.monotonic()
        deaths = self._deaths[number] = [at for at in self._deaths.get(number, []) if now - at < SPAN_S] + [now]
        return len(deaths) > DEATHS_OF_A_PLACE

    def _quarantine(self, entry: Entry, line: str) -> None:
        engine = self.engine
        self.quarantined += 1
        entry.fail(line)
        engine.journal.note_settled("failed", {"id": entry.id, "line": line, "cause": "worker"}, entry.reported)
        engine.alarms.raise_(f"strategy {entry.id}", "critical", f"{entry.id} failed: {line}")

    async def _restore(self, old: Worker, entries: list[Entry], cause: str) -> None:
        """Put strategies on a new worker as they were, and bring them to now."""
        engine = self.engine
        begun = engine.clock.monotonic()
        if not entries:
            engine.alarms.resolve(cause)
            return
        worker = await self._replace(old.number)
        entries = [entry for entry in entries if entry.id in engine.roster and entry.state == "restarting"]
        if worker is None:
            for entry in entries:
                self._quarantine(entry, "no worker process could be started for it: see the log")
            return
        engine.supply.take_up(worker, entries, old.cursor)
        await engine.supply.catch_up(worker)
        engine.alarms.resolve(cause)
        took = engine.clock.monotonic() - begun
        names = ", ".join(entry.id for entry in entries)
        engine.alarms.note("info", f"worker {old.number} was replaced within {took:.1f} s: {names} went on as if nothing had been")
        engine.panes.touch("strategies", "header")

    async def _replace(self, number: int) -> Worker | None:
        for wait in RETRY_S:
            await asyncio.sleep(wait)
            try:
                return await self.engine.pool.replace(number)
            except CockpitError as error:
                log.error("worker could not be replaced", number=number, reason=str(error))
        return None


def _past(why: str) -> str:
    return f"was {why}" if why.startswith("killed") else why
