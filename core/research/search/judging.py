"""What comes after the last trial of a study: it is judged by all that was ever tried on its rows, and by what else chance might have
brought. The command line and the lab judge it here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from core.research.search.counting import trials_ever
from core.research.search.findings import Division, Findings, findings
from core.research.search.montecarlo import monte_carlo
from core.research.search.progress import Progress, Tried
from core.research.search.runner import Crews, Runner
from core.research.search.study import Study


def judged(home: Path, study: Study, progress: Progress, tried: Sequence[Tried], rank_by: str, division: Division | None) -> Findings:
    """What was found, in order, with what the number of trials leaves of it.

    Args:
        home: whose ledger and journals know the trials of before.

    Raises:
        UsageError: the periods cannot be divided so.
        StoreError: the ledger cannot be read.
    """
    ever = sum(trials_ever(home, one) for one in study.series)
    earlier = max(0, ever - progress.done)  # its own are in its journal by now
    return findings(study, progress, tried, rank_by, earlier=earlier, division=division)


def with_chance(found: Findings, crews: Crews, told: Callable[[Progress], None], *, paths: int, seed: int) -> Findings:
    """The same with what else might have come of the best; as it is where there is no best.

    Args:
        told: how many of its runs on jittered prices and costs are done, now and then.
        paths: how often the periods are drawn.
    """
    rows = found.ranking.rows
    best = next((one for one in found.tried if rows and one.is_of(rows[0])), None)
    if best is None:
        return found
    again = monte_carlo(found.study, Runner(found.study, crews, told), best, paths=paths, seed=seed)
    return replace(found, monte_carlo=again)
