"""The lab: runs over history that people ask for. They queue, a few at once have a process each, and end on the ledger.

Whatever becomes of a run, the engine goes on: one that is refused, raises or crashes is a failed run with a line that says why.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.commands import CancelRun, LabCommand, NoteRun, NoteStudy
from core.engine.run import Run, made_elsewhere, run_of, study_columns
from core.engine.run_files import FOLDER, prune, read_detail
from core.errors import CockpitError, UsageError, one_line
from core.research import service
from core.research.service import Progress, Request
from core.research.source_verdict import GapsError
from core.store.span import tape_series
from core.strategy_files import strategy_file
from core.view import LabView

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("lab")

#: Runs that are over and listed; the ledger holds all of them.
LISTED = 100

#: Runs that may wait.
MOST_WAITING = 500


class Lab:
    """The runs of one engine.

    Args:
        processes: how many run at once; 0: one a core but one.

    Attributes:
        total: runs ever made in this home.
        clock: what runs take their times from.
        idle: whether runs take only what nobody else wants of the processor.
    """

    def __init__(self, engine: Engine, processes: int) -> None:
        self.engine = engine
        self.clock = engine.clock
        self.processes = processes or max(1, (os.cpu_count() or 1) - 1)
        self.total = 0
        self.idle = True
        self._number = 0
        self._runs: dict[str, Run] = {}  # oldest first
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Take up what the ledger tells of runs before."""
        ledger = self.engine.ledger
        self.total, self._number = await ledger.count_runs()
        found = [run_of(row) for row in await ledger.runs(LISTED)]
        self._runs = {run.id: run for run in sorted((run for run in found if run is not None), key=lambda run: run.asked_ns)}
        await asyncio.to_thread(prune, self.engine.home / FOLDER)

    async def close(self) -> None:
        """End what runs; what waited or was under way is noted as cancelled."""
        for run in [run for run in self._runs.values() if not run.over]:
            self._end(run, "cancelled", "the engine stopped")
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def view(self) -> LabView:
        """The pane."""
        return LabView([run.row() for run in reversed(self._runs.values())], self.total, self.processes)

    async def obey(self, command: LabCommand, actor: str) -> dict[str, Any]:
        """Do a command of the lab.

        Raises:
            UsageError: it cannot work as worded, or too many wait already.
        """
        if isinstance(command, CancelRun):
            return await self._cancel(command, actor)
        if isinstance(command, NoteRun):
            return await self._note(command, actor)
        if isinstance(command, NoteStudy):
            self._number += 1
            id_ = f"run-{self._number}"
            await self.engine.journal.enter(command, actor, id=id_)
            await self.engine.ledger.add_run(id_, command.started_ns, **study_columns(command))
            self.total += 1
            return {"id": id_}
        if not command.source.strip():
            raise UsageError("no source given: name a file, a folder or tape:SYMBOL")
        if not command.source.startswith("tape:") and not os.path.isabs(command.source):
            raise UsageError(f"{one_line(command.source, 200)}: give the whole path, from its first folder on")
        if strategy_file(command.strategy, self.engine.folders) is None:
            raise UsageError(f"no strategy {one_line(command.strategy, 60)!r}")
        if sum(run.state == "queued" for run in self._runs.values()) >= MOST_WAITING:
            raise UsageError(f"{MOST_WAITING} runs wait already: cancel some, or let them end")
        self._number += 1
        run = Run(f"run-{self._number}", command, self.clock.now_ns())
        await self.engine.journal.enter(command, actor, id=run.id)
        self._runs[run.id] = run
        self.total += 1
        self._fill()
        return {"id": run.id}

    async def _cancel(self, command: CancelRun, actor: str) -> dict[str, Any]:
        run = self._named(command.id)
        if run.over:
            raise UsageError(f"{run.id} is over: {run.state}")
        await self.engine.journal.enter(command, actor)
        if not run.over:
            self._end(run, "cancelled", f"by {one_line(actor, 20)}")
        task = self._tasks.get(run.id)
        if task is not None:
            task.cancel()
        return {"id": run.id}

    async def _note(self, command: NoteRun, actor: str) -> dict[str, Any]:
        """A run that was made elsewhere is one of ours from now on."""
        try:
            outcome = msgspec.convert(command.outcome, service.Outcome)
        except msgspec.ValidationError as error:
            raise UsageError(f"no outcome of a run: {error}") from error
        self._number += 1
        run = made_elsewhere(f"run-{self._number}", command, outcome)
        await self.engine.journal.enter(command.order, actor, id=run.id)
        await self.engine.ledger.add_run(run.id, run.asked_ns, **run.columns())
        self._runs[run.id] = run
        self.total += 1
        self._forget()
        self.engine.panes.touch("lab")
        return {"id": run.id}

    def _named(self, id_: str) -> Run:
        run = self._runs.get(id_)
        if run is None:
            raise UsageError(f"there is no run {one_line(id_, 40)!r} in the list")
        return run

    def _fill(self) -> None:
        """Start what waits, as far as there is room."""
        self._forget()
        for run in self._runs.values():
            if len(self._tasks) >= self.processes:
                break
            if run.state == "queued":
                run.state, run.started_ns = "running", self.clock.now_ns()
                task = self._tasks[run.id] = asyncio.create_task(self._work(run), name=run.id)
                task.add_done_callback(self._left)
        self.engine.panes.touch("lab")

    def _left(self, task: asyncio.Task[None]) -> None:
        """A process is gone: the next one may begin."""
        self._tasks.pop(task.get_name(), None)
        if not self.engine.stopping.is_set():
            self._fill()

    def _forget(self) -> None:
        """Only the newest of those that are over stay listed."""
        over = [run.id for run in self._runs.values() if run.over]
        for id_ in over[:-LISTED]:
            del self._runs[id_]

    async def _work(self, run: Run) -> None:
        """One run in its process, whatever becomes of it."""

        def told(progress: Progress) -> None:
            run.hear(progress, self.clock.now_ns())
            self.engine.panes.touch("lab")

        try:
            outcome = await service.run(self._request(run), told)
        except GapsError as error:  # no trial: nothing was learnt from it
            self._end(run, "failed", one_line(str(error)), kept=False)
        except CockpitError as error:
            self._end(run, "failed", one_line(str(error)))
        except Exception as error:  # the task's outer edge: a run must not end the engine
            log.exception("a run could not be made", id=run.id)
            self._end(run, "failed", one_line(f"it could not be made: {error}"))
        else:
            self._end(run, "done", outcome=outcome)

    def _request(self, run: Run) -> Request:
        order, engine = run.order, self.engine
        return Request(
            sources=[order.source],
            strategy=order.strategy,
            folders=[str(folder) for folder in engine.folders],
            home=str(engine.home),
            detail=str(self._file(run.id)),
            params=order.params,
            terms=order.terms,
            symbol=order.symbol,
            from_ns=order.from_ns,
            to_ns=order.to_ns,
            idle=self.idle,
            allow_gaps=order.allow_gaps,
        )

    def _file(self, id_: str) -> Path:
        return self.engine.home / FOLDER / f"{id_}.msgpack"

    def _end(self, run: Run, state: str, line: str = "", outcome: service.Outcome | None = None, *, kept: bool = True) -> None:
        """A run is over: on the ledger from now on, unless it is not to be kept."""
        if run.over:
            return
        run.end(state, self.clock.now_ns(), line, outcome)
        log.info("run", id=run.id, state=state, strategy=run.order.strategy, source=one_line(run.order.source), reason=line)
        if not kept:
            self.total -= 1
        else:
            self.engine.ledger.add_run(run.id, run.asked_ns, **run.columns())
        self.engine.panes.touch("lab")

    async def read(self, id_: str) -> dict[str, Any]:
        """A run with its `detail`, as `core.research.service.Detail`; None where its file is gone, or there is none yet.

        Raises:
            UsageError: there is no such run.
        """
        run = self._named(id_)
        detail = await asyncio.to_thread(read_detail, self._file(id_)) if run.state == "done" else None
        return run.words() | {"detail": detail}

    async def sources(self) -> list[str]:
        """What can be run over: the series of the tape, as words for a source.

        Raises:
            CockpitError: the tape cannot be read.
        """
        series = await asyncio.to_thread(tape_series, self.engine.home / "tape.db")
        names = [symbol for symbol, _ in series]
        return [f"tape:{_short(symbol, names)}" + (f"/{stream}" if names.count(symbol) > 1 else "") for symbol, stream in series]


def _short(symbol: str, names: list[str]) -> str:
    """Without its venue, where no other venue has one of that name."""
    bare = symbol.rpartition(":")[2]
    return bare if len({name for name in names if name.rpartition(":")[2] == bare}) == 1 else symbol
