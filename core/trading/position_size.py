"""How large a position is to be: a share of the capital, less of it the riskier a market is, within bounds of money."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

#: Risk score (0 calm to 100 wild) and what a position is multiplied by; between two of them in proportion, beyond the ends as there.
STEPS = ((20.0, 1.2), (50.0, 1.0), (70.0, 0.55))

#: The score of a market of which nothing is known.
USUAL = 50.0

#: Bars of one volatility, and volatilities that the newest is held against, at least.
WINDOW, LEAST = 24, 24


def multiplier(score: float) -> float:
    """What a position is multiplied by at this risk score."""
    if score <= STEPS[0][0]:
        return STEPS[0][1]
    for (low, high_size), (high, low_size) in itertools.pairwise(STEPS):
        if score <= high:
            return high_size + (low_size - high_size) * (score - low) / (high - low)
    return STEPS[-1][1]


def value_of(capital: float, base_pct: float, weight: float, score: float, least: float, most: float) -> float:
    """What a position is worth when it is opened, quote currency.

    Args:
        base_pct: percent of the capital.
        weight: of the strategy against others.
        score: the market's risk.
        least, most: bounds, quote currency; the least counts where they are at odds with each other.
    """
    return max(least, min(most, capital * base_pct / 100.0 * weight * multiplier(score)))


def risk_score(closes: Sequence[float]) -> float:
    """The share, in percent, of earlier volatilities of a market that the newest is above: its rank; USUAL of too few bars.

    A volatility is the standard deviation of the log returns of WINDOW bars; windows overlap.

    Args:
        closes: of bars of one length without a gap, oldest first.
    """
    returns = [math.log(after / before) for before, after in itertools.pairwise(closes) if before > 0.0 and after > 0.0]
    if len(returns) < WINDOW + LEAST:
        return USUAL
    found = [_deviation(returns[at : at + WINDOW]) for at in range(len(returns) - WINDOW + 1)]
    below = sum(value < found[-1] for value in found[:-1]) + 0.5 * sum(value == found[-1] for value in found[:-1])
    return 100.0 * below / (len(found) - 1)


def _deviation(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
