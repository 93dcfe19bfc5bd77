"""`cockpit optimize`: a study of many parameter sets, its table, and what may be believed of the best."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.collecting import collect_seldom
from cockpit.cli.parser import Commands, Parser, comma_list, pairs
from cockpit.cli.research import SOURCES, moment
from cockpit.cli.tables import add_table, check_tables, write_tables
from cockpit.cli.terms import add_costs, add_params, add_terms, folders, given, terms
from core.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cockpit.cli.call import Call
    from core.research.search.crew import Crew
    from core.research.search.findings import Division, Findings
    from core.research.search.progress import Progress
    from core.research.search.question import Question
    from core.research.search.trial import Series
    from core.transfer.table_file import Table

#: Rows of the table that are printed.
TOP = 20


def add(commands: Commands) -> None:
    """optimize."""
    parser = commands.add("optimize", optimize, "many runs: which parameters, and whether to believe the best", epilog=SOURCES)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="what to run over")
    parser.add_argument(
        "--strategy", dest="strategies", nargs="+", action="extend", required=True, metavar="NAME", help="strategies of the catalogue"
    )
    parser.add_argument("--symbols", type=comma_list, default=[], metavar="A[,B]", help="only these of what the sources hold (all)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time traded")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    parser.add_argument(
        "--range",
        dest="ranges",
        nargs="+",
        action="extend",
        default=[],
        metavar="K=RANGE",
        help="values to try: fast=5:50:5 or interval=1m,5m",
    )
    parser.add_argument(
        "--where", dest="where", nargs="+", action="extend", default=[], metavar="COND", help="what must hold besides: 'slow>=20'"
    )
    parser.add_argument("--method", default="grid", metavar="M", help="grid, random or bayes (grid)")
    parser.add_argument("--trials", type=_count, metavar="N", help="at most so many a strategy and symbol (grid: all; else 100)")
    parser.add_argument("--rank-by", default="sharpe", metavar="FIGURE", help="what the best is best at (sharpe)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of random and bayes (0)")
    _add_judging(parser)
    _add_chance(parser)
    _add_running(parser)
    add_params(parser)
    add_terms(parser)
    add_costs(parser)


def _add_judging(parser: Parser) -> None:
    parser.add_argument(
        "--validate", metavar="WAY", help="judge the choice by other stretches: split, rolling, anchored, purged, combinatorial"
    )
    parser.add_argument("--folds", type=_count, default=5, metavar="N", help="stretches it is judged by (5)")
    parser.add_argument(
        "--train", type=float, default=0.7, metavar="SHARE", help="share of the time to choose on, of split and rolling (0.7)"
    )
    parser.add_argument("--embargo", type=int, default=1, metavar="N", help="periods left out between choosing and judging (1)")


def _add_chance(parser: Parser) -> None:
    parser.add_argument(
        "--monte-carlo", type=_count, nargs="?", const=10_000, metavar="PATHS", help="what else might have come of the best (10000 paths)"
    )


def _add_running(parser: Parser) -> None:
    parser.add_argument("--jobs", type=_count, metavar="N", help="processes at once (one a core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler, tcp://HOST:PORT, instead of processes here")
    parser.add_argument("--allow-gaps", action="store_true", help="run over sources that lack data, and say so")
    parser.add_argument("--no-cache", action="store_true", help="read the files themselves, not what is kept of an earlier reading")
    parser.add_argument("--again", action="store_true", help="forget what an earlier run of the same study found")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the study there as one HTML page: charts, tables, verdict")
    add_table(parser, "ranking", "write every trial of the table there, the best first")
    parser.add_argument("--top", type=_count, default=TOP, metavar="N", help=f"rows of the table that are printed ({TOP})")


def _count(text: str) -> int:
    import argparse

    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1 on")
    return int(text)


def optimize(call: Call) -> int:
    """Run the study, or go on with it."""
    collect_seldom()
    from cockpit.cli.noted import note_stopped, note_study, whole
    from cockpit.cli.stopping import stopping
    from cockpit.cli.study_text import StudyLine
    from core.research.search.judging import judged, with_chance
    from core.research.search.ranking import RANKS
    from core.research.search.runner import Runner

    options = call.options
    if options.rank_by not in RANKS:
        raise UsageError(f"--rank-by {options.rank_by}: there are: {', '.join(RANKS)}")
    check_tables(options, options.sources)
    began, source = time.time_ns(), whole(options.sources)
    with _workplace() as place, contextlib.redirect_stdout(sys.stderr):  # a strategy may print; stdout is ours
        question = _question(call, place)
        study, path = question.study, question.journal(call.home)
        line = StudyLine(options.rank_by)
        crews = _crews(options, study.series)
        runner = Runner(study, crews, line)
        with stopping(call, lambda: _kept(runner.progress, path)), line:
            try:
                tried = runner.run(path, again=options.again)
            except BaseException:
                note_stopped(call, study, runner.progress, source, (began, time.time_ns()))
                raise
        found = judged(call.home, study, runner.progress, tried, options.rank_by, _division(options))
        if options.monte_carlo:
            with stopping(call, "the study is whole; only its last part is not"), line:
                found = with_chance(found, crews, line, paths=options.monte_carlo, seed=options.seed)
        note_study(call, found, source, (began, time.time_ns()))
    code = max(_tell(call, found, began), write_tables(call, {"ranking": lambda: _ranking(found)}))
    return code if options.report is None else max(code, _report(call, found, question))


def _report(call: Call, found: Findings, question: Question) -> int:
    from cockpit.cli.report_file import write_report
    from core.research.report.study import study_page

    return write_report(call, call.options.report, lambda: study_page(found, question.origins))


def _ranking(found: Findings) -> Table:
    import msgspec

    from core.transfer.run_out import ranking_table

    return ranking_table(msgspec.to_builtins(found.ranking.rows))


def _question(call: Call, place: Path) -> Question:
    """What to try on which rows; what is left out or odd of these is said."""
    from cockpit.cli.calibrate import costs
    from cockpit.cli.progress import Progress
    from core.research.search.question import Wanted, open_question
    from core.research.search.ranges import parse_range
    from core.research.search.space import Condition
    from core.research.search.study import Ask

    options = call.options
    ask = Ask(
        strategies=options.strategies,
        folders=folders(call),
        ranges=[parse_range(text) for text in options.ranges],
        where=[Condition(text) for text in options.where],
        params=dict(pairs(options.params)),
        terms=terms(call),
        method=options.method,
        most=options.trials,
        seed=options.seed,
        rank_by=options.rank_by,
        costs=costs(call, given(call)),
    )
    wanted = Wanted(
        sources=options.sources, symbols=options.symbols, home=call.home, from_ns=options.start, to_ns=options.end,
        allow_gaps=options.allow_gaps, cache=not options.no_cache,
    )  # fmt: skip
    with Progress() as progress:
        question = open_question(ask, wanted, place, progress, call.say)
    for origin in question.origins:
        for note in origin.notes:
            call.say(f"note: {note}")
    return question


@contextlib.contextmanager
def _workplace() -> Any:
    """A folder for the rows, gone afterwards."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="cockpit-study-") as folder:
        yield Path(folder)


def _crews(options: Any, series: list[Series]) -> Callable[[], AbstractContextManager[Crew]]:
    from core.research.search.crew import dask_crew, local_crew

    if options.scheduler:
        return lambda: dask_crew(options.scheduler, series)
    jobs = options.jobs or os.cpu_count() or 1
    return lambda: local_crew(jobs)


def _kept(progress: Progress, path: Path) -> str:
    return f"{progress.done:,} of {progress.total:,} trials are kept in {path}; the same command goes on from there"


def _division(options: Any) -> Division | None:
    from core.research.search.findings import Division

    if options.validate is None:
        return None
    return Division(options.validate, options.folds, options.train, options.embargo)


def _tell(call: Call, found: Findings, began: int) -> int:
    from core.research.search.findings import document

    if call.json:
        call.document(document(found, (time.time_ns() - began) / 1e9))
    else:
        from cockpit.cli.study_text import print_findings

        print_findings(found, call.options.top, sys.stdout)
    return 1 if found.ranking.failed and not found.ranking.rows else 0
