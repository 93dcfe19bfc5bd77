"""What else could have come of the same trades or returns: Monte Carlo over their order, over which of them came, over blocks of them.

* `shuffle_trades` keeps every trade and changes the order: the result stays, since a sum knows no order; drawdowns and ruin change.
* `redraw_trades` draws as many trades with replacement (Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of
  Statistics 7(1), 1979): the result changes too. Both take one trade to say nothing of the next.
* `redraw_returns` draws blocks of returns, so that what follows what is kept (see `stationary`), and compounds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.research.statistics import stationary
from core.research.statistics.drawdown import falls
from core.research.statistics.stationary import CELLS

#: The percentiles given.
LEVELS = (5, 25, 50, 75, 95)


class Percentiles(NamedTuple):
    """Of a figure over all paths, between neighbours in proportion (Hyndman and Fan's type 7)."""

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """What came of all paths; money in the unit of `capital`.

    Attributes:
        net_pnl: equity at the end less capital.
        max_drawdown: deepest fall below the peak before it, a positive figure.
        max_drawdown_share: deepest fall as a share of the peak before it, 0..1, above 1 where equity fell below zero.
        longest_drawdown: most steps (trades, periods) in a row below a peak.
        ruin: share of paths, 0..1, whose equity was ever at or below the given share of the capital.
    """

    paths: int
    net_pnl: Percentiles
    max_drawdown: Percentiles
    max_drawdown_share: Percentiles
    longest_drawdown: Percentiles
    ruin: float


def shuffle_trades(pnls: ArrayLike, capital: float, rng: np.random.Generator, *, paths: int = 10_000, ruin: float = 0.5) -> Bands | None:
    """The same trades in other orders. `net_pnl` is the same in every percentile.

    Args:
        pnls: of each trade, after its fees, shape (T,); of a size that does not depend on the equity before.
        capital: equity before the first.
        rng: the same seed draws the same orders.
        paths: how many orders.
        ruin: equity at or below so much of the capital is ruin, 0..1.

    Returns:
        None of no trade, and where a value or a sum is not finite.

    Raises:
        ValueError: a capital that is not above zero, a share outside 0..1, no path, another shape.
    """
    values = _checked(pnls, capital, paths, ruin)
    if values is None:
        return None
    orders = (rng.permuted(np.broadcast_to(values, (some, len(values))), axis=1) for some in _sizes(len(values), paths))
    return _bands((_summed(capital, order) for order in orders), capital, ruin, math.fsum(values))


def redraw_trades(pnls: ArrayLike, capital: float, rng: np.random.Generator, *, paths: int = 10_000, ruin: float = 0.5) -> Bands | None:
    """As many trades, each drawn from all of them; arguments, None and errors as for `shuffle_trades`."""
    values = _checked(pnls, capital, paths, ruin)
    if values is None:
        return None
    draws = (values[rng.integers(len(values), size=(some, len(values)))] for some in _sizes(len(values), paths))
    return _bands((_summed(capital, draw) for draw in draws), capital, ruin)


def redraw_returns(
    returns: ArrayLike, capital: float, rng: np.random.Generator, *, block: float | None = None, paths: int = 10_000, ruin: float = 0.5
) -> Bands | None:
    """As many returns, drawn in blocks and compounded.

    Args:
        returns: of each period, as fractions of the equity before it, shape (T,).
        block: mean length of the blocks drawn, in periods, 1..T; √T where none is given.

    The other arguments, None and errors are as for `shuffle_trades`.
    """
    values = _checked(returns, capital, paths, ruin)
    if values is None:
        return None
    growth, length = 1 + values, stationary.block_length(len(values), block)
    draws = stationary.draw(len(values), paths, length, rng)
    return _bands((np.asarray(capital * np.cumprod(growth[draw], axis=1), np.float64) for draw in draws), capital, ruin)


def _checked(values: ArrayLike, capital: float, paths: int, ruin: float) -> NDArray[np.float64] | None:
    found = np.asarray(values, np.float64)
    if found.ndim != 1:
        raise ValueError(f"trades or returns have {found.ndim} dimensions: 1 is possible")
    if not 0 < capital < math.inf:
        raise ValueError(f"capital is {capital}: above 0 is possible")
    if not 0 <= ruin <= 1:
        raise ValueError(f"ruin is {ruin}: a share of the capital from 0 to 1 is possible")
    if paths < 1:
        raise ValueError(f"paths is {paths}: at least 1 is possible")
    with np.errstate(over="ignore"):
        return found if len(found) and math.isfinite(np.abs(found).sum()) else None


def _sizes(steps: int, paths: int) -> Iterator[int]:
    size = max(1, CELLS // steps)
    return (min(size, paths - done) for done in range(0, paths, size))


def _summed(capital: float, pnls: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(capital + np.cumsum(pnls, axis=1), np.float64)


def _bands(equities: Iterator[NDArray[np.float64]], capital: float, ruin: float, net_pnl: float | None = None) -> Bands | None:
    """Of equity after each step, some paths at a time; `net_pnl` where it is the same for all of them but for rounding."""
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not finite, and so None
        figures = np.concatenate([_figures(equity, capital, ruin, net_pnl) for equity in equities], axis=1)
        percentiles = np.percentile(figures[:4], LEVELS, axis=1).T
    if not np.isfinite(percentiles).all():
        return None
    final, deepest, share, longest = (Percentiles(*row) for row in percentiles.tolist())
    return Bands(
        paths=figures.shape[1],
        net_pnl=final,
        max_drawdown=deepest,
        max_drawdown_share=share,
        longest_drawdown=longest,
        ruin=float(figures[4].mean()),
    )


def _figures(equity: NDArray[np.float64], capital: float, ruin: float, net_pnl: float | None) -> NDArray[np.float64]:
    """Of each path, shape (5, paths): what it made, its falls (3), whether it was ruined."""
    deep = falls(equity, capital)
    final = equity[:, -1] - capital if net_pnl is None else np.full(len(equity), net_pnl)
    return np.stack([final, deep.deepest, deep.deepest_share, deep.longest, equity.min(axis=1) <= ruin * capital])
