"""What is asked of the lab, looked at before it queues, and put into words for its process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands import Backtest, Optimize
from core.engine.run import Run
from core.engine.run_files import FOLDER, PAGE
from core.engine.study_run import StudyRun
from core.errors import UsageError, one_line
from core.measured_terms import MEASURED
from core.ranges import parse_range
from core.research.search.service import StudyRequest
from core.research.service import Request
from core.store.span import tape_series
from core.strategy_files import strategy_file
from core.term_rules import refuse_idle
from core.terms import Terms

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Where a study has its rows while it is under way.
PLACES = "studies"


def check(command: Backtest | Optimize, folders: list[Path]) -> None:
    """Refuse what cannot work as worded.

    Raises:
        UsageError: why.
    """
    refuse_idle(command.terms)
    for source in command.sources:
        if not source.strip():
            raise UsageError("no source given: name a file, a folder or tape:SYMBOL")
        if not source.startswith("tape:") and not os.path.isabs(source):
            raise UsageError(f"{one_line(source, 200)}: give the whole path, from its first folder on")
        if command.sources.count(source) > 1:
            raise UsageError(f"{one_line(source, 200)} is named twice")
    for name in command.strategies if isinstance(command, Optimize) else [command.strategy]:
        strategy_file(name, folders)  # refuses a name that none has
    if isinstance(command, Optimize):
        for text in command.ranges:
            parse_range(text)
    if command.costs is not None:
        _check_costs(command.costs, command.given)


def _check_costs(costs: str, given: list[str]) -> None:
    """What only the words tell: a run's own process reads the file, or measures."""
    if costs != MEASURED and not os.path.isabs(costs):
        raise UsageError(f"costs {one_line(costs, 200)}: {MEASURED}, or the whole path of a file that `cockpit calibrate --json` wrote")
    unknown = sorted(set(given).difference(Terms.__struct_fields__))
    if unknown:
        raise UsageError(f"given {one_line(unknown[0], 60)}: no term; there are: {', '.join(Terms.__struct_fields__)}")


def run_request(engine: Engine, run: Run, idle: bool) -> Request:
    """The words for a run's process."""
    order = run.order
    return Request(
        sources=order.sources,
        strategy=order.strategy,
        folders=[str(folder) for folder in engine.folders],
        home=str(engine.home),
        detail=str(detail_file(engine, run.id)),
        params=order.params,
        terms=order.terms,
        symbol=order.symbol,
        from_ns=order.from_ns,
        to_ns=order.to_ns,
        idle=idle,
        allow_gaps=order.allow_gaps,
        costs=order.costs,
        given=order.given,
    )


def study_request(engine: Engine, study: StudyRun, processes: int, idle: bool) -> StudyRequest:
    """The words for a study's process."""
    return StudyRequest(
        order=study.order,
        folders=[str(folder) for folder in engine.folders],
        home=str(engine.home),
        place=str(place_of(engine, study.id)),
        detail=str(detail_file(engine, study.id)),
        page=str(page_file(engine, study.id)),
        processes=processes,
        idle=idle,
    )


def detail_file(engine: Engine, id_: str) -> Path:
    """What a run or a study leaves."""
    return engine.home / FOLDER / f"{id_}.msgpack"


def page_file(engine: Engine, id_: str) -> Path:
    """The report of a study, gzip."""
    return engine.home / FOLDER / f"{id_}{PAGE}"


def page_of(engine: Engine, id_: str) -> str | None:
    """The same where it is there."""
    path = page_file(engine, id_)
    return str(path) if path.exists() else None


def place_of(engine: Engine, id_: str) -> Path:
    """The folder of a study's rows."""
    return engine.home / PLACES / f"rows-{id_}"


def clear(*places: Path) -> None:
    """Take such folders away."""
    for place in places:
        shutil.rmtree(place, ignore_errors=True)


def tape_sources(home: Path) -> list[str]:
    """The series of the tape, as words for a source.

    Raises:
        CockpitError: the tape cannot be read.
    """
    series = tape_series(home / "tape.db")
    names = [symbol for symbol, _ in series]
    return [f"tape:{_short(symbol, names)}" + (f"/{stream}" if names.count(symbol) > 1 else "") for symbol, stream in series]


def _short(symbol: str, names: list[str]) -> str:
    """Without its venue, where no other venue has one of that name."""
    bare = symbol.rpartition(":")[2]
    return bare if len({name for name in names if name.rpartition(":")[2] == bare}) == 1 else symbol
