"""The common grid of time on which legs are put together: what each had made, and what it held, at every mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.research.portfolio.rows import Held
from core.research.search.rows import period_edges
from core.research.stretches import Holding
from core.types import DAY, MINUTE, SECOND, Records

#: Marks are as close as the first of these that makes no more of them than `MOST`.
STEPS = (SECOND, MINUTE, 5 * MINUTE, 60 * MINUTE, DAY)
MOST = 200_000

#: A leg counts in a period that it was there for so much of.
LEAST_COVERED = 0.9


@dataclass(frozen=True)
class Marks:
    """n legs at m marks, and in T periods.

    Attributes:
        step_ns: time between marks; there are some more, at the ends of periods.
        first_ns, last_ns: the first and last moment that anyone's rows tell of.
        times: (m,) ns UTC, ascending; the last one is at or behind the end of the run.
        pnl: (n, m) what each leg had made so far, fees paid and its position at the last price, quote currency.
        value: (n, m) what each leg held, position · price, signed, quote currency.
        edges: (T,) where the periods end, ns UTC: midnights, or 48 equal stretches where there are under 32; the first one begins at
            `first_ns`.
        changes: (n, T) what each leg made in each period.
        covered: (n, T) whether its market's rows reach over the period.
    """

    step_ns: int
    first_ns: int
    last_ns: int
    times: NDArray[np.int64]
    pnl: NDArray[np.float64]
    value: NDArray[np.float64]
    edges: NDArray[np.int64]
    changes: NDArray[np.float64]
    covered: NDArray[np.bool_]


class Traded(NamedTuple):
    """The rows a leg traded, at least one, and its FILL and FUNDING reports."""

    rows: Held
    fills: Records
    funded: Records


def total(of: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over legs, (n, …) to (…): the same bits whatever their order."""
    return np.asarray(np.sort(of, axis=0).sum(axis=0))


def marks_of(legs: Sequence[Traded], capital: float) -> Marks:
    """The marks of legs that have run."""
    first = min(int(leg.rows.when[0]) for leg in legs)
    last = max(leg.rows.last_ns for leg in legs)
    edges = np.array(period_edges(first, last), np.int64)
    step = step_of(last - first, min(leg.rows.interval_ns for leg in legs))
    regular = np.arange(first // step + 1, last // step + 1, dtype=np.int64) * step
    times = np.unique(np.concatenate([regular, edges]))
    found = [marked(leg, capital, times) for leg in legs]
    pnl = np.array([one[0] for one in found])
    with np.errstate(invalid="ignore"):  # the difference of two that overflowed
        changes = np.diff(pnl[:, np.searchsorted(times, edges)], axis=1, prepend=0.0)
    return Marks(
        step_ns=step, first_ns=first, last_ns=last, times=times, pnl=pnl, value=np.array([one[1] for one in found]), edges=edges,
        changes=changes,
        covered=np.array([covered(int(leg.rows.when[0]), leg.rows.last_ns, first, last, edges) for leg in legs]),
    )  # fmt: skip


def step_of(span_ns: int, interval_ns: int) -> int:
    """Time between marks, a part of a day.

    Args:
        interval_ns: length of the shortest bars there are; 0 where there are ticks.
    """
    step = next((one for one in STEPS if span_ns // one <= MOST), DAY)
    if interval_ns > step:
        return interval_ns if DAY % interval_ns == 0 else max(step, min(interval_ns, DAY)) if interval_ns > DAY else step
    return step


def marked(leg: Traded, capital: float, times: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """P&L so far and value of the position of one leg at each time, as its account marks them: at the last print before it, or at the
    close of the last bar that closed by then. Zero before the first row; after the last one everything stays as it was."""
    rows = leg.rows
    held = Holding(capital).over(rows.rows, leg.fills)
    at = np.searchsorted(np.ascontiguousarray(rows.rows["ts"]), times, side="right" if rows.bars else "left") - 1
    which = np.searchsorted(held.starts, at, side="right") - 1
    price, begun = rows.rows["price"][np.maximum(at, 0)], at >= 0
    paid = np.concatenate([[0.0], np.cumsum(leg.funded["fee"])])
    settled = held.settled[which] - paid[np.searchsorted(leg.funded["ts"], rows.when[np.maximum(at, 0)], side="right")]
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is no figure, and told as none
        pnl = settled + held.position[which] * (price - held.entry[which]) - capital
        value = held.position[which] * price
    return np.where(begun, pnl, 0.0), np.where(begun, value, 0.0)


def covered(leg_first: int, leg_last: int, first: int, last: int, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(T,) whether rows from `leg_first` to `leg_last` tell of a period: of nine tenths of what anyone's rows tell of it."""
    starts = np.concatenate([[first], edges[:-1]])
    ends = np.minimum(edges, last + 1)
    there = np.minimum(ends, leg_last + 1) - np.maximum(starts, leg_first)
    return np.asarray(there >= LEAST_COVERED * (ends - starts))
