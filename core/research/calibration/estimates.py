"""Estimates with their uncertainty: medians that need no distribution, and least squares that a few wild orders do not move."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A residual beyond so many deviations is another story than the rest: a wrong tick, a halt.
WILD = 8.0

#: Of a normal distribution, the deviation of a median absolute deviation of 1.
_DEVIATION = 1.482602218505602

_NORMAL_95 = 1.959963984540054


class Spread(msgspec.Struct, frozen=True):
    """How values lie.

    Attributes:
        count: of values.
        median: with 95 % confidence between `low` and `high`, whatever the distribution: the order statistics of ranks
            (n ± 1.96 √n) / 2 (Conover, Practical Nonparametric Statistics, 3rd ed., 3.2).
        p90, p95: quantiles, between neighbours by their distance.
        mean: of all but wild ones, `error` its standard error.
        wild: values that were left out of the mean.
    """

    count: int
    median: float
    low: float
    high: float
    p90: float
    p95: float
    mean: float
    error: float
    wild: int = 0


class Fitted(NamedTuple):
    """Coefficients, their standard errors, and which rows they are of."""

    values: Floats
    errors: Floats
    kept: NDArray[np.bool_]


def spread(values: Floats) -> Spread | None:
    """How finite values lie; None without any."""
    count = len(values)
    if not count:
        return None
    ordered = np.sort(values)
    half = _NORMAL_95 * np.sqrt(count)
    low = max(int(np.floor((count - half) / 2)), 1) - 1
    high = min(int(np.ceil(1 + (count + half) / 2)), count) - 1
    median, p90, p95 = np.percentile(values, (50, 90, 95)).tolist()
    fitted = least_squares(np.ones((count, 1)), values) if count > 1 else None
    mean, error = (float(values[0]), 0.0) if fitted is None else (float(fitted.values[0]), float(fitted.errors[0]))
    wild = 0 if fitted is None else int((~fitted.kept).sum())
    return Spread(count, median, float(ordered[low]), float(ordered[high]), p90, p95, mean, error, wild)


def least_squares(columns: Floats, values: Floats) -> Fitted | None:
    """Ordinary least squares, with standard errors that hold where the noise differs from row to row (HC3: MacKinnon & White 1985, as
    Long & Ervin 2000 advise for small samples). Rows whose residual is beyond `WILD` robust deviations are left out, and the rest fitted
    again until they are the same ones.

    Args:
        columns: (n, k); values: (n,).

    Returns:
        None where the columns do not tell k coefficients apart.
    """
    kept = np.ones(len(values), bool)
    for _ in range(20):
        found = _solve(columns[kept], values[kept])
        if found is None:
            return None
        residuals = values - columns @ found
        deviation = _DEVIATION * float(np.median(np.abs(residuals[kept])))
        wanted = np.abs(residuals) <= WILD * deviation if deviation > 0 else kept
        if bool((wanted == kept).all()):
            break
        kept = wanted
    else:
        found = _solve(columns[kept], values[kept])
        if found is None:
            return None
    rows = columns[kept]
    bread = np.linalg.inv(rows.T @ rows)
    leverage = np.einsum("ij,jk,ik->i", rows, bread, rows)
    scaled = (values[kept] - rows @ found) / np.maximum(1.0 - leverage, 1e-9)
    meat = rows.T @ (rows * (scaled**2)[:, None])
    return Fitted(found, np.sqrt(np.diag(bread @ meat @ bread)), kept)


def _solve(columns: Floats, values: Floats) -> Floats | None:
    if len(values) <= columns.shape[1]:
        return None
    found, _, rank, _ = np.linalg.lstsq(columns, values, rcond=1e-9)
    return np.asarray(found, np.float64) if rank == columns.shape[1] else None
