"""How far a study is: the trials that have a result, whose the best of them is, and what is counted against it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.commands import TrialCount
from core.research.search.trial import Result, Series


class Named(Protocol):
    """What tells trials apart."""

    strategy: str
    symbol: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Tried:
    """A trial and what came of it."""

    strategy: str
    symbol: str
    params: dict[str, Any]
    result: Result

    def is_of(self, row: Named) -> bool:
        """Whether a row of a table is about this trial."""
        return (self.strategy, self.symbol, self.params) == (row.strategy, row.symbol, row.params)


@dataclass
class Progress:
    """How far a study is.

    Attributes:
        total: trials there will be at most.
        done: trials with a result, those `kept` from an earlier run too.
        made_by: trials made in this run, of each symbol; `ever_by` with those of earlier runs.
        journal: names the file they are kept in.
        best: the largest figure so far, and who made it.
        ranked_by: which figure that is; net_pnl where no trial has the Sharpe that was asked for yet.
    """

    total: int
    done: int = 0
    kept: int = 0
    made_by: dict[str, int] = field(default_factory=dict)
    ever_by: dict[str, int] = field(default_factory=dict)
    journal: str = ""
    failed: int = 0
    best: float | None = None
    best_by: Tried | None = None
    ranked_by: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Trials a second in this run."""
        return (self.done - self.kept) / max(time.monotonic() - self.began, 1e-9)

    def counts(self, series: Iterable[Series]) -> list[TrialCount]:
        """Trials made, by symbol and span."""
        return [
            TrialCount(
                symbol=one.symbol, first_ns=one.first_ns, last_ns=one.last_ns, trials=self.made_by.get(one.symbol, 0),
                ever=self.ever_by.get(one.symbol, 0),
            )
            for one in series
        ]  # fmt: skip

    def weigh(self, tried: Tried, rank_by: str) -> None:
        """Whether it is the best so far, as `core.research.search.ranking.rank` would have it."""
        by, value = rank_by, score(tried.result, rank_by)
        if value is None and rank_by == "sharpe" and self.ranked_by != "sharpe":
            by, value = "net_pnl", score(tried.result, "net_pnl")
        if value is not None and (self.best is None or by != self.ranked_by or value > self.best):
            self.best, self.best_by, self.ranked_by = value, tried, by


def score(result: Result, by: str) -> float | None:
    """The figure to go by, so that larger is better; None where the trial has none."""
    value = result.figures.get(by)
    if value is None:
        return None
    return -float(value) if by.startswith("max_drawdown") else float(value)
