"""Every pair of many symbols, tested for cointegration: the pure part, a pair or a list of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

import numpy as np

from core.analytics.pairs.absent import Absent, Floats
from core.analytics.pairs.align import align
from core.analytics.pairs.closes import Closes
from core.analytics.pairs.engle_granger import engle_granger
from core.analytics.pairs.false_discovery import q_values
from core.analytics.pairs.half_life import half_life
from core.analytics.pairs.line import fit_ols
from core.analytics.pairs.windows import correlation, zscore

T = TypeVar("T")


class Row(NamedTuple):
    """One pair; None where a figure does not exist.

    Attributes:
        a, b: numbers of the legs; A is regressed on B.
        n: bars that both have.
        hedge_ratio: by least squares.
        zscore: of the newest bar in the window. half_life: bars. correlation: of changes from bar to bar.
        stat, pvalue: of Engle and Granger's test.
        q: `pvalue` corrected for how many pairs were tested; None before they are ranked.
        why: what cannot be tested says why; '' it was.
    """

    a: int
    b: int
    n: int
    hedge_ratio: float | None
    zscore: float | None
    half_life: float | None
    correlation: float | None
    stat: float | None
    pvalue: float | None
    q: float | None
    why: str


def pairs_of(count: int) -> list[tuple[int, int]]:
    """Every two of so many legs once, the one with the lower number first."""
    return list(combinations(range(count), 2))


def look(legs: Sequence[Closes], a: int, b: int, *, window: int, log: bool, carry: int) -> Row:
    """Test one pair; `core.analytics.pairs.figures.How` says what `window` and `log` are, `align` what `carry` is."""
    aligned = align(legs[a], legs[b], carry)
    with np.errstate(all="ignore"):  # what overflows is not finite, and so absent
        y, x = (np.log(aligned.a), np.log(aligned.b)) if log else (aligned.a, aligned.b)
        return _looked(a, b, y, x, window)


def _looked(a: int, b: int, y: Floats, x: Floats, window: int) -> Row:
    try:
        test = engle_granger(y, x)
    except Absent as why:
        return Row(a, b, len(y), None, None, None, None, None, None, None, str(why))
    line = fit_ols(y, x)
    spread = line.residuals(y, x)
    return Row(
        a, b, len(y), line.slope, _or_none(lambda: zscore(spread, window)), _or_none(lambda: half_life(spread)),
        _or_none(lambda: correlation(y, x)), test.stat, test.pvalue, None, "",
    )  # fmt: skip


def _or_none(work: Callable[[], T]) -> T | None:
    try:
        return work()
    except Absent:
        return None


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Those that were tested, the least likely to be chance first, with their q-values; then the others, in their order."""
    tested = [row for row in rows if row.pvalue is not None]
    q = q_values(np.array([row.pvalue for row in tested], np.float64))
    corrected = [row._replace(q=value) for row, value in zip(tested, q.tolist(), strict=True)]
    return [*sorted(corrected, key=lambda row: (row.pvalue, row.stat, row.a, row.b)), *(row for row in rows if row.pvalue is None)]


def parts_of(pairs: Sequence[tuple[int, int]], size: int) -> Iterator[Sequence[tuple[int, int]]]:
    """The pairs, so many at a time."""
    for start in range(0, len(pairs), size):
        yield pairs[start : start + size]
