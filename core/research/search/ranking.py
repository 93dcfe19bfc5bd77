"""The trials of a study in order, and what their number leaves of the best: deflated Sharpe, probability of overfitting, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.research.search.progress import Tried, score
from core.research.search.trial import Series
from core.research.statistics.deflated import Moments, deflated_sharpe, effective_trials, moments, sharpe_variance
from core.research.statistics.overfitting import Overfitting, overfitting
from core.research.statistics.reality import reality_check, superior_ability
from core.research.statistics.verdict import verdict

#: What a study can be ranked by: figures of a run. Larger is better, of a drawdown smaller.
RANKS = ("sharpe", "net_pnl", "profit_factor", "win_rate", "max_drawdown", "max_drawdown_pct")

#: Bootstrap samples of the reality checks: so many, fewer where trials are so many that they would take minutes.
DRAWS, LEAST_DRAWS = 1000, 100
DRAWN = 5_000_000

#: Figures of a trial that its row has.
FIGURES = ("trades", "net_pnl", "sharpe", "max_drawdown", "max_drawdown_pct", "win_rate", "profit_factor", "fees", "fills")


class Row(msgspec.Struct):
    """One trial of the table.

    Attributes:
        deflated_sharpe: probability, 0..1, that its true Sharpe is above zero, given how many were tried; None where it has none.
        plateau: median of the neighbours' figure / its own; near 1 is a plateau, near 0 or below a lone peak. None: no neighbours.
    """

    strategy: str
    symbol: str
    params: dict[str, Any]
    trades: int
    net_pnl: float | None
    sharpe: float | None
    max_drawdown: float | None
    max_drawdown_pct: float | None
    win_rate: float | None
    profit_factor: float | None
    fees: float | None
    fills: int
    deflated_sharpe: float | None = None
    plateau: float | None = None


@dataclass
class Ranking:
    """What a study came to.

    Attributes:
        rows: best first; those without the figure ranked by come last.
        rank_by: that figure.
        trials: tried in this study; `counted` is how many were ever tried on these rows, this study's included.
        failed: (strategy, symbol, params, why) of trials that failed.
        pbo: probability of backtest overfitting of choosing the best here, 0..1; None where it cannot be told.
        verdict: "overfit", "doubtful" or "holds"; None where it cannot be told.
        reality_check: White's p-value that no trial here is above zero, 0..1.
        spa: Hansen's, in which poor trials hardly count.
        independent: how many independent trials those here come to, at most as many as there are; neighbours trade alike.
        overfitting: what the PBO is made of.
    """

    rows: list[Row]
    rank_by: str
    trials: int
    counted: int
    failed: list[tuple[str, str, dict[str, Any], str]]
    pbo: float | None
    verdict: str | None
    reality_check: float | None = None
    spa: float | None = None
    independent: float | None = None
    overfitting: Overfitting | None = None


def rank(tried: Sequence[Tried], series: Sequence[Series], capital: float, rank_by: str, earlier: int = 0) -> Ranking:
    """Put trials in order.

    Args:
        capital: what each began with, in quote currency: changes of equity become returns by it.
        rank_by: one of `RANKS`; where no trial has a Sharpe, the table goes by net_pnl.
        earlier: trials made before on these rows.
    """
    good = [one for one in tried if not one.result.error]
    if rank_by == "sharpe" and all(one.result.figures.get("sharpe") is None for one in good):
        rank_by = "net_pnl"
    seen = [moments(one.result.periods / capital) for one in good]
    counted = len(tried) + earlier
    deflated = _deflated(seen, counted)
    order = sorted(range(len(good)), key=lambda k: _place(good[k], rank_by))
    rows = [_row(good[k], deflated[k]) for k in order]
    failed = [(one.strategy, one.symbol, one.params, one.result.error) for one in tried if one.result.error]
    ranking = Ranking(rows, rank_by, len(tried), counted, failed, None, None)
    if rows:
        _judge(ranking, _returns(good, series, capital, rows[0].symbol))
    return ranking


def _judge(ranking: Ranking, returns: NDArray[np.float64]) -> None:
    """What all trials together say of the best, by their returns a period, shape (T, N)."""
    found = overfitting(returns)
    ranking.overfitting, ranking.pbo = found, None if found is None else found.pbo
    ranking.verdict = verdict(ranking.pbo, ranking.rows[0].deflated_sharpe)
    ranking.independent = effective_trials(returns)
    draws = max(LEAST_DRAWS, min(DRAWS, DRAWN // returns.shape[1]))
    ranking.reality_check = reality_check(returns, np.random.default_rng(0), draws=draws)
    # Divided by its own error, the best of 1,000 worthless trials over some dozen periods passes the test: means are compared as they are.
    best = superior_ability(returns, np.random.default_rng(0), draws=draws, studentised=False)
    ranking.spa = None if best is None else best.consistent


def _place(tried: Tried, by: str) -> tuple[bool, float, str, str, str]:
    """Sorts the best first, equals by name, so that the table is the same whoever ran the trials."""
    value = score(tried.result, by)
    return value is None, -(value or 0.0), tried.strategy, tried.symbol, repr(sorted(tried.params.items()))


def _row(tried: Tried, deflated: float | None) -> Row:
    figures = {name: tried.result.figures[name] for name in FIGURES}
    return Row(strategy=tried.strategy, symbol=tried.symbol, params=tried.params, deflated_sharpe=deflated, **figures)


def _deflated(seen: list[Moments | None], counted: int) -> list[float | None]:
    """Of each trial; one that never changed its equity has a Sharpe of zero among the others, and none of its own."""
    variance = sharpe_variance([one.sharpe if one else 0.0 for one in seen]) or 0.0
    return [
        None if one is None else deflated_sharpe(one.sharpe, one.skewness, one.kurtosis, one.observations, counted, variance)
        for one in seen
    ]


def _returns(good: list[Tried], series: Sequence[Series], capital: float, symbol: str) -> NDArray[np.float64]:
    """Of all trials where they share their periods, else of those on the symbol of the best."""
    alike = all(one.edges_ns == series[0].edges_ns for one in series)
    matrix: NDArray[np.float64] = np.stack([one.result.periods for one in good if alike or one.symbol == symbol], axis=1) / capital
    return matrix
