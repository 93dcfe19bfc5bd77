"""How alike symbols move: the correlation of every two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.analyst.series import closes_of
from core.analyst.words import Question
from core.analytics.pairs.absent import Absent
from core.analytics.pairs.align import align
from core.analytics.pairs.windows import correlation


def correlations(question: Question) -> dict[str, Any]:
    """`matrix`: Pearson's r of the log returns of every two symbols over the bars both have (None: there is none, as of too few bars or
    a price that does not move), `bars`: how many those are; both n by n, in the order of `symbols`."""
    legs = [closes_of(series) for series in question.series]
    matrix: list[list[float | None]] = [[None] * len(legs) for _ in legs]
    bars = [[0] * len(legs) for _ in legs]
    for one, a in enumerate(legs):
        bars[one][one] = len(a.times)
        for other in range(one, len(legs)):
            both = align(a, legs[other])
            bars[one][other] = bars[other][one] = len(both.times)
            try:
                r = correlation(np.log(both.a), np.log(both.b))
            except Absent:
                continue
            matrix[one][other] = matrix[other][one] = 1.0 if one == other else r
    return {"symbols": [leg.symbol for leg in legs], "matrix": matrix, "bars": bars}
