"""Studies asked of an engine, each in a process of its own: what asks one imports neither numba nor anyone's strategy.

The process is `core.research.search.job`; it has processes of its own for the trials. All of them end with who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from core.commands import Optimize, TrialCount
from core.measured_terms import Paid
from core.research.service import Wrong, converse

#: Rows of the ranking that are kept, the best ones.
MOST_ROWS = 2000

#: Trials whose place among the parameters is kept, for a map of them.
MOST_POINTS = 20_000

#: Of how many of the best the equity is kept.
CURVES = 5


class StudyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to try.

    Attributes:
        order: the study; its sources as of `core.research.sources.open_many`, paths absolute.
        place: a folder for the rows, made and removed by who asks.
        detail: the file to be written with what was found.
        page: the file to be written with its report (`core.research.report.study`), gzip; '' none.
        processes: that run trials at once, besides its own.
        idle: whether it is to run only where nothing else wants to.
    """

    order: Optimize
    folders: list[str]
    home: str
    place: str
    detail: str
    page: str = ""
    processes: int = 1
    idle: bool = True


class StudyProgress(msgspec.Struct, frozen=True, tag="progress"):
    """How far it is; figures as of `core.research.search.runner.Progress`.

    Attributes:
        best: strategy, params and figures of the best so far; at the end of the best, with what it is best by as `rank_by`.
        counts: trials made, by symbol and span.
        stage: what is done once all was tried; '' it is still being tried.
        journal: names the file they are kept in; '' before it is open.
        rows: read so far, before there is a study (`key` is '' then, and `total` 0).
        share: 0..1 of the rows that is read; None nobody knows.
    """

    key: str
    done: int
    total: int
    kept: int
    failed: int
    rate: float
    best: dict[str, Any] | None
    counts: list[TrialCount]
    stage: str = ""
    journal: str = ""
    rows: int = 0
    share: float | None = None


class StudyOutcome(msgspec.Struct, frozen=True, tag="done"):
    """What came out, in short.

    Attributes:
        progress: at its end.
        found: verdict, pbo, and how many trials there were.
        trials: counted by the verdict: those made before on the same rows too.
        costs: what it paid of each symbol; empty where nobody asked for costs.
    """

    progress: StudyProgress
    verdict: str | None
    pbo: float | None
    trials: int
    costs: list[Paid] = []


Said: TypeAlias = StudyProgress | StudyOutcome | Wrong
_decode = msgspec.json.Decoder(Said).decode


async def run(request: StudyRequest, told: Callable[[StudyProgress], None]) -> StudyOutcome:
    """Have it made; cancelling the caller ends its processes.

    Raises:
        CockpitError: it was refused, raised or crashed; one line.
    """
    module = "core.research.search.job"
    return await converse(module, request, _decode, StudyProgress, told, StudyOutcome, idle=request.idle)
