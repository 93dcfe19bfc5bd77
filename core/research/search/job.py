"""The process of one study: reads a request on stdin (msgpack), says how far it is and what came out on stdout (JSON lines).

It goes on where an earlier run of the same study ended, also where that one was `cockpit optimize`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from core.commands import Optimize
from core.compile.__main__ import die_with
from core.errors import CockpitError
from core.research.search.counting import trials_ever
from core.research.search.crew import local_crew
from core.research.search.findings import Division, Findings, document, findings
from core.research.search.journal import FOLDER, SUFFIX
from core.research.search.ranges import parse_range
from core.research.search.ranking import FIGURES
from core.research.search.rows import keep_rows
from core.research.search.runner import Progress, Runner, Tried
from core.research.search.service import CURVES, MOST_POINTS, MOST_ROWS, Said, StudyDetail, StudyOutcome, StudyProgress, StudyRequest
from core.research.search.space import Condition
from core.research.search.study import Ask, Study
from core.research.service import Wrong
from core.research.source_verdict import GapsError
from core.research.sources import open_sources

#: Seconds between two words on progress.
PERIOD_S = 0.25

Say = Callable[[Said], None]


def study_of(request: StudyRequest) -> Study:
    """The study of a request: what `cockpit optimize` makes of the same words.

    Raises:
        CockpitError: a word is refused, or the source cannot be read.
    """
    order = request.order
    ask = Ask(
        strategies=order.strategies,
        folders=[Path(folder) for folder in request.folders],
        ranges=[parse_range(text) for text in order.ranges],
        where=[Condition(text) for text in order.where],
        params=dict(order.params),
        terms=order.terms,
        method=order.method,
        most=order.trials,
        seed=order.seed,
        rank_by=order.rank_by,
    )
    source = open_sources(
        [order.source], symbol=order.symbol, home=Path(request.home), from_ns=order.from_ns, to_ns=order.to_ns, cache=True
    )
    return Study(ask, [keep_rows(source, Path(request.place), allow_gaps=order.allow_gaps)])


class Teller:
    """Says how far a study is, now and then."""

    def __init__(self, say: Say, study: Study) -> None:
        self._say, self._study = say, study
        self._last = float("-inf")

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= PERIOD_S:
            self._last = now
            self._say(self.word(progress))

    def word(self, progress: Progress) -> StudyProgress:
        """How far it is."""
        best = None if progress.best_by is None else {"rank_by": progress.ranked_by, **best_of(progress.best_by)}
        figures = progress.done, progress.total, progress.kept, progress.failed, progress.rate
        return StudyProgress(self._study.key, *figures, best, progress.counts(self._study.series), progress.journal)


def best_of(tried: Tried) -> dict[str, Any]:
    """A trial in short."""
    return {"strategy": tried.strategy, "params": tried.params, **{name: tried.result.figures[name] for name in FIGURES}}


def run(request: StudyRequest, say: Say) -> Said:
    """Make it; what was found goes to the request's file."""
    began = time.monotonic()
    try:
        study = study_of(request)
        teller = Teller(say, study)
        runner = Runner(study, lambda: local_crew(request.processes, idle=request.idle), teller)
        say(teller.word(runner.progress))
        tried = runner.run(Path(request.home) / FOLDER / f"{study.key}{SUFFIX}")
        found = judged(request, study, runner.progress, tried)
        write_detail(Path(request.detail), detail_of(found, tried, time.monotonic() - began))
    except CockpitError as error:
        return Wrong(str(error), isinstance(error, GapsError))
    except MemoryError:
        return Wrong("out of memory: choose a shorter span")
    except OSError as error:
        return Wrong(f"cannot write {request.detail}: {error.strerror}")
    if not found.ranking.rows:
        return Wrong(f"every trial failed, the first with: {found.ranking.failed[0][3]}" if found.ranking.failed else "there was no trial")
    ranking = found.ranking  # by another figure, where no trial has the one that was asked for
    best = {"rank_by": ranking.rank_by, **msgspec.to_builtins(ranking.rows[0])}
    last = msgspec.structs.replace(teller.word(runner.progress), best=best)
    return StudyOutcome(last, ranking.verdict, ranking.pbo, ranking.counted)


def judged(request: StudyRequest, study: Study, progress: Progress, tried: Sequence[Tried]) -> Findings:
    """What was found, in order, with what the number of trials leaves of it."""
    order: Optimize = request.order
    ever = sum(trials_ever(Path(request.home), one) for one in study.series)
    division = Division(order.validate, order.folds) if order.validate else None
    earlier = max(0, ever - progress.done)  # its own are in its journal by now
    return findings(study, progress, tried, order.rank_by, earlier=earlier, division=division)


def detail_of(found: Findings, tried: Sequence[Tried], elapsed_s: float) -> StudyDetail:
    """The document, the places of the trials, and the equity of the best."""
    study, ranking = found.study, found.ranking
    axes = {space.definition.name: space.axes for space in study.spaces}
    places = {name: {axis: {value: k for k, value in enumerate(values)} for axis, values in of} for name, of in axes.items()}
    points: dict[str, list[list[float | None]]] = {name: [] for name in axes}
    for row in ranking.rows[:MOST_POINTS]:
        at = places[row.strategy]
        points[row.strategy].append([*(place[row.params[name]] for name, place in at.items()), getattr(row, ranking.rank_by)])
    best = [next(one for one in tried if one.is_of(row)) for row in ranking.rows[:CURVES]]
    capital = study.ask.terms.capital
    curves = [(capital + np.cumsum(one.result.periods)).tolist() for one in best]
    edges = next((one.edges_ns for one in study.series if best and one.symbol == best[0].symbol), [])
    total = len(ranking.rows)
    ranking.rows = ranking.rows[:MOST_ROWS]
    return StudyDetail(document(found, elapsed_s), total, axes, points, edges, curves)


def write_detail(path: Path, detail: StudyDetail) -> None:
    """Whole or not at all."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_bytes(msgspec.msgpack.encode(detail))
    draft.replace(path)


def main() -> None:
    """Serve one request, for the process whose id is the first argument. What a strategy prints goes to stderr."""
    die_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"  # it would have the last word after a kill
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=StudyRequest)
    out: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def say(said: Said) -> None:
        out.write(msgspec.json.encode(said) + b"\n")

    say(run(request, say))
    out.close()


if __name__ == "__main__":
    main()
