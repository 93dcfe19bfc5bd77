"""The lab: runs and studies over history that people ask for. They queue, a few at once have processes, and end on the ledger.

Whatever becomes of a run, the engine goes on: one that is refused, raises or crashes is a failed run with a line that says why.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.commands import CancelRun, LabCommand, NoteRun, NoteStudy, Optimize
from core.engine.asked import PLACES, check, clear, detail_file, page_of, place_of, run_request, study_request, tape_sources
from core.engine.run import Run, made_elsewhere, run_of, study_columns
from core.engine.run_files import FOLDER, prune, read_detail
from core.engine.study_run import StudyRun, study_made_elsewhere, study_of
from core.errors import CockpitError, UsageError, one_line
from core.research import service
from core.research.search import service as study_service
from core.research.search.service import StudyOutcome, StudyProgress
from core.research.service import Outcome, Progress
from core.research.source_verdict import GapsError
from core.study_view import StudyDetail
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
        self._runs: dict[str, Run | StudyRun] = {}  # oldest first
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Take up what the ledger tells of runs before."""
        ledger = self.engine.ledger
        self.total, self._number = await ledger.count_runs()
        found = [run_of(row) or study_of(row) for row in await ledger.runs(LISTED)]
        self._runs = {run.id: run for run in sorted((run for run in found if run is not None), key=lambda run: run.asked_ns)}
        await asyncio.to_thread(prune, self.engine.home / FOLDER)
        await asyncio.to_thread(clear, *(self.engine.home / PLACES).glob("rows-*"))  # of studies that were killed

    async def close(self) -> None:
        """End what runs; what waited or was under way is noted as cancelled."""
        for run in [run for run in self._runs.values() if not run.over]:
            self._end(run, "cancelled", "the engine stopped")
        for task in (tasks := list(self._tasks.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def view(self) -> LabView:
        """The pane."""
        newest = list(reversed(self._runs.values()))
        studies = [run.row() for run in newest if isinstance(run, StudyRun)]
        return LabView([run.row() for run in newest if isinstance(run, Run)], self.total, self.processes, studies)

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
            return await self._note_study(command, actor)
        check(command, self.engine.folders)
        if sum(run.state == "queued" for run in self._runs.values()) >= MOST_WAITING:
            raise UsageError(f"{MOST_WAITING} runs wait already: cancel some, or let them end")
        self._number += 1
        id_, now_ns = f"run-{self._number}", self.clock.now_ns()
        run = StudyRun(id_, command, now_ns) if isinstance(command, Optimize) else Run(id_, command, now_ns)
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
        return self._list(run.id, run)

    async def _note_study(self, command: NoteStudy, actor: str) -> dict[str, Any]:
        """A study that was made elsewhere is counted, and listed where it is told as ours are."""
        self._number += 1
        id_ = f"run-{self._number}"
        await self.engine.journal.enter(command, actor, id=id_)
        await self.engine.ledger.add_run(id_, command.started_ns, **study_columns(command))
        try:
            study = study_made_elsewhere(id_, command)
        except (ValueError, KeyError, TypeError):  # of another version; msgspec's own errors are ValueErrors
            study = None
        return self._list(id_, study)

    def _list(self, id_: str, run: Run | StudyRun | None) -> dict[str, Any]:
        if run is not None:
            self._runs[id_] = run
        self.total += 1
        self._forget()
        self.engine.panes.touch("lab")
        return {"id": id_}

    def _named(self, id_: str) -> Run | StudyRun:
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

    async def _work(self, run: Run | StudyRun) -> None:
        """One run in its process, whatever becomes of it."""
        try:
            outcome = await (self._study(run) if isinstance(run, StudyRun) else self._run(run))
        except GapsError as error:  # no trial: nothing was learnt from it
            self._end(run, "failed", one_line(str(error)), kept=False)
        except CockpitError as error:
            self._end(run, "failed", one_line(str(error)))
        except Exception as error:  # the task's outer edge: a run must not end the engine
            log.exception("a run could not be made", id=run.id)
            self._end(run, "failed", one_line(f"it could not be made: {error}"))
        else:
            self._end(run, "done", outcome=outcome)

    async def _run(self, run: Run) -> Outcome:
        def told(progress: Progress) -> None:
            run.hear(progress, self.clock.now_ns())
            self.engine.panes.touch("lab")

        return await service.run(run_request(self.engine, run, self.idle), told)

    async def _study(self, study: StudyRun) -> StudyOutcome:
        """Its trials share the processes with what is under way when it begins."""

        def told(progress: StudyProgress) -> None:
            study.hear(progress, self.clock.now_ns())
            self.engine.panes.touch("lab")

        share, place = max(1, self.processes // max(1, len(self._tasks))), place_of(self.engine, study.id)
        await asyncio.to_thread(place.mkdir, mode=0o700, parents=True, exist_ok=True)
        try:
            return await study_service.run(study_request(self.engine, study, share, self.idle), told)
        finally:
            await asyncio.to_thread(clear, place)

    def _end(
        self, run: Run | StudyRun, state: str, line: str = "", outcome: Outcome | StudyOutcome | None = None, *, kept: bool = True
    ) -> None:
        """A run is over: on the ledger from now on, unless it is not to be kept."""
        if run.over:
            return
        run.end(state, self.clock.now_ns(), line, outcome)  # type: ignore[arg-type]  # each has the outcome of its kind
        log.info("run", id=run.id, state=state, strategy=run.name, source=one_line(run.source), reason=line)
        if not kept:
            self.total -= 1
        else:
            self.engine.ledger.add_run(run.id, run.asked_ns, **run.columns())
        self.engine.panes.touch("lab")

    async def read(self, id_: str) -> dict[str, Any]:
        """A run with its `detail` (`Detail` or `StudyDetail`) and the file of its report as `page`; None where they are not there.

        Raises:
            UsageError: there is no such run.
        """
        run = self._named(id_)
        kind = StudyDetail if isinstance(run, StudyRun) else service.Detail
        detail = await asyncio.to_thread(read_detail, detail_file(self.engine, id_), kind) if run.state == "done" else None
        return run.words() | {"detail": detail, "page": page_of(self.engine, id_)}

    async def sources(self) -> list[str]:
        """What can be run over: the series of the tape, as words for a source.

        Raises:
            CockpitError: the tape cannot be read.
        """
        return await asyncio.to_thread(tape_sources, self.engine.home)
