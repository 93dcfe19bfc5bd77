"""How the periods of a study are divided into those a choice is made on and those it is judged by."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError

#: Ways to divide: the last ones first train and then test, the CVs also the other way round.
WAYS = ("split", "rolling", "anchored", "purged", "combinatorial")

#: Combinations of `combinatorial` at most.
MOST_FOLDS = 1000


class Fold(NamedTuple):
    """Periods by number, ascending: to choose on, and to judge by."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


def folds(way: str, periods: int, count: int, train: float = 0.7, embargo: int = 1) -> list[Fold]:
    """The folds of a way.

    | way | trains on | tests on |
    | --- | --- | --- |
    | split | the first `train` of the periods | the rest |
    | rolling | as many periods as `train` of a window that moves on | the rest of that window, which next time is behind it |
    | anchored | all from the beginning | the next block |
    | purged | all blocks but one | that one, each in turn |
    | combinatorial | all blocks but two | those two, each pair in turn |

    Args:
        periods: how many there are.
        count: folds, or blocks of the last two.
        train: share of periods to choose on, 0..1.
        embargo: periods left out of the training behind and before each tested stretch: a position may reach from one into the other.

    Raises:
        UsageError: there are too few periods, or a value is out of its bounds.
    """
    if way not in WAYS:
        raise UsageError(f"--validate {way}: there are: {', '.join(WAYS)}")
    if not 0 < train < 1:
        raise UsageError(f"--train {train:g}: a share above 0 and under 1")
    if embargo < 0:
        raise UsageError(f"--embargo {embargo}: 0 periods or more")
    if count < (1 if way == "split" else 2):
        raise UsageError(f"--folds {count}: at least 2")
    found = list(_divided(way, periods, count, train, embargo))
    if not found or any(len(one.train) < 2 or len(one.test) < 1 for one in found):
        raise UsageError(f"--folds {count}: {periods} periods are too few for that; take fewer folds or a longer span")
    return found


def _divided(way: str, periods: int, count: int, train: float, embargo: int) -> Iterator[Fold]:
    if way == "split":
        cut = round(periods * train)
        yield _purged(periods, [(cut, periods)], embargo, before=True)
    elif way == "rolling":
        test = periods * (1 - train) / (train + count * (1 - train))  # all windows together reach from the first to the last
        first = periods - test * count
        for k in range(count):
            start, stop = round(first + k * test), round(first + (k + 1) * test)
            fold = _purged(periods, [(start, stop)], embargo, before=True)
            yield Fold(fold.train[fold.train >= round(k * test)], fold.test)
    elif way == "anchored":
        edges = _edges(periods, count + 1)
        for start, stop in itertools.pairwise(edges[1:]):
            yield _purged(periods, [(start, stop)], embargo, before=True)
    else:
        blocks = list(itertools.pairwise(_edges(periods, count)))
        together = 1 if way == "purged" else 2
        if math.comb(count, together) > MOST_FOLDS:
            raise UsageError(f"--folds {count}: {math.comb(count, together):,} combinations; at most {MOST_FOLDS:,}")
        for tested in itertools.combinations(blocks, together):
            yield _purged(periods, list(tested), embargo, before=False)


def _purged(periods: int, tested: list[tuple[int, int]], embargo: int, *, before: bool) -> Fold:
    """Train on what is neither tested nor next to it; `before`: only on what lies before."""
    test = np.zeros(periods, bool)
    near = np.zeros(periods, bool)
    for start, stop in tested:
        test[start:stop] = True
        near[max(0, start - embargo) : stop + embargo] = True
        if before:
            near[start:] = True
    return Fold(np.flatnonzero(~near), np.flatnonzero(test))


def _edges(periods: int, blocks: int) -> list[int]:
    return [round(k * periods / blocks) for k in range(blocks + 1)]
