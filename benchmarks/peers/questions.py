"""The three questions of `benchmarks/study.py`, asked of any engine in the same loop: one run, a sweep, a walk forward. NumPy only.

An engine is a function that trades one pair of windows over a stretch of the bars, flat at its beginning, without a bar before it. Of a
walk every fold tries all pairs on its training stretch, takes the one with the highest profit (the first of equals) and trades it on the
stretch behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from benchmarks.peers.market import FAST, GRID, SLOW, summary

#: Profit and fills of some pairs over the bars from the first number to before the second.
Trade: TypeAlias = Callable[[int, int, Sequence[tuple[int, int]]], list[tuple[float, int]]]

#: Share of a fold's bars it trains on.
TRAIN = 0.7


def stretches(count: int, folds: int) -> Iterator[tuple[int, int, int]]:
    """Of each fold where its training begins, where it ends and the test begins, and where that ends: rolling windows over all bars."""
    test = count * (1 - TRAIN) / (TRAIN + folds * (1 - TRAIN))
    first = count - test * folds
    for k in range(folds):
        yield round(k * test), round(first + k * test), round(first + (k + 1) * test)


def pairs(every: int) -> list[tuple[int, int]]:
    """Every so-manyth pair of the grid."""
    return GRID[::every]


def answer(kind: str, count: int, every: int, folds: int, trade: Trade) -> dict[str, Any]:
    """What came out: profit and fills, and of each pair or fold its own."""
    if kind == "bars":
        found = trade(0, count, [(FAST, SLOW)])
    elif kind == "sweep":
        found = trade(0, count, pairs(every))
    else:
        found = [_fold(trade, *stretch, pairs(every)) for stretch in stretches(count, folds)]
    each = [pnl for pnl, _ in found]
    return summary(sum(each), sum(fills for _, fills in found)) | {"each": each, "every": every}


def _fold(trade: Trade, first: int, middle: int, last: int, tried: Sequence[tuple[int, int]]) -> tuple[float, int]:
    trained = [pnl for pnl, _ in trade(first, middle, tried)]
    (found,) = trade(middle, last, [tried[trained.index(max(trained))]])
    return found


def one_by_one(trade: Callable[[int, int, int, int], tuple[float, int]]) -> Trade:
    """An engine that trades one pair at a time."""
    return lambda first, last, some: [trade(first, last, fast, slow) for fast, slow in some]
