"""The trials of a study in order, and what their number leaves of the best: deflated Sharpe, probability of overfitting, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.research.search.runner import Tried, score
from core.research.search.trial import Series
from core.research.statistics.deflated import Moments, deflated_sharpe, moments, sharpe_variance
from core.research.statistics.overfitting import Overfitting, overfitting
from core.research.statistics.verdict import verdict

#: What a study can be ranked by: figures of a run. Larger is better, of a drawdown smaller.
RANKS = ("sharpe", "net_pnl", "profit_factor", "win_rate", "max_drawdown", "max_drawdown_pct")

#: Figures of a trial that its row has.
_FIGURES = ("trades", "net_pnl", "sharpe", "max_drawdown", "max_drawdown_pct", "win_rate", "profit_factor", "fees", "fills")


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
        overfitting: what the PBO is made of.
    """

    rows: list[Row]
    rank_by: str
    trials: int
    counted: int
    failed: list[tuple[str, str, dict[str, Any], str]]
    pbo: float | None
    verdict: str | None
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
    found = _overfitting(good, series, capital, rows[0].symbol) if rows else None
    pbo = found.pbo if found else None
    failed = [(one.strategy, one.symbol, one.params, one.result.error) for one in tried if one.result.error]
    return Ranking(rows, rank_by, len(tried), counted, failed, pbo, verdict(pbo, rows[0].deflated_sharpe) if rows else None, found)


def _place(tried: Tried, by: str) -> tuple[bool, float, str, str, str]:
    """Sorts the best first, equals by name, so that the table is the same whoever ran the trials."""
    value = score(tried.result, by)
    return value is None, -(value or 0.0), tried.strategy, tried.symbol, repr(sorted(tried.params.items()))


def _row(tried: Tried, deflated: float | None) -> Row:
    figures = {name: tried.result.figures[name] for name in _FIGURES}
    return Row(strategy=tried.strategy, symbol=tried.symbol, params=tried.params, deflated_sharpe=deflated, **figures)


def _deflated(seen: list[Moments | None], counted: int) -> list[float | None]:
    """Of each trial; one that never changed its equity has a Sharpe of zero among the others, and none of its own."""
    variance = sharpe_variance([one.sharpe if one else 0.0 for one in seen]) or 0.0
    return [
        None if one is None else deflated_sharpe(one.sharpe, one.skewness, one.kurtosis, one.observations, counted, variance)
        for one in seen
    ]


def _overfitting(good: list[Tried], series: Sequence[Series], capital: float, symbol: str) -> Overfitting | None:
    """Over all trials where they share their periods, else over those on the symbol of the best."""
    alike = all(one.edges_ns == series[0].edges_ns for one in series)
    columns = [one.result.periods for one in good if alike or one.symbol == symbol]
    matrix: NDArray[np.float64] = np.stack(columns, axis=1) / capital
    return overfitting(matrix)
