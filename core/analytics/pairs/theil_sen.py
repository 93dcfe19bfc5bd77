"""The median of the slopes between every two bars: a line that up to 29 % of arbitrary values do not break."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.analytics.pairs.absent import Absent, Floats, checked, enough, is_still, told
from core.analytics.pairs.line import LEAST, Line

#: Up to so many bars every slope is looked at; of more, slopes are counted below a guess until the guess is the median.
EVERY = 1500

#: Guesses at most; a bracket that is halved so often has no double left in it.
GUESSES = 200


def fit_theil_sen(y: Floats, x: Floats) -> Line:
    """The Theil-Sen line: its slope is the median slope of all pairs of bars that differ in x, its intercept the median of y less
    slope times the median of x (as scipy's `theilslopes`).

    Exact at any length: above 1,500 bars the median slope is found by counting, for a slope m, the pairs whose order by y - m·x is the
    reverse of their order by x, which is O(n log n) a guess.

    Args:
        y, x: values of leg A and of leg B, shape (n,), n >= 10.

    Raises:
        Absent: too few bars, or x does not vary.

    Source: Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63(324), 1968; the counting: Cole, Salowe,
    Steiger, Szemerédi, "An Optimal-Time Algorithm for Slope Selection", SIAM J. Comput. 18(4), 1989, with bracketing in place of sampling.
    """
    checked(y, x)
    enough(x, LEAST)
    if is_still(x):
        raise Absent("the second leg did not move")
    slope = told(_median_of_all(y, x) if len(x) <= EVERY else _median_by_counting(y, x))
    return Line(slope, told(float(np.median(y) - slope * np.median(x))))


def _median_of_all(y: Floats, x: Floats) -> float:
    order = np.argsort(x, kind="stable")
    y, x = y[order], x[order]
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    apart = run > 0.0
    return float(np.median((y[second] - y[first])[apart] / run[apart]))


def _median_by_counting(y: Floats, x: Floats) -> float:
    order = np.lexsort((y, x))
    y, x = y[order] - y.mean(), x[order] - x.mean()
    _, same = np.unique(x, return_counts=True)
    pairs = len(x) * (len(x) - 1) // 2 - int((same * (same - 1) // 2).sum())
    low, high = _bracket(y, x, pairs)
    lower, top, counted = _slope(y, x, (pairs - 1) // 2, low, high)
    if counted > pairs // 2:
        return lower
    return (lower + _slope(y, x, pairs // 2, top, high)[0]) / 2


def _bracket(y: Floats, x: Floats, pairs: int) -> tuple[float, float]:
    """Two slopes with the median between them: those of bars far apart, and as much wider as needed."""
    half = len(x) // 2
    run = x[half:] - x[: len(x) - half]
    some = ((y[half:] - y[: len(x) - half])[run > 0.0]) / run[run > 0.0]
    middle = float(np.median(some)) if len(some) else 0.0
    reach = float(np.abs(some - middle).mean()) if len(some) else 1.0
    reach = max(reach, 1e-6 * abs(middle), 1e-9)
    low, high = middle - reach, middle + reach
    for _ in range(GUESSES):
        if below(y, x, low) <= (pairs - 1) // 2:
            break
        low -= reach
        reach *= 2
    for _ in range(GUESSES):
        if below(y, x, high) > pairs // 2:
            break
        high += reach
        reach *= 2
    return low, high


def _slope(y: Floats, x: Floats, rank: int, low: float, high: float) -> tuple[float, float, int]:
    """(the slope with so many below it, a little more than it, how many are below that): to the last digits that rounding of y - m·x
    leaves, by bracketing, with two guesses in proportion to the counts and a half in turn."""
    wanted = rank + 0.5
    f_low, f_high = below(y, x, low) - wanted, below(y, x, high) - wanted
    tiny = 4 * np.finfo(np.float64).eps
    for step in range(GUESSES):
        if high - low <= tiny * max(abs(low), abs(high)):
            break
        guess = low + (high - low) / 2 if step % 3 == 2 else low - f_low * (high - low) / (f_high - f_low)
        guess = min(max(guess, np.nextafter(low, high)), np.nextafter(high, low))
        f = below(y, x, guess) - wanted
        if f < 0.0:
            low, f_low = guess, f
        else:
            high, f_high = guess, f
    return low + (high - low) / 2, high, round(f_high + wanted)


def below(y: Floats, x: Floats, slope: float) -> int:
    """How many pairs of bars that differ in x have a slope below this one.

    Args:
        y, x: shape (n,), sorted by x, then by y.
    """
    height = y - slope * x
    # Among bars of one x the order of height is that of y, so that none of them count.
    rank = np.empty(len(height), np.int64)
    rank[np.argsort(height, kind="stable")] = np.arange(len(height))
    return inversions(rank)


def inversions(rank: NDArray[np.int64]) -> int:
    """How many pairs of a permutation of 0 … n - 1 are the wrong way round.

    Bit by bit from the top, with the values that share the bits above kept together and in their order: each 0 counts the 1s before it.
    """
    total, steps = 0, np.arange(len(rank))
    for bit in range((len(rank) - 1).bit_length() - 1, -1, -1):
        group, one = rank >> (bit + 1), (rank >> bit) & 1
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        sizes = np.diff(np.append(starts, len(rank)))
        ones = np.cumsum(one)
        before = ones - np.repeat(ones[starts] - one[starts], sizes)  # ones of the group up to here
        zero = one == 0
        total += int(before[zero].sum())
        first = np.repeat(starts, sizes)
        zeros = np.repeat(np.add.reduceat(1 - one, starts), sizes)
        place = np.where(zero, steps - before, first + zeros + before - 1)
        moved = np.empty_like(rank)
        moved[place] = rank
        rank = moved
    return total
