"""The process of one study: reads a request on stdin (msgpack), says how far it is and what came out on stdout (JSON lines).

It goes on where an earlier run of the same study ended, also where that one was `cockpit optimize`.
"""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.commands import Optimize
from core.errors import StrategyError
from core.research.calibration.asked import costs_of
from core.research.report.study import study_notes, study_page
from core.research.search.crew import local_crew
from core.research.search.findings import Division, Findings, document, paid
from core.research.search.intake import Intake
from core.research.search.judging import judged, with_chance
from core.research.search.progress import Progress, Tried
from core.research.search.question import Question, Wanted, open_question
from core.research.search.ranges import parse_range
from core.research.search.ranking import FIGURES
from core.research.search.runner import Runner
from core.research.search.service import CURVES, MOST_POINTS, MOST_ROWS, Said, StudyOutcome, StudyProgress, StudyRequest
from core.research.search.space import Condition
from core.research.search.study import Ask, Study
from core.research.serving import leave, outcome_or_wrong, serve, write_detail
from core.study_view import StudyDetail

#: Seconds between two words on progress.
PERIOD_S = 0.25

Say = Callable[[Said], None]


def question_of(request: StudyRequest, intake: Intake | None = None) -> Question:
    """The study of a request: what `cockpit optimize` makes of the same words.

    Args:
        intake: told how far its rows are read.

    Raises:
        CockpitError: a word is refused, no costs are to be had as they were asked for, or a source cannot be read.
    """
    order, home = request.order, Path(request.home)
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
        costs=None if order.costs is None else costs_of(order.costs, home, order.given),
    )
    wanted = Wanted(
        sources=order.sources, symbols=order.symbols, home=home, from_ns=order.from_ns, to_ns=order.to_ns,
        allow_gaps=order.allow_gaps,
    )  # fmt: skip
    if intake is None:
        return open_question(ask, wanted, Path(request.place))
    return open_question(ask, wanted, Path(request.place), intake, opened=intake.begin)


class Teller:
    """Says how far a study is, now and then.

    Attributes:
        tried: how far its trials are.
    """

    def __init__(self, say: Say, study: Study, tried: Progress) -> None:
        self._say, self._study = say, study
        self.tried = tried
        self._last = float("-inf")

    def __call__(self, progress: Progress) -> None:
        self._now_and_then("")

    def stage(self, words: str) -> None:
        """All was tried, and this comes now."""
        self._say(self.word(words))

    def again(self, progress: Progress) -> None:
        """So many runs of the best on jittered prices and costs are done."""
        self._now_and_then(f"running the best again {progress.done:,}/{progress.total:,}")

    def _now_and_then(self, stage: str) -> None:
        now = time.monotonic()
        if now - self._last >= PERIOD_S:
            self._last = now
            self._say(self.word(stage))

    def word(self, stage: str = "") -> StudyProgress:
        """How far it is."""
        tried = self.tried
        best = None if tried.best_by is None else {"rank_by": tried.ranked_by, **best_of(tried.best_by)}
        figures = tried.done, tried.total, tried.kept, tried.failed, tried.rate
        return StudyProgress(self._study.key, *figures, best, tried.counts(self._study.series), stage, tried.journal)


def best_of(tried: Tried) -> dict[str, Any]:
    """A trial in short."""
    figures = {name: tried.result.figures[name] for name in FIGURES}
    return {"strategy": tried.strategy, "symbol": tried.symbol, "params": tried.params, **figures}


def run(request: StudyRequest, say: Say) -> Said:
    """Make it; what was found goes to the request's files."""
    intake = Intake(say)
    said = outcome_or_wrong(lambda: _made(request, say, intake), request.detail)
    intake.close()
    return said


def _made(request: StudyRequest, say: Say, intake: Intake) -> StudyOutcome:
    began, order, home = time.monotonic(), request.order, Path(request.home)
    question = question_of(request, intake)
    intake.close()  # what is said from now on is how far its trials are
    study = question.study

    def crews() -> Any:
        return local_crew(request.processes, idle=request.idle)

    teller = Teller(say, study, Progress(study.size))
    runner = Runner(study, crews, teller)
    teller.tried = runner.progress
    say(teller.word())
    tried = runner.run(question.journal(home))
    teller.stage("judging it")
    found = judged(home, study, runner.progress, tried, order.rank_by, division_of(order))
    if order.monte_carlo and found.ranking.rows:
        teller.stage("drawing its periods again")
        found = with_chance(found, crews, teller.again, paths=order.monte_carlo, seed=order.seed)
    ranking = found.ranking  # by another figure, where no trial has the one that was asked for
    if not ranking.rows:
        raise StrategyError(f"every trial failed, the first with: {ranking.failed[0][3]}" if ranking.failed else "there was no trial")
    teller.stage("writing it down")
    if request.page:
        leave(Path(request.page), gzip.compress(study_page(found, question.origins), 6))
    best = {"rank_by": ranking.rank_by, **msgspec.to_builtins(ranking.rows[0])}
    write_detail(Path(request.detail), detail_of(question, found, tried, time.monotonic() - began))
    return StudyOutcome(msgspec.structs.replace(teller.word(), best=best), ranking.verdict, ranking.pbo, ranking.counted, paid(study))


def division_of(order: Optimize) -> Division | None:
    """How its choice is to be judged."""
    return Division(order.validate, order.folds, order.train, order.embargo) if order.validate else None


def detail_of(question: Question, found: Findings, tried: Sequence[Tried], elapsed_s: float) -> StudyDetail:
    """The document, the places of the trials, and the equity of the best."""
    study, ranking = found.study, found.ranking
    symbols = [one.symbol for one in study.series]
    axes = {space.definition.name: space.axes for space in study.spaces}
    places = {name: {axis: {value: k for k, value in enumerate(values)} for axis, values in of} for name, of in axes.items()}
    points: dict[str, list[list[float | None]]] = {name: [] for name in axes}
    on: dict[str, list[int]] = {name: [] for name in axes}
    for row in ranking.rows[:MOST_POINTS]:
        at = places[row.strategy]
        points[row.strategy].append([*(place[row.params[name]] for name, place in at.items()), getattr(row, ranking.rank_by)])
        on[row.strategy].append(symbols.index(row.symbol))
    best = [next(one for one in tried if one.is_of(row)) for row in ranking.rows[:CURVES]]
    capital = study.ask.terms.capital
    curves = [(capital + np.cumsum(one.result.periods)).tolist() for one in best]
    edges = next((one.edges_ns for one in study.series if best and one.symbol == best[0].symbol), [])
    total = len(ranking.rows)
    ranking.rows = ranking.rows[:MOST_ROWS]
    return StudyDetail(
        document(found, elapsed_s), total, axes, points, edges, curves, symbols=symbols, on=on,
        origins={symbol: one.source for symbol, one in zip(symbols, question.origins, strict=True)},
        notes=study_notes(study, question.origins), left_out=question.left_out,
    )  # fmt: skip


if __name__ == "__main__":
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"  # it would have the last word after a kill
    serve(StudyRequest, run)
