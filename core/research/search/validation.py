"""Choosing on one part of the time and judging by another: what the choice is worth, not what the best has been.

A choice is made by the changes of equity of the trials that have been run already. Where the tested part lies behind all it was chosen on,
the chosen parameters are run on it alone, flat at its beginning and warmed up on what came before; elsewhere their changes in it count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.research.search.folds import Fold, folds
from core.research.search.progress import Tried
from core.research.search.trial import Result, Series


class FoldResult(msgspec.Struct):
    """One choice.

    Attributes:
        train, test: (first, end) of the periods in ns UTC; of several stretches the first begin and the last end.
        params: what was best in training.
        train_sharpe, test_sharpe: mean over deviation of the changes of a period; None where they do not differ.
        train_pnl, test_pnl: quote currency.
        trades: closed in the test, where it was run on its own; None elsewhere.
    """

    train: tuple[int, int]
    test: tuple[int, int]
    strategy: str
    params: dict[str, Any]
    train_sharpe: float | None
    test_sharpe: float | None
    train_pnl: float
    test_pnl: float
    trades: int | None = None


class Validation(msgspec.Struct):
    """All choices of one way on one symbol.

    Attributes:
        test_pnl: of all tests together (of overlapping ones: on average), quote currency.
        efficiency: P&L a period in the tests over that in training; 1 keeps all, 0 nothing. None where training made nothing.
        losing: share of the folds whose test lost, 0..1.
    """

    way: str
    symbol: str
    folds: list[FoldResult]
    test_pnl: float
    test_sharpe: float | None
    efficiency: float | None
    losing: float


#: Runs the parameters of a trial alone between two times (ns UTC, the second exclusive).
Rerun = Callable[[Tried, int, int], Result]


def validate(
    way: str, tried: Sequence[Tried], series: Series, by: str, rerun: Rerun, *, count: int = 5, train: float = 0.7, embargo: int = 1
) -> Validation:
    """Divide the time of a symbol, choose in each fold, judge.

    Args:
        tried: the trials on this symbol, without those that failed.
        by: `sharpe`: the best in training has the highest mean over deviation; anything else: the highest P&L.

    Raises:
        UsageError: see `folds`.
    """
    changes = np.stack([one.result.periods for one in tried])
    divided = folds(way, changes.shape[1], count, train, embargo)
    judged = [_judge(fold, changes, tried, series, by, rerun) for fold in divided]
    results, tests = [result for result, _ in judged], np.concatenate([test for _, test in judged])
    trained = sum(one.train_pnl for one in results) / sum(len(fold.train) for fold in divided)
    repeats = len(tests) / len(np.unique(np.concatenate([fold.test for fold in divided])))
    return Validation(
        way=way,
        symbol=series.symbol,
        folds=results,
        test_pnl=float(tests.sum()) / repeats,
        test_sharpe=_sharpe(tests),
        efficiency=float(tests.mean()) / trained if trained > 0 else None,
        losing=sum(one.test_pnl < 0 for one in results) / len(results),
    )


def _judge(
    fold: Fold, changes: NDArray[np.float64], tried: Sequence[Tried], series: Series, by: str, rerun: Rerun
) -> tuple[FoldResult, NDArray[np.float64]]:
    """The choice of one fold and its changes of equity in the test, shape (T,)."""
    trained = changes[:, fold.train]
    scores = _sharpes(trained) if by == "sharpe" else trained.sum(axis=1)
    best = int(scores.argmax())  # the first of equals
    chosen = tried[best]
    spans = _span(series, fold.train), _span(series, fold.test)
    test, trades = changes[best, fold.test], None
    if fold.train[-1] < fold.test[0]:
        result = rerun(chosen, *spans[1])
        if not result.error:
            test, trades = result.periods[fold.test], int(result.figures["trades"])
    pnls = float(trained[best].sum()), float(test.sum())
    return FoldResult(*spans, chosen.strategy, chosen.params, _sharpe(trained[best]), _sharpe(test), *pnls, trades), test


def _span(series: Series, periods: NDArray[np.intp]) -> tuple[int, int]:
    first = int(periods[0])
    return series.edges_ns[first - 1] if first else 0, series.edges_ns[int(periods[-1])]


def _sharpes(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over deviation of each row; 0 where it does not change."""
    deviation = changes.std(axis=1, ddof=1)
    sharpes: NDArray[np.float64] = np.divide(changes.mean(axis=1), deviation, out=np.zeros(len(changes)), where=deviation > 0)
    return sharpes


def _sharpe(changes: NDArray[np.float64]) -> float | None:
    if len(changes) < 2:
        return None
    deviation = float(changes.std(ddof=1))
    return float(changes.mean()) / deviation if deviation > 0 else None
