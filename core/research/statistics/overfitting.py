"""Probability that choosing the best of many trials chose luck: combinatorially symmetric cross-validation.

Source: Bailey, Borwein, López de Prado, Zhu, "The Probability of Backtest Overfitting", Journal of Computational Finance 20(4),
2017, sections 2 and 3; here PBO. History is cut into S blocks. Each way to put half of them together is in sample once: the best
trial there is looked for among all trials out of sample, on the other half. It concerns how the trial was chosen, not one trial.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.research.statistics.deflated import ROUNDING

#: Values held at once, a few times over: 8 bytes each.
CELLS = 1 << 18

#: Of a period's Sharpe: trials that differ by less are equal, and rounding makes no winner.
DECIMALS = 9


class _Blocks(NamedTuple):
    """What is known of each block of equally many periods, each of shape (S, N)."""

    means: NDArray[np.float64]
    squares: NDArray[np.float64]  # sums of squared distances from the block's mean
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfitting:
    """What came of all combinations, C = S over S/2.

    Attributes:
        pbo: share of the combinations whose best trial in sample is at or below the median out of sample, 0..1.
        logits: of the rank out of sample of the best in sample, shape (C,): above 0 is above the median, ln N the best.
        in_sample, out_of_sample: Sharpe of a period of the best trial in sample, in and out of it, each of shape (C,).
        slope, intercept: of the line through (in_sample, out_of_sample); None where in_sample does not differ.
        loss: share of the combinations whose best trial has a Sharpe below 0 out of sample, 0..1.
        observations: periods used; the oldest, fewer than S, are left out where T is not a multiple of S.
    """

    pbo: float
    logits: NDArray[np.float64]
    in_sample: NDArray[np.float64]
    out_of_sample: NDArray[np.float64]
    slope: float | None
    intercept: float | None
    loss: float
    observations: int


def overfitting(returns: ArrayLike, blocks: int = 16) -> Overfitting | None:
    """By Sharpe, of trials over the same periods.

    A trial whose returns do not differ over a half has Sharpe 0 there. Where several share the first place in sample, the mean of
    their ranks out of sample counts, and of their Sharpes; equals share the mean of their places. The order of the trials
    changes nothing.

    Args:
        returns: shape (T, N), as fractions, of each period by trial.
        blocks: S, even.

    Returns:
        None of fewer than two trials, of fewer than two periods a block, and where a value is not finite.

    Raises:
        ValueError: blocks that are not even, or not from 2 to 20 (184,756 combinations); returns of another shape.
    """
    if blocks % 2 or not 2 <= blocks <= 20:
        raise ValueError(f"blocks is {blocks}: an even number from 2 to 20 is possible")
    values = np.asarray(returns, np.float64)
    if values.ndim != 2:
        raise ValueError(f"returns have {values.ndim} dimensions: (periods, trials) is possible")
    length = values.shape[0] // blocks
    if length < 2 or values.shape[1] < 2 or not np.isfinite(values).all():
        return None
    cut = _cut(values[len(values) - length * blocks :], blocks)
    logits, inside, outside = _all_combinations(cut)
    slope, intercept = _line(inside, outside)
    return Overfitting(
        pbo=float((logits <= 0).mean()),
        logits=logits,
        in_sample=inside,
        out_of_sample=outside,
        slope=slope,
        intercept=intercept,
        loss=float((outside < 0).mean()),
        observations=length * blocks,
    )


def _cut(values: NDArray[np.float64], blocks: int) -> _Blocks:
    """Blocks of values of shape (T, N), T a multiple of their number; each trial is scaled, which leaves its Sharpes as they are."""
    _, exponents = np.frexp(np.abs(values).max(axis=0))
    cut = np.ldexp(values, -exponents).reshape(blocks, -1, values.shape[1])
    means = cut.mean(axis=1)
    squares = np.square(cut - means[:, None]).sum(axis=1)
    return _Blocks(means, squares, cut.shape[1])


def _all_combinations(cut: _Blocks) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(logits, Sharpes in sample, Sharpes out of sample), in the order of `itertools.combinations`."""
    count, trials = cut.means.shape
    halves = np.array(list(combinations(range(count), count // 2)), np.intp)
    found = np.empty((3, len(halves)))
    for rows in _slices(len(halves) // 2, max(1, CELLS // trials)):
        # The complement of the combination at i is the one at i from the end: each half serves both ways.
        others = slice(len(halves) - rows.stop, len(halves) - rows.start)
        one, other = _sharpes(cut, halves[rows]), _sharpes(cut, halves[others][::-1])
        found[:, rows] = _chosen(one, other)
        found[:, others] = _chosen(other, one)[:, ::-1]
    return found[0], found[1], found[2]


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _sharpes(cut: _Blocks, halves: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sharpe (over n - 1) of each trial over the blocks of each half, shape (halves, N).

    Block by block and not as a product of matrices, so that equal trials have equal Sharpes wherever they stand.
    """
    means, squares = cut.means[halves[:, 0]], cut.squares[halves[:, 0]]
    for block in halves.T[1:]:
        means += cut.means[block]
        squares += cut.squares[block]
    means /= halves.shape[1]
    for block in halves.T:
        distances = cut.means[block]
        distances -= means
        distances *= distances
        distances *= cut.length
        squares += distances
    observations = halves.shape[1] * cut.length
    alive = squares > ROUNDING**2 * observations * np.square(means)
    squares /= observations - 1
    np.sqrt(squares, out=squares)
    sharpes = np.divide(means, squares, out=np.zeros_like(means), where=alive)
    return np.round(sharpes, DECIMALS, out=sharpes)


def _chosen(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logit, Sharpe inside and Sharpe outside of the best inside, shape (3, halves)."""
    best = inside.max(axis=1)
    first = inside == best[:, None]
    value = np.take_along_axis(outside, first.argmax(axis=1)[:, None], axis=1)
    rank = np.count_nonzero(outside < value, axis=1) + (np.count_nonzero(outside == value, axis=1) + 1) / 2
    value = value[:, 0]
    for row in np.flatnonzero(np.count_nonzero(first, axis=1) > 1):
        shared, places = outside[row, first[row]], np.sort(outside[row])
        rank[row] = (np.searchsorted(places, shared, "left") + np.searchsorted(places, shared, "right") + 1).mean() / 2
        value[row] = shared.mean()
    return np.stack([np.log(rank / (inside.shape[1] + 1 - rank)), best, value])


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """(slope, intercept) by least squares (PBO, section 3: performance degradation)."""
    distances = x - x.mean()
    squares = float(distances @ distances)
    if math.sqrt(squares / len(x)) <= ROUNDING * float(np.abs(x).max()):
        return None, None
    slope = float(distances @ (y - y.mean())) / squares
    return slope, float(y.mean() - slope * x.mean())
