"""A run that notes what a strategy wants at every row, in a world that may lie to it about all but that row."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.errors import CockpitError, telling
from core.research.checks.lies import Hidden, alter
from core.research.checks.subject import Subject, Told
from core.research.checks.surroundings import Surroundings, within
from core.strategy import PYTHON
from core.types import Records

#: float64s before and behind a strategy's work memory that are watched.
GUARD = 128

#: Bytes of work memory that are looked at after every row; more only at this many rows evenly spaced.
SMALL, MARKS = 4096, 64

#: Rows between two words on progress.
PERIOD = 1024


@dataclass(frozen=True)
class World:
    """What surrounds the rows.

    Attributes:
        factor: rows to come are told by this much wrong and not found in memory; None: all rows lie there, as in a backtest.
        files: files given for others.
        noise: what lies around work memory.
        late: seconds its clock is ahead.
        shift: ns by which all rows are moved, and by whose seconds all ids.
    """

    factor: float | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    noise: float = 1e6
    late: float = 0.0
    shift: int = 0


@dataclass
class Trace:
    """What a strategy did.

    Attributes:
        targets: what it wanted of its first leg after each row, NaN for no opinion.
        states: a checksum of its state, work memory and further targets after each row, 0 where none was taken.
        outside: first row at which it had written outside of its work memory, -1 where never.
        failed: what it raised at the row behind the last target, "" if nothing.
    """

    targets: NDArray[np.float64]
    states: NDArray[np.uint32]
    surroundings: Surroundings
    outside: int = -1
    failed: str = ""

    def differs(self, other: Trace, *, states: bool = True) -> int:
        """The first row at which another run wanted something else, or was in another state; -1 where there is none."""
        count = min(len(self.targets), len(other.targets))
        mine, its = self.targets[:count], other.targets[:count]
        unequal = (mine != its) & ~(np.isnan(mine) & np.isnan(its))
        if states:
            unequal |= self.states[:count] != other.states[:count]
        if unequal.any():
            return int(unequal.argmax())
        return count if len(self.targets) != len(other.targets) else -1

    def wanted(self, row: int) -> float | str | None:
        """What it wanted after a row; None for nothing, words for what it raised."""
        if row >= len(self.targets):
            return self.failed
        return None if np.isnan(self.targets[row]) else float(self.targets[row])


@dataclass
class Tracer:
    """Runs a subject in worlds, and tells how far all of it is.

    Attributes:
        total: rows to be run over in all, about.
    """

    subject: Subject
    told: Told = lambda done, total: None
    total: int = 0
    done: int = 0
    _planned: Blueprint | None = None

    def run(self, world: World, rows: int | None = None, marks: NDArray[np.bool_] | None = None) -> Trace:
        """One run, over the first `rows` rows, the strategy loaded anew.

        Args:
            marks: rows after which all of its work memory is looked at.

        Raises:
            CockpitError: it does not load.
        """
        surroundings = Surroundings(self.subject.path.parent, world.files, world.late)
        with within(surroundings):
            try:
                instance = self._instance()
            except CockpitError as error:
                if not world.files:
                    raise
                return Trace(np.empty(0), np.empty(0, np.uint32), surroundings, failed=str(error))
            shown = self.subject.rows if rows is None else self.subject.rows[:rows].copy()
            moved = _moved(shown, self.subject, world.shift) if world.shift else shown
            if isinstance(instance, PythonInstance):
                return self._plain(instance, moved, world, surroundings)
            return self._compiled(instance, moved, world, surroundings, marks)

    def _instance(self) -> Instance:
        """Of one in ordinary Python the plan is made once: it is loaded anew all the same."""
        plan = self._planned or self.subject.plan()
        self._planned = plan if plan.kind == PYTHON else None
        return self.subject.instance(plan)

    def _plain(self, instance: PythonInstance, rows: Records, world: World, surroundings: Surroundings) -> Trace:
        targets: list[float | None] = []
        failed = ""
        try:
            if world.factor is None:
                instance.feed(rows)
            else:
                for i in self._unfolding(rows, world.factor):
                    instance.feed(rows[i : i + 1])
                    targets += instance.targets
        except CockpitError as error:
            failed = str(error)
        except Exception as error:  # anything may be raised in there: it is somebody else's code
            failed = telling(error)
        if world.factor is None:
            targets = instance.targets
            self.step(len(rows))
        if failed and len(targets) == len(rows):  # a target that is no number, somewhere
            raise CockpitError(failed)
        return Trace(np.array(targets, np.float64), np.zeros(len(targets), np.uint32), surroundings, failed=failed)

    def _compiled(
        self, instance: Instance, rows: Records, world: World, surroundings: Surroundings, marks: NDArray[np.bool_] | None
    ) -> Trace:
        around = np.full(len(instance.mem) + 2 * GUARD, world.noise)
        mem = around[GUARD:-GUARD]
        mem[:] = 0.0
        instance.work_in(mem)
        before, behind = around[:GUARD], around[-GUARD:]
        untouched = _sum(before, behind)
        if marks is None:
            marks = np.full(len(rows), mem.nbytes <= SMALL)
            marks[:: max(len(rows) // MARKS, 1)] = True
        targets, states = np.full(len(rows), np.nan), np.zeros(len(rows), np.uint32)
        wanted, outside, failed = instance.wanted, -1, ""
        kept = (instance.state.view(np.uint8), wanted[1:].view(np.uint8))  # what further legs want is compared with the state
        i = 0
        try:
            for i in self._unfolding(rows, world.factor):
                instance.feed(rows[i : i + 1])
                targets[i] = wanted[0]
                states[i] = _sum(*kept, mem) if marks[i] else _sum(*kept)
                if outside < 0 and _sum(before, behind) != untouched:
                    outside = i
        except CockpitError as error:
            failed, targets, states = str(error), targets[:i], states[:i]
        return Trace(targets, states, surroundings, outside, failed)

    def _unfolding(self, rows: Records, factor: float | None) -> Iterator[int]:
        """The numbers of the rows; with a factor, those behind it lie until it is their turn."""
        hidden = None
        if factor is not None:
            hidden = Hidden(rows)
            alter(rows, factor)
        try:
            for i in range(len(rows)):
                if hidden is not None:
                    hidden.reveal(i)
                yield i
                if i % PERIOD == PERIOD - 1:
                    self.step(PERIOD)
            self.step(len(rows) % PERIOD)
        finally:
            if hidden is not None:
                hidden.reveal(0, len(rows))

    def step(self, rows: int) -> None:
        """So many rows more are done."""
        self.done += rows
        self.told(min(self.done, self.total), self.total)


def _sum(*parts: NDArray[Any]) -> int:
    """A checksum of memory."""
    found = 0
    for part in parts:
        found = zlib.crc32(part.data, found)
    return found


def _moved(rows: Records, subject: Subject, shift: int) -> Records:
    """Copies of rows at other times, with other ids."""
    moved = rows.copy()
    for name in {"ts", subject.when}:
        moved[name] += shift
    moved["id"] += shift // 1_000_000_000
    return moved
