"""How the returns of legs go together: pure figures over arrays, each None where it does not exist.

n legs, T periods, m marks; `changes` is what each leg made in each period, `value` the signed value of its position at each mark. No
figure depends on the order of the legs, not by a bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.research.metrics import ROUNDING, finite
from core.research.portfolio.marks import total

#: Fewer common periods say nothing: any two are correlated by 1 or -1.
LEAST_PERIODS = 3


class Part(NamedTuple):
    """What a leg contributes.

    Attributes:
        pnl: quote currency.
        of_pnl: of the portfolio's, as a fraction; None where that is zero.
        of_variance: cov(leg, portfolio) / var(portfolio), as a fraction: they add up to 1, and a leg below 0 steadies the others.
    """

    pnl: float | None
    of_pnl: float | None
    of_variance: float | None


class Netting(NamedTuple):
    """Legs on one symbol.

    Attributes:
        legs: their numbers.
        gross, net: mean of Σ|value| and of |Σ value| over all marks, quote currency.
        cancels: share of the gross that was held against another leg: 1 - net / gross.
        opposed: share of the marks at which some are long and others short.
    """

    legs: tuple[int, ...]
    gross: float
    net: float
    cancels: float
    opposed: float


class Overdrawn(NamedTuple):
    """A stretch of marks at which positions were worth more than the equity behind them.

    Attributes:
        from_ns, to_ns: its first and last mark.
        worst_ns: when it was worst.
        gross, equity: then, quote currency.
    """

    from_ns: int
    to_ns: int
    worst_ns: int
    gross: float
    equity: float

    @property
    def leverage(self) -> float | None:
        """Gross over equity; None where equity is gone."""
        return finite(self.gross / self.equity) if self.equity > 0.0 else None


def correlation(changes: NDArray[np.float64], covered: NDArray[np.bool_]) -> list[list[float | None]]:
    """(n, n) Pearson's r of every two legs over the periods that both cover; None of fewer than three, and where one does not vary."""
    count = len(changes)
    matrix: list[list[float | None]] = [[None] * count for _ in range(count)]
    for i in range(count):
        for j in range(i + 1):
            both = covered[i] & covered[j]
            matrix[i][j] = matrix[j][i] = pearson(changes[i][both], changes[j][both])
    return matrix


def pearson(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Pearson's r, from -1 to 1; None of fewer than three, and where one of them does not vary by more than rounding."""
    a, b = _varied(one), _varied(other)
    if len(one) < LEAST_PERIODS or a is None or b is None:
        return None
    r = float((a * b).sum()) / math.sqrt(float(np.square(a).sum()) * float(np.square(b).sum()))
    return max(-1.0, min(1.0, r))


def _varied(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Deviations from the mean, in parts of the largest; None where there are none."""
    if not len(values) or not np.isfinite(values).all():
        return None
    largest = float(np.abs(values).max())
    centred = values - values.mean()
    if float(np.abs(centred).max()) <= ROUNDING * largest:
        return None
    return np.asarray(centred / np.abs(centred).max())  # squares of small numbers would be none


def contributions(changes: NDArray[np.float64], pnl: Sequence[float]) -> list[Part]:
    """What each leg contributes to P&L and to the variance of the portfolio's changes, over all periods: zero where it had no rows."""
    with np.errstate(all="ignore"):  # what overflows is not finite, and so None
        return _contributions(changes, pnl)


def _contributions(changes: NDArray[np.float64], pnl: Sequence[float]) -> list[Part]:
    whole = total(changes)
    net = float(total(np.array(pnl)[:, None])[0])
    centred = whole - whole.mean() if len(whole) else whole
    variance = float(np.square(centred).sum()) if _varied(whole) is not None else 0.0
    shares = [float((change * centred).sum()) for change in changes]
    return [
        Part(finite(made), finite(made / net) if net else None, finite(share / variance) if variance > 0.0 else None)
        for made, share in zip(pnl, shares, strict=True)
    ]


def diversification(changes: NDArray[np.float64]) -> float | None:
    """Sum of the deviations of the legs' changes over the deviation of their sum (Choueifaty, Coignard 2008; sizes are in them): 1 where
    all go the same way, √n of n equal ones that have nothing to do with each other. None of fewer than three periods, and where the sum
    does not vary."""
    whole = total(changes)
    if changes.shape[1] < LEAST_PERIODS or _varied(whole) is None:
        return None
    with np.errstate(all="ignore"):  # what overflows is not finite, and so None
        deviations = [float(change.std(ddof=1)) for change in changes]
        return finite(sum(sorted(deviations)) / float(whole.std(ddof=1)))


def netting(value: NDArray[np.float64], symbols: Sequence[str]) -> dict[str, Netting]:
    """Of every symbol that several legs trade, how much of what they held was held against each other."""
    found = {}
    for symbol in dict.fromkeys(symbols):
        legs = tuple(k for k, one in enumerate(symbols) if one == symbol)
        if len(legs) < 2:
            continue
        own = value[list(legs)]
        gross, net = total(np.abs(own)), np.abs(total(own))
        opposed = (own > 0.0).any(axis=0) & (own < 0.0).any(axis=0)
        sums = float(gross.sum()), float(net.sum())
        cancels = 1.0 - sums[1] / sums[0] if opposed.any() else 0.0
        found[symbol] = Netting(legs, float(gross.mean()), float(net.mean()), cancels, float(opposed.mean()))
    return found


def overdrawn(times: NDArray[np.int64], gross: NDArray[np.float64], equity: NDArray[np.float64]) -> list[Overdrawn]:
    """The stretches of marks at which gross exposure exceeded equity, in order of time."""
    beyond = (gross > equity) & (gross > 0.0)
    edges = np.flatnonzero(np.diff(beyond.astype(np.int8), prepend=0, append=0))
    found = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        with np.errstate(divide="ignore"):
            worst = start + int(np.argmax(gross[start:stop] / np.maximum(equity[start:stop], 0.0)))
        found.append(Overdrawn(int(times[start]), int(times[stop - 1]), int(times[worst]), float(gross[worst]), float(equity[worst])))
    return found
