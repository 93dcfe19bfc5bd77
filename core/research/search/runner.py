"""Running a study: rounds of trials, handed out in jobs, taken back in any order and told in that of their numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from core.research.search.crew import BROKEN, Crew
from core.research.search.journal import Journal
from core.research.search.methods import Method
from core.research.search.progress import Progress, Tried, score
from core.research.search.study import Study
from core.research.search.trial import Result, Trial, decode_results

#: Seconds a job should take: long enough that its way costs nothing, short enough that progress is seen and a stop is prompt.
JOB_S = 0.25

#: Trials of a job of that length at most.
JOB_TRIALS = 256

#: Jobs a second that one scheduler hands out and takes back with ease (`benchmarks/cluster.py`): a crew of more gets longer ones.
JOBS_A_SECOND = 100

#: Jobs given out per process: one at work, one at hand.
AHEAD = 2

#: Times the process of a trial that runs alone may crash before it is the trial's fault.
CRASHES = 2

Crews = Callable[[], AbstractContextManager[Crew]]


class Runner:
    """One run of a study.

    Args:
        crews: makes a crew; called again where one breaks.
        told: called with how far it is, now and then.
    """

    def __init__(self, study: Study, crews: Crews, told: Callable[[Progress], None] = lambda _: None) -> None:
        self.progress = Progress(study.size)
        self._study, self._crews, self._told = study, crews, told
        self._trial_s = 0.0  # in the newest job
        self._crashes: dict[int, int] = {}
        self._alone: set[int] = set()  # to be run one by one: their process crashed

    def run(self, path: Path, *, again: bool = False) -> list[Tried]:
        """Every trial with its result, in the order of their numbers; those in the file are taken over, unless all are to be made again.

        Raises:
            CockpitError: results cannot be kept there, or no crew is to be had.
        """
        tried: list[Tried] = []
        journal = Journal(path, self.progress.counts(self._study.series), again=again)
        self.progress.journal = journal.id
        for count in journal.counts:
            self.progress.ever_by[count.symbol] = count.trials
        with ExitStack() as stack:
            stack.callback(journal.close)
            hands = _Hands(self._crews, stack)
            methods = [(space, series, self._study.method(space)) for space, series in self._study.pairs]
            while asked := [(*one, sets) for one in methods if (sets := one[2].ask())]:
                trials = list(self._numbered(asked, len(tried)))
                results = self._round(hands, journal, [trial for part in trials for trial in part])
                for (*_, method, _), part in zip(asked, trials, strict=True):
                    method.tell([score(results[trial.number], self._study.ask.rank_by) for trial in part])
                    tried += [self._tried(trial, results[trial.number]) for trial in part]
        self.progress.total = self.progress.done
        self._told(self.progress)
        return tried

    def once(self, trials: list[Trial]) -> list[Result]:
        """The results of trials that belong to no study, in their order; they are not kept."""
        self.progress = Progress(len(trials))
        with ExitStack() as stack:
            found = self._round(_Hands(self._crews, stack), None, trials)
        return [found[trial.number] for trial in trials]

    def _numbered(self, asked: list[tuple[int, int, Method, list[dict[str, Any]]]], number: int) -> Iterator[list[Trial]]:
        """The trials of what each method asks for, numbered through."""
        for space, series, _, sets in asked:
            yield [self._study.trial(number + k, space, series, values) for k, values in enumerate(sets)]
            number += len(sets)

    def _tried(self, trial: Trial, result: Result) -> Tried:
        return Tried(self._study.strategy(trial), self._study.series[trial.series].symbol, trial.values, result)

    def _round(self, hands: _Hands, journal: Journal | None, trials: list[Trial]) -> dict[int, Result]:
        """The results of some trials by number."""
        found: dict[int, Result] = {}
        todo: deque[Trial] = deque()
        for trial in trials:
            kept = journal.found.get(trial.number) if journal else None
            if kept is None:
                todo.append(trial)
            else:
                self.progress.kept += 1
                self._note(found, trial, kept, made=0)
        given: dict[Future[bytes], list[Trial]] = {}
        while todo or given:
            try:
                while todo and len(given) < self._room(todo[0], given.values(), hands.crew.size):
                    part = self._part(todo, hands.crew.size)
                    given[hands.crew.submit(self._study.job(part))] = part
                done, _ = wait(given, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    results = decode_results(future.result())
                    part = given.pop(future)
                    if journal:
                        journal.add(results)
                    self._learn(results)
                    for trial, result in zip(part, results, strict=True):
                        self._note(found, trial, result)
            except BROKEN:
                again, failed = self._blame(given.values())
                given.clear()
                if journal:
                    journal.add([result for _, result in failed])
                for trial, result in failed:
                    self._note(found, trial, result)
                todo.extendleft(reversed(again))
                hands.renew()
            self._told(self.progress)
        return found

    def _room(self, trial: Trial, given: Iterable[list[Trial]], size: int) -> int:
        """Jobs that may be out at once: one, where it is about who crashes."""
        suspects = trial.number in self._alone or any(part[0].number in self._alone for part in given)
        return 1 if suspects else AHEAD * size

    def _part(self, todo: deque[Trial], size: int) -> list[Trial]:
        """The trials of the next job: towards the end of a round fewer, so that all hands end at about the same time."""
        if todo[0].number in self._alone:
            return [todo.popleft()]
        longer = max(1.0, size / JOBS_A_SECOND / JOB_S)
        fitting = max(1, int(JOB_S * longer / self._trial_s)) if self._trial_s else 1
        count = min(fitting, int(JOB_TRIALS * longer), -(-len(todo) // (AHEAD * size)))
        part: list[Trial] = []
        while todo and len(part) < count and todo[0].number not in self._alone:
            part.append(todo.popleft())
        return part

    def _learn(self, results: list[Result]) -> None:
        """How long a trial takes."""
        spent = [float(result.figures["elapsed_s"]) for result in results if not result.error]
        if spent:
            self._trial_s = max(sum(spent) / len(spent), 1e-6)

    def _blame(self, parts: Collection[list[Trial]]) -> tuple[list[Trial], list[tuple[Trial, Result]]]:
        """After a crash: what is to be run again, alone until it is clear who crashes, and who that was."""
        again, failed = [], []
        for part in parts:
            for trial in part:
                self._alone.add(trial.number)
                self._crashes[trial.number] = self._crashes.get(trial.number, 0) + (len(parts) == len(part) == 1)
                if self._crashes[trial.number] < CRASHES:
                    again.append(trial)
                else:
                    why = "its process crashed each time it was tried"
                    failed.append((trial, Result(trial.number, {}, error=why, series=trial.series)))
        return again, failed

    def _note(self, found: dict[int, Result], trial: Trial, result: Result, made: int = 1) -> None:
        found[trial.number] = result
        progress, symbol = self.progress, self._study.series[trial.series].symbol
        for counts in (progress.made_by, progress.ever_by):
            counts[symbol] = counts.get(symbol, 0) + made
        progress.done += 1
        progress.failed += bool(result.error)
        progress.weigh(self._tried(trial, result), self._study.ask.rank_by)


class _Hands:
    """The crew at work, and a new one where it broke."""

    def __init__(self, crews: Crews, stack: ExitStack) -> None:
        self._crews = crews
        self._open = stack.enter_context(ExitStack())
        self.crew = self._open.enter_context(crews())

    def renew(self) -> None:
        self._open.close()
        self.crew = self._open.enter_context(self._crews())
