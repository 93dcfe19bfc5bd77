"""Everything a study found, as one document: the table, the plateaus, the honesty figures, and what other stretches of time say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from core.measured_terms import Paid
from core.research.search.advice import best_per_strategy, best_per_symbol, sentences
from core.research.search.bench import rows_of, run_trial
from core.research.search.montecarlo import MonteCarlo
from core.research.search.plateau import mark_plateaus
from core.research.search.progress import Progress, Tried
from core.research.search.ranking import Ranking, rank
from core.research.search.study import Study
from core.research.search.trial import Result
from core.research.search.validation import Validation, validate


@dataclass(frozen=True)
class Division:
    """How the choice is to be judged: see `core.research.search.folds`."""

    way: str
    count: int = 5
    train: float = 0.7
    embargo: int = 1


@dataclass(frozen=True)
class Findings:
    """What a study found.

    Attributes:
        refused: combinations the strategies or conditions do not allow.
        validations: one a symbol, where they were asked for.
        tried: every trial, for who shows more of them than their rows.
        monte_carlo: what else might have come of the best, where it was asked for.
    """

    study: Study
    progress: Progress
    ranking: Ranking
    refused: int
    validations: list[Validation]
    monte_carlo: MonteCarlo | None = None
    tried: Sequence[Tried] = ()


def findings(
    study: Study, progress: Progress, tried: Sequence[Tried], rank_by: str, *, earlier: int = 0, division: Division | None = None
) -> Findings:
    """Put what was tried in order and judge it.

    Args:
        earlier: trials made before on these rows.
        division: how to judge the choice; None: not.

    Raises:
        UsageError: the periods cannot be divided so.
    """
    ranking = rank(tried, study.series, study.ask.terms.capital, rank_by, earlier)
    for space in study.spaces:
        for one in study.series:
            rows = [row for row in ranking.rows if (row.strategy, row.symbol) == (space.definition.name, one.symbol)]
            mark_plateaus(rows, space.axes, ranking.rank_by)
    refused = sum(space.refused for space in study.spaces)
    validations = _validations(study, tried, ranking.rank_by, division) if division else []
    return Findings(study, progress, ranking, refused, validations, tried=tried)


def _validations(study: Study, tried: Sequence[Tried], by: str, division: Division) -> list[Validation]:
    found = []
    for number, one in enumerate(study.series):
        mine = [trial for trial in tried if trial.symbol == one.symbol and not trial.result.error]
        if mine:

            def again(chosen: Tried, start_ns: int, stop_ns: int, series: int = number) -> Result:
                return rerun(study, series, chosen, start_ns, stop_ns)

            found.append(validate(division.way, mine, one, by, again, count=division.count, train=division.train, embargo=division.embargo))
    return found


def rerun(study: Study, series: int, chosen: Tried, start_ns: int, stop_ns: int) -> Result:
    """The parameters of a trial between two times alone: flat at the beginning, warmed up on what lies before it."""
    one = study.series[series]
    space = next(k for k, space in enumerate(study.spaces) if space.definition.name == chosen.strategy)
    when = rows_of(one)["start" if one.bars else "ts"]
    start, stop = np.searchsorted(when, (start_ns, stop_ns)).tolist()
    trial = msgspec.structs.replace(study.trial(chosen.result.number, space, series, chosen.params), start=start, stop=stop)
    if stop <= start:
        return Result(trial.number, {}, error="there are no rows in the stretch")
    return run_trial(study.job_of([trial]), trial)


def document(found: Findings, elapsed_s: float) -> dict[str, Any]:
    """As `cockpit optimize --json` prints it."""
    ranking = found.ranking
    return {
        "study": found.study.key,
        "trials": ranking.trials,
        "trials_counted": ranking.counted,
        "resumed": found.progress.kept,
        "refused": found.refused,
        "rank_by": ranking.rank_by,
        "pbo": ranking.pbo,
        "verdict": ranking.verdict,
        "reality_check": ranking.reality_check,
        "spa": ranking.spa,
        "independent_trials": ranking.independent,
        "advice": list(sentences(ranking)),
        "ranking": msgspec.to_builtins(ranking.rows),
        "best_per_symbol": msgspec.to_builtins(best_per_symbol(ranking)),
        "best_per_strategy": msgspec.to_builtins(best_per_strategy(ranking)),
        "monte_carlo": msgspec.to_builtins(found.monte_carlo),
        "validations": msgspec.to_builtins(found.validations),
        "failed": [dict(zip(("strategy", "symbol", "params", "error"), one, strict=True)) for one in ranking.failed],
        "elapsed_s": elapsed_s,
        **({"costs": msgspec.to_builtins(costs)} if (costs := paid(found.study)) else {}),
    }


def paid(study: Study) -> list[Paid]:
    """What was measured of each symbol's costs and used; empty where that was not asked for."""
    ask = study.ask
    return [] if ask.costs is None else [ask.costs.paid(one.symbol, ask.terms) for one in study.series]
